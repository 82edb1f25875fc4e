//! What lets a test read as three lines: the command with its arguments and what must come of it; and
//! waiting for a condition instead of sleeping.

use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

/// The command `driver`, about to run.
pub(crate) struct Driver {
    command: Command,
}

/// What has come of it.
pub(crate) struct Ended {
    output: Output,
}

/// Still at work.
pub(crate) struct Running {
    child: Child,
}

impl Driver {
    /// With arguments separated by spaces.
    pub(crate) fn new(url: &str, arguments: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_driver"));
        command.arg(url).args(arguments.split_whitespace());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Self { command }
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn start(mut self) -> Running {
        let child = self.command.spawn().unwrap();
        Running { child }
    }

    pub(crate) fn run(self) -> Ended {
        self.start().wait()
    }
}

impl Running {
    /// The number of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(self, signal: Signal) -> Self {
        let pid = Pid::from_raw(self.child.id().try_into().unwrap());
        kill(pid, signal).unwrap();
        self
    }

    pub(crate) fn wait(self) -> Ended {
        let output = self.child.wait_with_output().unwrap();
        Ended { output }
    }
}

impl Ended {
    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(self.output.status.code(), Some(code), "{:?}", self.output);
        self
    }

    #[track_caller]
    pub(crate) fn stdout(self, part: &str) -> Self {
        let stdout = String::from_utf8_lossy(&self.output.stdout);
        assert!(stdout.contains(part), "no {part:?} in:\n{stdout}");
        self
    }

    #[track_caller]
    pub(crate) fn stderr(self, part: &str) -> Self {
        let stderr = String::from_utf8_lossy(&self.output.stderr);
        assert!(stderr.contains(part), "no {part:?} in:\n{stderr}");
        self
    }

    /// Neither on stdout nor on stderr, where it says something.
    #[track_caller]
    pub(crate) fn does_not_print(self, secret: &str) {
        let Output { stdout, stderr, .. } = self.output;
        let said = String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned();
        assert!(!said.is_empty() && !said.contains(secret), "{said}");
    }

    #[track_caller]
    pub(crate) fn quiet(self) -> Self {
        let stderr = String::from_utf8_lossy(&self.output.stderr);
        assert_eq!(stderr, "");
        self
    }

    pub(crate) fn json(self) -> Value {
        serde_json::from_slice(&self.output.stdout).unwrap()
    }
}

/// Waits for `condition`, ten seconds at the most.
#[track_caller]
pub(crate) fn wait_until(condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain");
        thread::sleep(Duration::from_millis(1));
    }
}
