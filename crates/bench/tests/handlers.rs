//! The hidden processes that measure handlers, as `bench labs` starts them.

use std::path::Path;
use std::process::{Command, Stdio};

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn bench() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bench"));
    command.current_dir(root());
    command
}

#[test]
fn both_sides_are_measured_at_each_level_in_each_round() {
    let folder = tempfile::tempdir().unwrap();
    let answer = folder.path().join("answer.json");
    let mut process = bench()
        .args([
            "handlers",
            "6",
            "--rounds",
            "2",
            "--milliseconds",
            "10",
            "--answer",
        ])
        .arg(&answer)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    // Its input stays open until it has ended; `wait` would close it.
    let input = process.stdin.take();
    assert!(process.wait().unwrap().success());
    drop(input);
    let levels: serde_json::Value =
        serde_json::from_slice(&std::fs::read(answer).unwrap()).unwrap();
    let lengths = |list: &serde_json::Value| list.as_array().unwrap().len();
    assert_eq!(lengths(&levels), 3);
    for (level, before) in [0, 1_000, 10_000].into_iter().enumerate() {
        for side in 0..2 {
            for round in 0..2 {
                let sampled = &levels[level][side][round];
                assert_eq!(lengths(&sampled["before"]), before);
                assert_eq!(lengths(&sampled["seconds"]), 10);
                assert!(sampled["seconds"][0].as_f64().unwrap() > 0.0);
            }
        }
    }
}

#[test]
fn it_ends_when_nobody_wants_its_answer_any_more() {
    let folder = tempfile::tempdir().unwrap();
    let answer = folder.path().join("answer.json");
    let output = bench()
        .args([
            "handlers",
            "1",
            "--rounds",
            "1000",
            "--milliseconds",
            "1000",
            "--answer",
        ])
        .arg(&answer)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(!answer.exists());
}

#[test]
fn a_lab_that_is_not_there_is_named() {
    let output = bench().args(["labs", "--lab", "99"]).output().unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("there is no lab 99"), "{said}");
}
