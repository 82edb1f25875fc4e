//! The harness: a run of the program in a folder of its own, and what is expected of it.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::common::{PAIRS, fixture};

/// A run of heapdiff in a folder with the fixtures and whatever files the test adds.
pub(crate) struct Run {
    pub(crate) folder: TempDir,
    pub(crate) args: Vec<String>,
}

impl Run {
    pub(crate) fn new(args: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in PAIRS.iter().flat_map(|(before, after)| [before, after]) {
            std::fs::write(folder.path().join(name), fixture(name)).expect("a copy");
        }
        Self {
            folder,
            args: args.split_whitespace().map(str::to_owned).collect(),
        }
    }

    pub(crate) fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        std::fs::write(self.folder.path().join(name), content).expect("a file");
        self
    }

    pub(crate) fn arg(mut self, arg: &Path) -> Self {
        self.args.push(arg.display().to_string());
        self
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.folder.path().join(name)).expect(name)
    }

    /// How many files were begun and left behind.
    pub(crate) fn temporaries(&self) -> usize {
        let files = std::fs::read_dir(self.folder.path()).expect("the folder");
        let names = files.map(|file| file.expect("a file").file_name());
        names
            .filter(|name| name.to_string_lossy().starts_with('.'))
            .count()
    }

    pub(crate) fn output(&self) -> (Option<i32>, String, String) {
        self.output_of(&self.args)
    }

    /// The same with other arguments.
    pub(crate) fn output_of(&self, args: &[String]) -> (Option<i32>, String, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_heapdiff"))
            .args(args)
            .current_dir(self.folder.path())
            .output()
            .expect("heapdiff runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        (
            output.status.code(),
            text(output.stdout),
            text(output.stderr),
        )
    }

    /// Expects success and these texts on standard output.
    pub(crate) fn prints(self, texts: &[&str]) -> String {
        self.ends(0, texts)
    }

    /// Expects this exit code, nothing on standard error, and these texts on standard output.
    pub(crate) fn ends(self, expected: i32, texts: &[&str]) -> String {
        let (code, stdout, stderr) = self.output();
        assert_eq!((code, stderr.as_str()), (Some(expected), ""), "{stdout}");
        for text in texts {
            assert!(stdout.contains(text), "no {text:?} in:\n{stdout}");
        }
        stdout
    }

    /// The same, with one of these exit codes.
    pub(crate) fn ends_in<const N: usize>(self, expected: [i32; N], texts: &[&str]) -> String {
        let code = self.output().0.expect("an exit code");
        assert!(expected.contains(&code), "{code}");
        self.ends(code, texts)
    }

    /// Expects exit code 2 and one line on standard error that has these texts.
    pub(crate) fn refuses(self, texts: &[&str]) {
        let (code, stdout, stderr) = self.output();
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        for text in texts {
            assert!(stderr.contains(text), "no {text:?} in: {stderr}");
        }
    }
}

/// Expects that a file of this content is refused with these texts, and with its name.
pub(crate) fn refused(content: impl AsRef<[u8]>, texts: &[&str]) {
    Run::new("show bad.json")
        .file("bad.json", content.as_ref())
        .refuses(&["cannot read snapshot bad.json: "]);
    Run::new("compare leak-before.json bad.json")
        .file("bad.json", content)
        .refuses(texts);
}

pub(crate) fn dhat(pps: &str, ftbl: &str) -> String {
    format!(r#"{{"dhatFileVersion":2,"mode":"heap","bklt":true,"pps":[{pps}],"ftbl":[{ftbl}]}}"#)
}
