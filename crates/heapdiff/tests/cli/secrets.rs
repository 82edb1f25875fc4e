//! Files with secrets in their command line, as older versions of heapshot, dhat-rs and valgrind write them: no output shows them.

use std::fs;

use serde_json::{Value, json};

use crate::common::{fixture, served};
use crate::outputs::{assert_nowhere, outputs_of};
use crate::run::{Run, dhat};

const SECRET: &str = "S3cret+Token/of~an&old<file";

/// The fixture, as an older heapshot would have written it of a process with this command line.
fn old(name: &str, requests: u64, command: &str) -> Vec<u8> {
    let file = served(&fixture(name), requests, requests / 10);
    let mut json: Value = serde_json::from_slice(&file).expect("JSON");
    json["cmd"] = json!(command);
    serde_json::to_vec(&json).expect("JSON stays JSON")
}

#[test]
fn no_output_has_the_secrets_of_an_old_files_command_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let paths = ["a.json", "b.json", "c.json"].map(|name| folder.path().join(name));
    let commands = [
        format!("./orders --token {SECRET} --port 80"),
        format!(
            "./orders --url http://h/?sig={SECRET} -H Authorization: Bearer {SECRET} --port 81"
        ),
        format!("LEAKLAB_TOKEN={SECRET} ./orders --db postgres://u:{SECRET}@h/d"),
    ];
    for (index, (path, command)) in paths.iter().zip(&commands).enumerate() {
        let name = ["leak-before.json", "leak-after.json"][index.min(1)];
        let requests = 100 << index;
        fs::write(path, old(name, requests, command)).expect("a file");
    }
    let outputs = outputs_of([&paths[0], &paths[1], &paths[2]]);

    assert_nowhere(SECRET, &outputs);
    // That they were looked at: what is not secret of a command line is in most.
    let shown = |text: &str| {
        let has = |output: &[u8]| String::from_utf8_lossy(output).contains(text);
        outputs.iter().filter(|(_, output)| has(output)).count()
    };
    assert!(
        shown("--token *** --port 80") >= 4,
        "{}",
        shown("--token *** --port 80")
    );
    assert!(
        shown("postgres://***@h/d") >= 2,
        "{}",
        shown("postgres://***@h/d")
    );
}

#[test]
fn a_warning_shows_two_commands_without_their_secrets() {
    let run = Run::new("compare a.json b.json")
        .file("a.json", old("leak-before.json", 100, "./a --token s3cret"))
        .file(
            "b.json",
            old("leak-after.json", 200, "./b --password s3cret"),
        );
    let shown = run.prints(&["./a --token ***", "./b --password ***"]);
    assert!(!shown.contains("s3cret"), "{shown}");
}

#[test]
fn an_error_about_a_file_does_not_quote_its_command_line() {
    let whole = dhat("", r#""[root]""#).replace('{', r#"{"cmd":"./a --token s3cret","#);
    let cut = &whole[..whole.find("cret").expect("it is there")];
    let wrong = whole.replace(r#""mode":"heap""#, r#""mode":7"#);
    let keys = whole.replace("\"cmd\"", "\"pid\"");
    for content in [cut, &wrong, &keys, &whole.replace("\"pps\"", "\"qqs\"")] {
        let run = Run::new("show bad.json").file("bad.json", content);
        let (code, stdout, stderr) = run.output();
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{content}");
        assert!(!stderr.contains("s3cret"), "{stderr}");
    }
}
