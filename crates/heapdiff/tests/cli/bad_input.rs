//! What is said to bad input, and that nothing bad comes of it.

use std::process::{Command, Stdio};

use crate::common::fixture;
use crate::run::{Run, dhat, refused};

#[test]
fn bad_snapshots_are_refused_with_a_reason_and_a_way_on() {
    refused("", &["empty", "take the snapshot again"]);
    refused("\n \t", &["empty"]);
    refused("hello", &["not JSON", "DHAT file"]);
    refused("\u{0}\u{1}\u{1b}[31m", &["not JSON"]);
    refused("{}", &["not a DHAT file"]);
    refused("[1, 2]", &["not a DHAT file"]);
    refused("3", &["not a DHAT file"]);
    refused(r#"{"dhatFileVersion":3}"#, &["version 3", "only version 2"]);
    refused(r#"{"dhatFileVersion":-1}"#, &["version -1"]);
    refused(
        r#"{"dhatFileVersion":2,"mode":"rust-ad-hoc"}"#,
        &["\"rust-ad-hoc\"", "no live heap blocks"],
    );
    refused(
        r#"{"dhatFileVersion":2,"mode":"copy\u001b[2J"}"#,
        &[r"copy\u{1b}[2J"],
    );
    refused(
        r#"{"dhatFileVersion":2,"mode":"heap","bklt":false,"pps":[],"ftbl":[]}"#,
        &["no live blocks"],
    );
    refused(
        r#"{"dhatFileVersion":2,"mode":"heap","bklt":true}"#,
        &["missing field `pps`"],
    );
    refused(&fixture("leak-after.json")[..700], &["cut short"]);
    refused(
        [b"\xff\xfe".as_slice(), &fixture("leak-after.json")].concat(),
        &["not JSON"],
    );
}

#[test]
fn absurd_snapshots_are_refused_too() {
    refused(
        dhat(r#"{"tb":1,"tbk":1,"eb":1,"ebk":1,"fs":[1]}"#, r#""[root]""#),
        &["program point 0", "frame 1", "has 1"],
    );
    refused(
        dhat(r#"{"tb":1,"tbk":1,"eb":1,"ebk":1,"fs":[99999999999]}"#, ""),
        &["program point 0"],
    );
    refused(
        dhat(r#"{"tb":1,"tbk":1,"eb":-1,"ebk":1,"fs":[]}"#, ""),
        &["-1"],
    );
    refused(
        dhat(r#"{"tb":1,"tbk":1,"eb":1.5,"ebk":1,"fs":[]}"#, ""),
        &["1.5"],
    );
    refused(
        dhat(r#"{"tb":1,"tbk":1,"fs":[]}"#, ""),
        &["missing field `eb`"],
    );
    refused(
        dhat(r#"{"tb":1,"tbk":1,"eb":1,"ebk":1}"#, ""),
        &["missing field `fs`"],
    );
    refused(
        dhat(
            r#"{"tb":1,"tbk":1,"eb":18446744073709551616,"ebk":1,"fs":[]}"#,
            "",
        ),
        &["not as DHAT writes it"],
    );
    refused(
        dhat(
            r#"{"tb":9223372036854775808,"tbk":1,"eb":1,"ebk":1,"fs":[]}"#,
            "",
        ),
        &["absurd", "tb"],
    );
    let huge = r#"{"tb":1,"tbk":1,"eb":9223372036854775807,"ebk":1,"fs":[]}"#;
    refused(dhat(&format!("{huge},{huge}"), ""), &["absurd", "eb"]);
    refused(
        format!(
            r#"{{"dhatFileVersion":2,"heapshot":{}"#,
            "[".repeat(100_000)
        ),
        &["recursion limit"],
    );
}

#[test]
fn paths_that_are_no_files_are_refused() {
    Run::new("show missing.json").refuses(&[
        "cannot read snapshot missing.json: no such file",
        "check the path",
    ]);
    Run::new("show .").refuses(&[
        "cannot read snapshot .: it is a directory",
        "one of the snapshot files",
    ]);
}

#[test]
fn names_cannot_send_escape_sequences_to_the_terminal() {
    let hostile = dhat(
        r#"{"tb":1,"tbk":1,"eb":1,"ebk":1,"fs":[0]}"#,
        r#""0x1: evil\u001b[2J\u009b\u202e (evil\u0007.rs:1:1)""#,
    );
    for args in [
        "show evil.json",
        "show evil.json --by stack",
        "show evil.json --format json",
    ] {
        let printed = Run::new(args).file("evil.json", &hostile).prints(&["evil"]);
        assert!(
            printed
                .chars()
                .all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'),
            "{printed:?}"
        );
    }
}

/// A name that a terminal would obey.
const HOSTILE: &str = "evil\u{1b}[2J\u{9b}\u{7f}\u{202e}\n.json";

#[test]
fn no_path_and_no_excerpt_of_a_file_reaches_the_terminal_raw() {
    let quoted =
        r#"{"dhatFileVersion":2,"mode":"heap","bklt":true,"pps":"\u001b[2J\u202e","ftbl":[]}"#;
    let allow = "[[allow]]\n\"\u{9b}2J\u{202e}\" = 1\n";
    let leaks = ["leak-before.json", "leak-after.json", "leak-after.json"];
    let commands: &[(&[&str], &str)] = &[
        (&["show", HOSTILE], "no such file"),
        (&["show", "quoted.json"], "not as DHAT writes it"),
        (&["compare", "leak-after.json", HOSTILE], "no such file"),
        (&["flamegraph", "leak-after.json", "-o", HOSTILE], ""),
        (
            &[
                "flamegraph",
                "leak-after.json",
                "-o",
                &format!("no/{HOSTILE}"),
            ],
            "no such folder",
        ),
        (
            &["export", "--to", "chrome", "-o", HOSTILE, "leak-after.json"],
            "",
        ),
        (
            &["verdict", leaks[0], leaks[1], leaks[2], "--allow", HOSTILE],
            "no such file",
        ),
        (
            &[
                "verdict",
                leaks[0],
                leaks[1],
                leaks[2],
                "--allow",
                "allow.toml",
            ],
            "unknown field",
        ),
    ];
    for (args, says) in commands {
        let run = Run::new("")
            .file("quoted.json", quoted)
            .file("allow.toml", allow);
        let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        let (_, stdout, stderr) = run.output_of(&args);
        assert!(stderr.contains(says), "{args:?}: {stderr}");
        assert!(stderr.lines().count() <= 1, "{args:?}: {stderr}");
        for text in [stdout, stderr] {
            assert!(
                text.chars()
                    .all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'),
                "{args:?}: {text:?}"
            );
        }
    }
}

#[test]
fn wrong_usage_exits_with_2_and_help_with_0() {
    assert_eq!(Run::new("compare one.json").output().0, Some(2));
    assert_eq!(
        Run::new("show leak-after.json --by colour").output().0,
        Some(2)
    );
    Run::new("compare --help").prints(&["--in-app <CRATE,…>", "--source-root <DIR>"]);
}

#[test]
fn a_reader_who_stops_early_is_no_failure() {
    let run = Run::new("show orders-v0-after.json --format json");
    let mut child = Command::new(env!("CARGO_BIN_EXE_heapdiff"))
        .args(&run.args)
        .current_dir(run.folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("heapdiff runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("heapdiff ends");
    assert_eq!(
        (output.status.code(), output.stderr.as_slice()),
        (Some(0), b"".as_slice())
    );
}
