//! A grader that is told to end does so in every phase, at once, and leaves no process and no folder.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::fcntl::OFlag;
use nix::sys::signal::{Signal, kill};
use nix::sys::stat::Mode;
use nix::unistd::{Pid, mkfifo};
use tempfile::TempDir;

use crate::{Desk, FILE, FIRST, command_lines, edited, read};

/// It takes at most one second and a half; a busy machine may take longer.
const DEADLINE: Duration = Duration::from_secs(20);

/// Longer than a cold build of a server takes.
const PATIENCE: Duration = Duration::from_secs(600);

/// A grader at work.
struct Grader {
    child: Child,
    /// Where it would leave what it does not keep in memory.
    temporary: TempDir,
}

impl Grader {
    fn start(mut command: Command) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let child = command
            .env("TMPDIR", temporary.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, temporary }
    }

    /// Waits until it is where it is to be told.
    fn wait_until(&mut self, what: &str, mut holds: impl FnMut() -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !holds() {
            assert_eq!(
                self.child.try_wait().unwrap(),
                None,
                "it ended before {what}"
            );
            assert!(Instant::now() < deadline, "waited too long for {what}");
            thread::park_timeout(Duration::from_millis(5));
        }
    }

    /// What is in the command line of all that it runs for a submission: its folder in memory.
    fn runs(&self) -> String {
        format!("leaklab-grade-{}/", self.child.id())
    }

    /// Waits until it runs a program that has `text` in its command line.
    fn wait_until_it_runs(&mut self, what: &str, text: &str) {
        let runs = self.runs();
        self.wait_until(what, || {
            let mut lines = command_lines().into_iter();
            lines.any(|line| line.contains(&runs) && line.contains(text))
        });
    }

    /// Tells it to end, and looks at what is left.
    fn ends_at_once(mut self, phase: &str, signal: Signal) {
        let id = i32::try_from(self.child.id()).unwrap();
        let told = Instant::now();
        kill(Pid::from_raw(id), signal).unwrap();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if told.elapsed() > DEADLINE {
                let _ = self.child.kill();
                let _ = self.child.wait();
                panic!("{phase}: it goes on after {signal}");
            }
            thread::park_timeout(Duration::from_millis(5));
        };
        eprintln!(
            "{phase}: ended {} ms after {signal}",
            told.elapsed().as_millis()
        );
        assert_eq!(status.code(), Some(130), "{phase}");
        let runs = self.runs();
        let left: Vec<_> = command_lines()
            .into_iter()
            .filter(|line| line.contains(&runs) || line.contains(SLEEPS))
            .collect();
        assert_eq!(left, [] as [String; 0], "{phase}");
        let left = fs::read_dir(self.temporary.path()).unwrap().flatten();
        let left: Vec<_> = left.map(|entry| entry.path()).collect();
        assert_eq!(left, [] as [std::path::PathBuf; 0], "{phase}");
    }
}

/// How long a cargo of these tests sleeps, so that it is known by its command line.
const SLEEPS: &str = "86396";

fn grade(desk: &Desk, name: &str, args: &[&str]) -> Command {
    let folder = desk.folder(name);
    let always = ["--submission", folder.to_str().unwrap(), "--lab", "1"];
    desk.command(&[&always, args].concat())
}

/// Waits until the file of the submission is in the copy, which holds `mark`.
fn is_built(grader: &mut Grader, desk: &Desk, mark: &str) {
    let file = desk
        .scratch
        .root()
        .join(".lab/grade-copy/crates/fixed-server/src/lab1.rs");
    grader.wait_until("the submission's build", || {
        fs::read_to_string(&file).is_ok_and(|content| content.contains(mark))
    });
}

/// Waits until its build is done.
fn is_restored(grader: &mut Grader, desk: &Desk, mark: &str) {
    let file = desk
        .scratch
        .root()
        .join(".lab/grade-copy/crates/fixed-server/src/lab1.rs");
    grader.wait_until("the end of the build", || !read(&file).contains(mark));
}

