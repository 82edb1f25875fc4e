//! What a submission is called, and what it says, neither costs a class its summary nor commands a CI server's runner.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use serde_json::Value;

use crate::{Desk, FILE, read, said};

/// Whether GitHub's runner would take a line for a command.
fn is_command(line: &str) -> bool {
    let line = line.trim_start_matches(|c: char| c.is_whitespace() || c.is_control());
    line.starts_with("::") || line.contains("##[")
}

#[test]
fn a_name_that_no_file_can_have_costs_nobody_the_summary() {
    let Some(desk) = Desk::new() else {
        return;
    };
    let long = "x".repeat(252);
    let twin = format!("{}y", "x".repeat(251));
    for name in [
        "ada",
        &long,
        &twin,
        "two\nlines",
        "::add-mask::x",
        "##[set-output name=a]",
    ] {
        desk.hands_in(name, "README.md", "");
    }
    let foreign = desk
        .submissions
        .path()
        .join(OsStr::from_bytes(b"no\xfftext"));
    fs::create_dir(foreign).unwrap();
    // The grade of this one cannot be written.
    desk.hands_in("blocked", "README.md", "");
    let to = desk.scratch.root().join("grades");
    fs::create_dir_all(to.join("blocked.json/full")).unwrap();

    let folder = desk.submissions.path().to_str().unwrap();
    let args = ["--submissions", folder, "--lab", "1", "--jobs", "2", "--to"];
    let output = desk
        .command(&[&args[..], &[to.to_str().unwrap()]].concat())
        .output()
        .unwrap();

    let printed = said(&output);
    assert_eq!(output.status.code(), Some(2), "{printed}");
    assert!(printed.contains("blocked.json: not written: "), "{printed}");
    assert!(!printed.lines().any(is_command), "{printed}");
    let summary = read(&to.join("summary.csv"));
    assert_eq!(
        summary.matches(",not-started,0,0,10").count(),
        8,
        "{summary}"
    );
    for name in [&long, &twin, "\"two\nlines\"", "blocked"] {
        assert!(summary.contains(name), "{summary}");
    }
    assert!(to.join("results.svg").is_file());
    let sheets: Vec<Value> = fs::read_dir(&to)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "json") && path.is_file())
        .map(|path| serde_json::from_str(&read(&path)).unwrap())
        .collect();
    let mut names: Vec<_> = sheets
        .iter()
        .map(|s| s["submission"].as_str().unwrap())
        .collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 7, "a sheet of each, but of one: {names:?}");
    for name in [long.as_str(), &twin] {
        assert!(names.contains(&name), "{names:?}");
        assert!(
            printed.contains(&format!("{name}: no file can have this name")),
            "{printed}"
        );
    }
}

#[test]
fn what_a_submission_says_is_no_command_to_a_runner() {
    let Some(desk) = Desk::new() else {
        return;
    };
    let commands = "\\n::set-output name=result::forged\\n\\u{1}::add-mask::a\\r::stop-commands::x\\n  \
                    ::error::x\\u{1b}[0m\\n%0A::warning::x\\n##[set-output name=result]forged";
    desk.hands_in(
        "in-an-error",
        FILE,
        &format!(
            "compile_error!(\"{commands}\");\n{}",
            desk.solution().replace("//!", "//")
        ),
    );
    desk.hands_in_with(
        "in-a-panic",
        &format!("    if true {{ panic!(\"{commands}\"); }}"),
    );
    // What the other formats make of such a text is a test beside their code.
    for (name, format) in [
        ("in-an-error", "classroom"),
        ("in-an-error", "junit"),
        ("in-a-panic", "classroom"),
    ] {
        let folder = desk.folder(name);
        let folder = folder.to_str().unwrap();
        let output = desk.scratch.root().join("github-output");
        let args = ["--submission", folder, "--lab", "1", "--format", format];
        let ended = desk
            .command(&args)
            .env("GITHUB_OUTPUT", &output)
            .output()
            .unwrap();
        let printed = said(&ended);
        assert_eq!(ended.status.code(), Some(0), "{printed}");
        assert!(!printed.lines().any(is_command), "{format}: {printed}");
        if format == "classroom" {
            assert!(
                printed.contains("\\::set-output name=result::forged"),
                "{printed}"
            );
            assert!(printed.contains("%0A\\::warning"), "{printed}");
        }
        // One line for each time.
        for line in read(&output).lines() {
            assert!(line.starts_with("result="), "{line}");
        }
    }
}
