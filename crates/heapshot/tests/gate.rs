//! `heapdiff verdict` as a gate in somebody's CI, from end to end: a small axum service is loaded, photographed at rest
//! each time the requests have doubled, and judged. This is the worked example of docs/verdict.md.
#![cfg(target_os = "linux")]

mod common;

use std::path::Path;

use clap::Parser;
use common::server::{Server, read_all};
use heapdiff::cli::{Answer, Cli, Exit, Output};

/// Loads a route, with a snapshot at each of these request counts.
fn series(route: &str, schedule: &[u64]) -> (Server, Vec<String>) {
    let server = Server::start();
    let mut asked = 0;
    let mut snapshots = Vec::new();
    for target in schedule {
        for _ in asked..*target {
            assert!(read_all(server.ask(route)).starts_with("HTTP/1.1 200"));
        }
        asked = *target;
        assert!(
            read_all(server.ask(&format!("/heapdump/after{target}"))).starts_with("HTTP/1.1 200")
        );
        snapshots.push(format!("after{target}.json"));
    }
    (server, snapshots)
}

/// What the command line answers, with the snapshots of this folder.
fn verdict(folder: &Path, snapshots: &[String], args: &[&str]) -> Answer {
    let snapshots = snapshots
        .iter()
        .map(|name| folder.join(name).display().to_string());
    let args = ["heapdiff", "verdict"]
        .into_iter()
        .chain(args.iter().copied());
    let args: Vec<String> = args.map(str::to_owned).chain(snapshots).collect();
    let plain = Output {
        width: Some(200),
        color: false,
    };
    let asked = Cli::try_parse_from(args).expect("a command line");
    asked.answer(plain).expect("an answer")
}

const SCHEDULE: [u64; 4] = [100, 200, 400, 800];

#[test]
fn a_service_that_remembers_every_word_does_not_pass() {
    let (server, snapshots) = series("/remember/tea", &SCHEDULE);
    let folder = server.folder.path();

    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let answer = verdict(folder, &snapshots, &["--source-root", source]);
    assert_eq!(answer.exit, Exit::Leak, "{}", answer.text);
    for says in [
        "LEAK: ",
        "Vec<String>",
        "axum_server::remember",
        "words.push(word);",
    ] {
        assert!(
            answer.text.contains(says),
            "no {says:?} in:\n{}",
            answer.text
        );
    }

    let allow = folder.join("heap-allow.toml");
    let entry =
        "[[allow]]\nfile = 'heapshot/examples/axum_server.rs'\nreason = 'remembering is its job'\n";
    let elsewhere =
        "[[allow]]\ntype = 'Path<String>'\nreason = 'the words themselves: axum makes them'\n";
    std::fs::write(&allow, format!("{entry}{elsewhere}")).unwrap();
    let allow = allow.display().to_string();
    let answer = verdict(folder, &snapshots, &["--allow", &allow]);
    assert_eq!(answer.exit, Exit::Answered, "{}", answer.text);
    assert!(
        answer.text.contains("remembering is its job"),
        "{}",
        answer.text
    );
}

#[test]
fn a_service_that_keeps_nothing_passes() {
    let (server, snapshots) = series("/spell/tea", &SCHEDULE);
    let answer = verdict(server.folder.path(), &snapshots, &[]);
    assert_eq!(answer.exit, Exit::Answered, "{}", answer.text);
    assert!(answer.text.starts_with("NO LEAK: "), "{}", answer.text);
}
