//! `heapdiff verdict` as a gate in somebody's CI, from end to end: a small axum service is loaded, photographed at rest
//! each time the requests have doubled, and judged. This is the worked example of docs/verdict.md.
#![cfg(target_os = "linux")]

mod common;

use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::Parser;
use common::server::Server;
use driver::Load;
use driver::series::{Event, Schedule, Series, Step};
use heapdiff::cli::{Cli, Exit, Output};
use tempfile::TempDir;

/// Takes a series of the example under load, as `driver series` does.
fn series(route: &str) -> (Server, TempDir, Vec<PathBuf>) {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let url = format!("http://{}{route}", server.address);
    let heap = driver::series::Server::new(&url).unwrap();
    let mut series = Series::new(heap, Load::new(url), folder.path()).unwrap();
    let mut snapshots = Vec::new();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(async {
        for target in SCHEDULE.targets() {
            let mut see = |event: Event<'_>| {
                if let Event::Snapshot(snapshot) = event {
                    snapshots.push(snapshot.path.clone());
                }
                ControlFlow::Continue(())
            };
            let name = SCHEDULE.name(target);
            let step = series.step(target, &name, &mut see).await.unwrap();
            assert!(matches!(step, Step::Taken(_)), "{step:?}");
        }
        snapshots.extend(series.finish().await.unwrap().map(|last| last.path));
    });
    (server, folder, snapshots)
}

/// What the command line answers.
fn verdict(snapshots: &[PathBuf], args: &[&str]) -> (Exit, String) {
    let snapshots = snapshots.iter().map(|path| path.display().to_string());
    let args = ["heapdiff", "verdict"]
        .into_iter()
        .chain(args.iter().copied());
    let args: Vec<String> = args.map(str::to_owned).chain(snapshots).collect();
    let plain = Output {
        width: Some(200),
        color: false,
    };
    let asked = Cli::try_parse_from(args).expect("a command line");
    let mut said = Vec::new();
    let exit = asked.run(plain, &mut said).expect("an answer");
    (exit, String::from_utf8(said).expect("UTF-8"))
}

const SCHEDULE: Schedule = Schedule {
    first: 100,
    doublings: 3,
};

#[test]
fn a_service_that_remembers_every_word_does_not_pass() {
    let (_server, folder, snapshots) = series("/remember/tea");

    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let (exit, text) = verdict(&snapshots, &["--source-root", source]);
    assert_eq!(exit, Exit::Leak, "{text}");
    for says in [
        "LEAK: ",
        "Vec<String>",
        "axum_server::remember",
        "words.push(word);",
    ] {
        assert!(text.contains(says), "no {says:?} in:\n{text}");
    }

    let allow = folder.path().join("heap-allow.toml");
    let entry =
        "[[allow]]\nfile = 'heapshot/examples/axum_server.rs'\nreason = 'remembering is its job'\n";
    let elsewhere =
        "[[allow]]\ntype = 'Path<String>'\nreason = 'the words themselves: axum makes them'\n";
    std::fs::write(&allow, format!("{entry}{elsewhere}")).unwrap();
    let allow = allow.display().to_string();
    let (exit, text) = verdict(&snapshots, &["--allow", &allow]);
    assert_eq!(exit, Exit::Answered, "{text}");
    assert!(text.contains("remembering is its job"), "{text}");
}

#[test]
fn a_service_that_keeps_nothing_passes() {
    let (_server, _folder, snapshots) = series("/spell/tea");
    let (exit, text) = verdict(&snapshots, &[]);
    assert_eq!(exit, Exit::Answered, "{text}");
    assert!(text.starts_with("NO LEAK: "), "{text}");
}
