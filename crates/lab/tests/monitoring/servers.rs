//! The two servers as programs, built in the scratch copy of the workspace as the lab's own tests build them.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::common::Scratch;
use crate::program::{Launch, Program};

/// Both, in a folder of their own: who builds next does not wait until they have been used.
pub(crate) struct Servers {
    pub(crate) leaky: Built,
    pub(crate) fixed: Built,
    _folder: TempDir,
}

/// A program that can be started.
pub(crate) struct Built {
    path: PathBuf,
}

impl Servers {
    pub(crate) fn build() -> Self {
        let scratch = Scratch::new();
        let mut cargo = scratch.command(env!("CARGO"));
        cargo.args(["build", "--release", "--quiet"]);
        cargo.args(["--bin", "leaky-server", "--bin", "fixed-server"]);
        let output = cargo.output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let built = |name| {
            let path = folder.path().join(name);
            fs::copy(scratch.target().join("release").join(name), &path).unwrap();
            Built { path }
        };
        Self {
            leaky: built("leaky-server"),
            fixed: built("fixed-server"),
            _folder: folder,
        }
    }
}

impl Built {
    /// On a port of the system's choice, with these arguments besides.
    pub(crate) fn start(&self, arguments: &str) -> Program {
        let program = self.path.to_str().expect("a path of this repository");
        Launch::new(program, &format!("--listen 127.0.0.1:0 {arguments}")).start()
    }
}
