//! The two servers as programs, built in the scratch copy of the workspace as the lab's own tests build them.

use std::path::PathBuf;

use crate::common::Scratch;
use crate::program::{Launch, Program};

/// Both, built; nobody else builds meanwhile.
pub(crate) struct Servers {
    pub(crate) leaky: Built,
    pub(crate) fixed: Built,
    _scratch: Scratch,
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
        let built = |name| Built {
            path: scratch.target().join("release").join(name),
        };
        Self {
            leaky: built("leaky-server"),
            fixed: built("fixed-server"),
            _scratch: scratch,
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
