//! The guide is true: every `console` block of README.md, docs/*.md and labs/**/*.md is run, and what it
//! shows is what comes out.
//!
//! # How to write a block
//!
//! ```text
//! $ echo one; echo two; date      a command; each runs in a bash of its own, in the root
//! one                             what it prints to stdout, to the end
//! ...                             any lines, or none
//! [..] UTC [..]                   anything within a line
//! ```
//!
//! - Blocks fenced as `console` are run; what cannot be run is fenced as `sh` or `text`.
//! - Only stdout is compared; cargo's progress and other words on stderr are shown when a block fails.
//! - Spaces in a row count as one, so that tables need not be aligned with numbers that differ.
//! - A command must succeed. To show one that fails, show its exit code: `…; echo "exit code $?"`.
//! - A command that ends in ` \` goes on in the next line. One that ends in ` &` runs until the document ends:
//!   a server, whose first line ends in its URL.
//! - Ports are the system's choice: a server is told to listen on `127.0.0.1:0`, and the address that the document
//!   names (the one in its command, else 3000 for leaky-server and 3001 for fixed-server) is replaced by the real
//!   one from there on, in commands and in what they should print.
//! - A document begins with a fresh copy of the workspace, and its blocks follow one another as they stand.
//! - stdin is empty, so `cargo lab 1` asks nothing.
#![forbid(unsafe_code)]
#![cfg(unix)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/landlock.rs"]
mod landlock;

mod document;
mod expectation;
mod process;
mod session;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::{Scratch, cannot_run};
use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;

use document::Document;
use session::Session;

#[test]
fn every_console_block_of_the_guide_is_true() {
    for tool in ["bash", "curl"] {
        let found = Command::new(tool)
            .arg("--version")
            .stdout(Stdio::null())
            .status();
        if !found.is_ok_and(|status| status.success()) {
            return cannot_run(&format!("the guide's commands need {tool}"));
        }
    }
    let scratch = Scratch::new();
    let documents = documents(scratch.root());
    assert!(!documents.is_empty(), "the guide has no console block");
    let mut failures = Vec::new();
    for document in &documents {
        if document.name.ends_with("instructors.md") && !landlock::can_grade() {
            continue;
        }
        scratch.refresh().expect("the copy can be put back");
        eprintln!("{}", document.name);
        let command = || scratch.command("bash");
        if let Err(failure) = Session::new(document, &command).run() {
            eprintln!("{failure}");
            failures.push(failure);
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {} documents are not true; see above",
        failures.len(),
        documents.len()
    );
}

#[test]
fn a_copy_is_told_from_the_workspace_and_put_back() {
    let scratch = Scratch::new();
    let file = scratch.root().join("labs/lab1/lab.toml");
    let shipped = fs::read_to_string(&file).unwrap();
    fs::write(&file, "spoiled").unwrap();
    fs::write(scratch.root().join("litter"), "").unwrap();
    scratch.refresh().unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), shipped);
    assert!(!scratch.root().join("litter").exists());
    let manifest = fs::read_to_string(scratch.root().join("Cargo.toml")).unwrap();
    assert!(manifest.contains("-scratch\"\n"), "{manifest}");
}

#[test]
fn a_document_that_is_true_passes() {
    let text = "```console\n$ echo one; echo two \\\n  and three\none\n[..]three\n$ true\n```\n\n```sh\n$ false\n```\n";
    assert_eq!(run(text), Ok(()));
}

#[test]
fn a_wrong_expectation_is_reported_with_its_line() {
    let failure =
        run("# Title\n\n```console\n$ echo one; echo two\none\nthree\n```\n").unwrap_err();
    for part in [
        "guide.md:4",
        "$ echo one; echo two",
        "  one",
        "- three",
        "+ two",
    ] {
        assert!(failure.contains(part), "{part:?} is not in\n{failure}");
    }
}

#[test]
fn a_command_that_fails_is_reported_with_its_stderr() {
    let failure = run("```console\n$ echo sorry >&2; false\n```\n").unwrap_err();
    assert!(failure.contains("exit status: 1"), "{failure}");
    assert!(failure.contains("sorry"), "{failure}");
}

#[test]
fn a_server_runs_until_the_document_ends_and_its_port_is_the_real_one() {
    let folder = tempfile::tempdir().unwrap();
    let text = "\
```console
$ echo $$ > id; echo \"demo listens on http://127.0.0.1:$((4000 + 567))\"; echo ready; exec sleep 1000 # 127.0.0.1:3009 &
demo listens on http://127.0.0.1:3009
ready
$ echo http://127.0.0.1:3009/ > url
$ kill -0 $(cat id)
```
";
    run_in(text, folder.path()).unwrap();
    let content = |name| fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(content("url"), "http://127.0.0.1:4567/\n");
    let id = Pid::from_raw(content("id").trim().parse().unwrap());
    assert_eq!(kill(id, None), Err(Errno::ESRCH), "the server goes on");
}

fn run(text: &str) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    run_in(text, folder.path())
}

fn run_in(text: &str, folder: &Path) -> Result<(), String> {
    let document = Document::parse("guide.md", text);
    let command = || {
        let mut command = Command::new("bash");
        command.current_dir(folder);
        command
    };
    Session::new(&document, &command).run()
}

/// The documents of the guide that have something to run, in the order of a reader.
fn documents(root: &Path) -> Vec<Document> {
    let mut paths = vec![root.join("README.md")];
    collect(&root.join("labs"), &mut paths);
    collect(&root.join("docs"), &mut paths);
    paths
        .iter()
        .filter_map(|path| {
            let text = fs::read_to_string(path).ok()?;
            let name = path.strip_prefix(root).unwrap_or(path);
            Some(Document::parse(&name.to_string_lossy(), &text))
        })
        .filter(|document| !document.steps.is_empty())
        .collect()
}

/// The markdown files under `folder`, sorted.
fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            into.push(path);
        }
    }
}
