//! What graders of schools read.

use std::fs;

use base64::Engine as _;
use serde_json::Value;

use crate::schema;
use crate::{Desk, FILE, edited, read};

#[test]
fn gradescope_gets_the_results_that_it_documents() {
    let Some(desk) = Desk::new() else {
        return;
    };
    desk.hands_in(
        "submission",
        FILE,
        &edited(&desk.solution(), "Vec::new()", "Vec::with_capacity(10_000)"),
    );
    desk.hands_in("submission", "lab2.rs", "fn routes(");
    let folder = desk.folder("submission");
    let results = desk.scratch.root().join("results.json");
    let printed = desk.grade(&[
        "--submission",
        folder.to_str().unwrap(),
        "--format",
        "gradescope",
        "--points",
        "25",
        "-o",
        results.to_str().unwrap(),
    ]);
    assert_eq!(printed, "");
    let results: Value = serde_json::from_str(&read(&results)).unwrap();
    schema::is_gradescope(&results);
    assert_eq!(results["score"], 25.0);
    let tests = results["tests"].as_array().unwrap();
    let of = |lab: &str| tests.iter().find(|test| test["number"] == lab).unwrap();
    assert_eq!(
        (&of("1")["score"], &of("1")["status"]),
        (&25.0.into(), &"passed".into())
    );
    assert_eq!(
        (&of("2")["score"], &of("2")["status"]),
        (&0.0.into(), &"failed".into())
    );
    assert!(
        of("2")["output"]
            .as_str()
            .unwrap()
            .starts_with("does not compile: error")
    );
    assert!(
        of("3")["output"]
            .as_str()
            .unwrap()
            .starts_with("not started: ")
    );
}

#[test]
fn github_classroom_gets_a_line_in_the_file_that_the_runner_names() {
    let Some(desk) = Desk::new() else {
        return;
    };
    desk.hands_in("submission", "README.md", "");
    let folder = desk.folder("submission");
    let output = desk.scratch.root().join("github-output");
    fs::write(&output, "before=1\n").unwrap();
    let ended = desk
        .command(&[
            "--submission",
            folder.to_str().unwrap(),
            "--format",
            "classroom",
        ])
        .env("GITHUB_OUTPUT", &output)
        .output()
        .unwrap();
    assert_eq!(ended.status.code(), Some(0), "{}", crate::said(&ended));
    let table = String::from_utf8(ended.stdout).unwrap();
    assert!(
        table.contains("not started") && table.contains("0 of"),
        "{table}"
    );
    let lines = read(&output);
    let result = lines.strip_prefix("before=1\nresult=").unwrap().trim_end();
    let json = base64::engine::general_purpose::STANDARD
        .decode(result)
        .unwrap();
    let result: Value = serde_json::from_slice(&json).unwrap();
    schema::is_classroom(&result);
    assert_eq!(result["status"], "fail");
    let message = result["tests"][0]["message"].as_str().unwrap();
    assert!(
        message.starts_with(
            "not started: the submission has no lab1.rs\nsandbox: landlock-6, seccomp"
        ),
        "{message}"
    );
}
