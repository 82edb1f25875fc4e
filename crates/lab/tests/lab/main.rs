//! `cargo lab` as a student uses it: real builds, real servers, in a scratch copy of the workspace.

#[path = "../common/mod.rs"]
mod common;

mod check;
mod crash;
mod dependencies;
mod ends;
mod exercise;
mod handout;
mod keeping;
mod student;
mod watch;

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use common::Scratch;
use serde_json::Value;

/// Longer than a cold build of a server takes.
const PATIENCE: Duration = Duration::from_secs(600);

fn wait_for(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "waited too long for {what}");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

/// The lab, in a scratch copy of the workspace.
struct Lab {
    number: u32,
    scratch: Scratch,
}

/// What came of a call.
struct Answer {
    stdout: String,
    stderr: String,
    code: Option<i32>,
}

impl Lab {
    /// With lab 1, by which all that the labs have in common is tested.
    fn new() -> Self {
        Self::numbered(1)
    }

    fn numbered(number: u32) -> Self {
        Self {
            number,
            scratch: Scratch::new(),
        }
    }

    /// `cargo lab ARGS…`, ready to start.
    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.scratch.command(env!("CARGO_BIN_EXE_lab"));
        command.args(args).stdin(Stdio::null());
        command
    }

    /// Runs `cargo lab ARGS…` to its end.
    fn run(&self, args: &[&str]) -> Answer {
        Answer::of(self.command(args).output().unwrap())
    }

    /// Runs `cargo lab check N --json ARGS…`.
    fn check(&self, args: &[&str]) -> (Value, Option<i32>) {
        let answer = self.run(&[&["check", &self.number.to_string(), "--json"], args].concat());
        let json = serde_json::from_str(&answer.stdout)
            .unwrap_or_else(|_| panic!("no JSON: {}{}", answer.stdout, answer.stderr));
        (json, answer.code)
    }

    /// Asserts what `check` finds a server to be, and its exit code; returns the whole report.
    fn finds(&self, args: &[&str], status: &str, code: i32) -> Value {
        let (report, ended) = self.check(args);
        assert_eq!(
            (report["status"].as_str(), ended),
            (Some(status), Some(code)),
            "{report}"
        );
        report
    }

    /// Asserts that `check` finds the contract broken, for a reason that contains `reason`.
    fn breaks_the_contract(&self, reason: &str) {
        let report = self.finds(&[], "contract-broken", 1);
        assert!(
            report["reason"].as_str().unwrap().contains(reason),
            "{report}"
        );
    }

    /// The student's file.
    fn file(&self) -> PathBuf {
        let path = format!("crates/fixed-server/src/lab{}.rs", self.number);
        self.scratch.root().join(path)
    }

    /// The leaky file from which the student starts.
    fn starter(&self) -> String {
        let path = format!("crates/leaky-server/src/lab{}.rs", self.number);
        std::fs::read_to_string(self.scratch.root().join(path)).unwrap()
    }

    fn read(&self) -> String {
        std::fs::read_to_string(self.file()).unwrap()
    }

    fn write(&self, content: &str) {
        std::fs::write(self.file(), content).unwrap();
    }

    /// Replaces a text that is in the student's file.
    fn edit(&self, from: &str, to: &str) {
        let content = self.read();
        assert!(content.contains(from), "{from:?} is not in\n{content}");
        self.write(&content.replace(from, to));
    }

    /// The servers of this copy that run, by their command lines.
    fn servers(&self) -> Vec<String> {
        let root = self.scratch.root().to_string_lossy().into_owned();
        let command_line = |entry: std::fs::DirEntry| {
            let text = std::fs::read(entry.path().join("cmdline")).ok()?;
            Some(String::from_utf8_lossy(&text).replace('\0', " "))
        };
        std::fs::read_dir("/proc")
            .unwrap()
            .flatten()
            .filter_map(command_line)
            .filter(|line| line.contains("-server --listen") && line.contains(&root))
            .collect()
    }
}

impl Answer {
    fn of(output: Output) -> Self {
        Self {
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            code: output.status.code(),
        }
    }

    /// Asserts the exit code, and shows everything if it is another.
    fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}{}", self.stdout, self.stderr);
        self
    }

    /// Asserts that a text was printed, on either stream.
    fn says(self, text: &str) -> Self {
        let said = self.stdout.contains(text) || self.stderr.contains(text);
        assert!(
            said,
            "nobody said {text:?}:\n{}{}",
            self.stdout, self.stderr
        );
        self
    }
}