#[test]
fn a_grader_that_waits_in_a_call_of_the_system_ends_when_it_is_told() {
    let Some(desk) = Desk::new() else {
        return;
    };
    desk.hands_in("empty", "README.md", "");

    // While it copies the workspace: of a pipe it never reads the end.
    let pipe = desk.scratch.root().join("labs/pipe");
    mkfifo(&pipe, Mode::S_IRWXU).unwrap();
    let mut grader = Grader::start(grade(&desk, "empty", &[]));
    let mut writer: Option<File> = None;
    grader.wait_until("the pipe", || {
        let mut options = OpenOptions::new();
        let options = options.write(true).custom_flags(OFlag::O_NONBLOCK.bits());
        writer = options.open(&pipe).ok(); // only once somebody reads
        writer.is_some()
    });
    grader.ends_at_once("copying the workspace", Signal::SIGTERM);
    drop(writer);
    fs::remove_file(&pipe).unwrap();

    // While it writes: nobody reads the pipe.
    let output = desk.scratch.root().join("output");
    mkfifo(&output, Mode::S_IRWXU).unwrap();
    let mut command = grade(&desk, "empty", &["--format", "classroom"]);
    command.env("GITHUB_OUTPUT", &output).stderr(Stdio::piped());
    let mut grader = Grader::start(command);
    let mut progress = BufReader::new(grader.child.stderr.take().unwrap()).lines();
    assert!(progress.any(|line| line.unwrap().starts_with("lab 1: not started")));
    grader.ends_at_once("writing", Signal::SIGHUP);
}

#[test]
fn a_grader_that_runs_something_ends_with_it_when_it_is_told() {
    let Some(desk) = Desk::new() else {
        return;
    };

    // While it builds the copy.
    let cargo = desk.scratch.root().join("cargo-that-sleeps");
    fs::write(
        &cargo,
        format!("#!/bin/sh\nsleep {SLEEPS} &\nsleep {SLEEPS}\n"),
    )
    .unwrap();
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).unwrap();
    desk.hands_in("empty", "README.md", "");
    let mut command = grade(&desk, "empty", &[]);
    command.env("CARGO", &cargo);
    let mut grader = Grader::start(command);
    grader.wait_until("cargo", || {
        let lines = command_lines();
        lines
            .iter()
            .filter(|line| line.starts_with("sleep") && line.contains(SLEEPS))
            .count()
            == 2
    });
    grader.ends_at_once("building the copy", Signal::SIGTERM);

    // While it compiles a submission.
    let never = "const NEVER: () = loop {};";
    desk.hands_in(
        "computes-for-ever",
        FILE,
        &format!(
            "{}\n#[allow(long_running_const_eval)]\n{never}\nconst _: () = NEVER;\n",
            desk.solution()
        ),
    );
    let mut grader = Grader::start(grade(&desk, "computes-for-ever", &[]));
    is_built(&mut grader, &desk, never);
    grader.wait_until_it_runs("the compiler", "--crate-name fixed_server");
    grader.ends_at_once("compiling a submission", Signal::SIGTERM);

    // While a server starts, and never gets ready.
    let spins = "    if true { loop { std::thread::yield_now(); } }";
    desk.hands_in_at_start("spins", spins);
    let mut grader = Grader::start(grade(&desk, "spins", &[]));
    is_built(&mut grader, &desk, spins);
    is_restored(&mut grader, &desk, spins);
    grader.wait_until_it_runs("the server", "fixed-server --");
    grader.ends_at_once("a server that starts", Signal::SIGINT);

    // Under load: the contract is kept, and then nobody is answered.
    let answers_a_while = "    static SERVED: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);\n    \
         if SERVED.fetch_add(1, std::sync::atomic::Ordering::Relaxed) > 500 { loop { std::thread::yield_now(); } }";
    desk.hands_in(
        "stalls",
        FILE,
        &edited(
            &desk.solution(),
            FIRST,
            &format!("{answers_a_while}\n{FIRST}"),
        ),
    );
    let mut grader = Grader::start(grade(&desk, "stalls", &[]));
    is_built(&mut grader, &desk, answers_a_while);
    let id = grader.child.id();
    grader.wait_until("the load", || {
        let tasks = fs::read_dir(format!("/proc/{id}/task"))
            .into_iter()
            .flatten();
        let name = |task: fs::DirEntry| fs::read_to_string(task.path().join("comm")).ok();
        tasks
            .flatten()
            .filter_map(name)
            .any(|name| name.trim() == "driver")
    });
    grader.ends_at_once("a server under load", Signal::SIGTERM);
}
