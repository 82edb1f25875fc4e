//! `cargo lab grade` on what people hand in, of good will and of ill: real builds, real servers, in a scratch copy of the
//! workspace. What one run can show is shown by one run, for each has to set up the grader.
#![cfg(target_os = "linux")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/landlock.rs"]
mod landlock;

mod attacks;
mod bounds;
mod cheats;
mod class;
mod commands;
mod escape;
mod formats;
mod hostile;
mod sandbox;
mod schema;
mod secrets;
mod signals;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use common::Scratch;
use serde_json::Value;
use tempfile::TempDir;

/// The lab with which the grader is tested.
const FILE: &str = "lab1.rs";

/// A grader and a folder of submissions.
struct Desk {
    scratch: Scratch,
    submissions: TempDir,
    /// The grader's folder for what is temporary.
    temporary: TempDir,
    is_ordinary: bool,
}

impl Desk {
    /// `None` where nothing can be graded.
    fn new() -> Option<Self> {
        landlock::can_grade().then(|| Self {
            scratch: Scratch::new(),
            submissions: tempfile::tempdir().unwrap(),
            temporary: tempfile::tempdir().unwrap(),
            is_ordinary: false,
        })
    }

    /// The same for a user who is not root: in a user namespace root is one, and still owns the workspace.
    fn of_an_ordinary_user(mut self) -> Self {
        self.is_ordinary = nix::unistd::geteuid().is_root();
        self
    }

    /// `cargo lab grade ARGS…`, ready to start.
    fn command(&self, args: &[&str]) -> Command {
        let lab = env!("CARGO_BIN_EXE_lab");
        let mut command = self
            .scratch
            .command(if self.is_ordinary { "unshare" } else { lab });
        if self.is_ordinary {
            command.args(["--user", "--map-user", "1000", "--map-group", "1000", lab]);
        }
        command
            .arg("grade")
            .args(args)
            .env("TMPDIR", self.temporary.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs it to its end, which must be a good one, and leave nothing; what it printed.
    fn grade(&self, args: &[&str]) -> String {
        let mut command = self.command(args);
        let grader = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let id = grader.id();
        let output = grader.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        assert_eq!(self.left(), [] as [String; 0], "temporary files are left");
        assert_eq!(programs_of(id), [] as [String; 0], "still running");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What is left of what was temporary.
    fn left(&self) -> Vec<String> {
        let entries = fs::read_dir(self.temporary.path()).unwrap().flatten();
        entries
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect()
    }

    /// Grades the submission `name` in lab 1.
    fn grade_one(&self, name: &str, args: &[&str]) -> Value {
        let folder = self.folder(name);
        let folder = folder.to_str().unwrap();
        let always = ["--submission", folder, "--lab", "1", "--format", "json"];
        serde_json::from_str(&self.grade(&[&always, args].concat())).unwrap()
    }

    /// Grades all submissions in lab 1; each sheet by its name, and the folder with what was written.
    fn grade_all(&self, args: &[&str]) -> Class {
        let to = self.scratch.root().join("grades");
        let folder = self.submissions.path().to_str().unwrap();
        let (lab, into) = (["--lab", "1"], ["--to", to.to_str().unwrap()]);
        let printed = self.grade(&[&["--submissions", folder][..], &lab, &into, args].concat());
        Class { to, printed }
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.submissions.path().join(name)
    }

    /// A file of a submission.
    fn hands_in(&self, name: &str, path: &str, content: &str) {
        let path = self.folder(name).join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// A submission whose file is the shipped solution with `text` before its handler's first line.
    fn hands_in_with(&self, name: &str, text: &str) {
        self.hands_in(
            name,
            FILE,
            &edited(&self.solution(), FIRST, &format!("{text}\n{FIRST}")),
        );
    }

    /// A submission whose file does `text` when the server starts.
    fn hands_in_at_start(&self, name: &str, text: &str) {
        let first = "    config.route(";
        self.hands_in(
            name,
            FILE,
            &edited(&self.solution(), first, &format!("{text}\n{first}")),
        );
    }

    fn solution(&self) -> String {
        read(
            &self
                .scratch
                .root()
                .join("crates/fixed-server/src")
                .join(FILE),
        )
    }

    fn starter(&self) -> String {
        read(
            &self
                .scratch
                .root()
                .join("crates/leaky-server/src")
                .join(FILE),
        )
    }

    /// The leaky file as the lab's mutant of this name has it.
    fn leaky_mutant(&self, name: &str) -> String {
        let mutants = read(&self.scratch.root().join("labs/lab1/mutants.toml"));
        let mutants: toml::Table = toml::from_str(&mutants).unwrap();
        let mut mutants = mutants["mutant"].as_array().unwrap().iter();
        let mutant = mutants.find(|mutant| mutant["name"].as_str() == Some(name));
        let edits = mutant.unwrap()["edits"].as_array().unwrap();
        edits.iter().fold(self.starter(), |content, edit| {
            edited(
                &content,
                edit[0].as_str().unwrap(),
                edit[1].as_str().unwrap(),
            )
        })
    }
}

/// The first line of the solution's handler.
const FIRST: &str = "    let object = Arc::new(Redundant::new());";

/// What came of a class.
struct Class {
    to: PathBuf,
    printed: String,
}

impl Class {
    /// The grade of a submission in lab 1.
    fn grade(&self, name: &str) -> Value {
        self.sheet(name)["labs"][0].clone()
    }

    fn sheet(&self, name: &str) -> Value {
        serde_json::from_str(&read(&self.to.join(format!("{name}.json")))).unwrap()
    }

    /// Asserts a submission's status, and that its reason says something.
    fn finds(&self, name: &str, status: &str, reason: &str) {
        let grade = self.grade(name);
        let said = grade["reason"].as_str().unwrap_or_default();
        assert!(
            grade["status"] == status && said.contains(reason),
            "{name} is not {status:?} with {reason:?}: {grade:#}"
        );
        assert_eq!(grade["points"] == 10.0, status == "passed", "{grade:#}");
    }
}

/// Replaces a text that is there.
fn edited(content: &str, from: &str, to: &str) -> String {
    assert!(content.contains(from), "{from:?} is not in\n{content}");
    content.replacen(from, to, 1)
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Command lines of what a grader has started: they name its folder.
fn programs_of(grader: u32) -> Vec<String> {
    let folder = format!("leaklab-grade-{grader}/");
    let lines = command_lines().into_iter();
    lines.filter(|line| line.contains(&folder)).collect()
}

/// Command lines of all that runs.
fn command_lines() -> Vec<String> {
    let command_line = |entry: fs::DirEntry| {
        let text = fs::read(entry.path().join("cmdline")).ok()?;
        Some(String::from_utf8_lossy(&text).replace('\0', " "))
    };
    let entries = fs::read_dir("/proc").unwrap().flatten();
    entries.filter_map(command_line).collect()
}
