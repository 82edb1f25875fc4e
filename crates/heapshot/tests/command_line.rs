//! What a snapshot states as the command line. This program runs itself, as a process with arguments of a test's choice.
#![cfg(target_os = "linux")]

mod common;

use std::path::Path;
use std::process::Command;

use common::read_whole;

#[global_allocator]
static ALLOC: heapshot::Alloc = heapshot::Alloc;

/// Where the process that has been told to takes its snapshot to.
const TARGET: &str = "HEAPSHOT_TEST_TARGET";

#[test]
fn a_command_line_is_stated_without_the_values_of_its_secrets() {
    let command = command_of(&[
        "--token",
        "s3cret",
        "--port",
        "80",
        "Cookie: a; s3cret",
        "x",
    ]);
    let (program, arguments) = command.split_once(' ').unwrap();
    assert_eq!(Path::new(program), std::env::current_exe().unwrap());
    let ours = arguments.split_once(" -- ").unwrap().1;
    assert_eq!(ours, "--token *** --port 80 Cookie: *** x");
}

#[test]
fn a_token_of_the_environment_is_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    run(&path, &[]);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains("of-the-environment"));
}

/// Takes the snapshot that [`run`] wants.
#[test]
fn writes_what_it_is_told_to() {
    if let Some(path) = std::env::var_os(TARGET) {
        let heap = heapshot::Recorder::start().unwrap();
        heap.snapshot(path).unwrap();
    }
}

fn command_of(arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    run(&path, arguments);
    read_whole(&path)["cmd"].as_str().unwrap().to_owned()
}

fn run(target: &Path, arguments: &[&str]) {
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "writes_what_it_is_told_to", "--"])
        .args(arguments) // names of tests that do not exist
        .env(TARGET, target)
        .env("LEAKLAB_TOKEN", "of-the-environment")
        .output()
        .unwrap();
    assert!(status.status.success(), "{status:?}");
}
