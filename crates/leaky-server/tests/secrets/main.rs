//! A server with a token, and everything that is made of it: its own answers and messages, its snapshots, all outputs of heapdiff
//! and what the panel shows. The token is in none of them.
#![cfg(target_os = "linux")]

#[path = "../../../service/tests/harness/mod.rs"]
mod harness;
#[path = "../../../heapdiff/tests/common/outputs.rs"]
mod outputs;
#[path = "../program/mod.rs"]
mod program;
#[path = "../../../panel/tests/it/running.rs"]
#[allow(dead_code, reason = "these tests use their part")]
mod running;
#[path = "../../../panel/tests/it/tab.rs"]
#[allow(dead_code, reason = "these tests use their part")]
mod tab;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use nix::sys::signal::Signal;
use panel::ServerConfig;
use reqwest::Method;

use harness::{Answer, ask, read_whole};
use outputs::{assert_nowhere, outputs_of};
use program::{Launch, Program};
use running::Running;
use tab::Tab;

/// With characters that URLs, pages and Base64 write otherwise.
const TOKEN: &str = "S3cret+Token/of~the=server&<x>";

const OPTIONS: &str = "--listen 127.0.0.1:0 --workers 1 --snapshots shots";

fn launch() -> Launch {
    Launch::new(env!("CARGO_BIN_EXE_leaky-server"), OPTIONS)
}

#[test]
fn a_token_of_the_command_line_is_nowhere() {
    let server = launch().arg("--token").arg(TOKEN).start_heard();
    is_nowhere(server, "--token ***");
}

#[test]
fn a_token_of_the_command_line_in_one_argument_is_nowhere() {
    let server = launch().arg(format!("--token={TOKEN}")).start_heard();
    is_nowhere(server, "--token=***");
}

#[test]
fn a_token_of_the_environment_is_nowhere() {
    let server = launch().env("LEAKLAB_TOKEN", TOKEN).start_heard();
    is_nowhere(server, "--snapshots shots");
}

#[test]
fn a_command_line_that_is_no_utf_8_is_in_the_snapshot_as_far_as_it_can_be() {
    let folder = OsStr::from_bytes(b"\xffolder");
    let server = Launch::new(env!("CARGO_BIN_EXE_leaky-server"), "--listen 127.0.0.1:0")
        .arg("--snapshots")
        .arg(folder)
        .start();
    server.get("/heapdump?name=a").is(200);
    let document = read_whole(&server.folder().join(folder).join("a.json"));
    let command = document["cmd"].as_str().unwrap();
    assert!(command.ends_with("--snapshots \u{fffd}older"), "{command}");
}

#[test]
fn a_token_that_is_refused_is_not_printed() {
    for bad in ["S3cret", "S3cret S3cret S3cret"] {
        for launch in [
            launch().arg("--token").arg(bad),
            launch().env("LEAKLAB_TOKEN", bad),
        ] {
            let said = launch.refuses();
            assert!(
                said.contains("at least 16") && !said.contains("S3cret"),
                "{said}"
            );
        }
    }
    let help = launch().env("LEAKLAB_TOKEN", TOKEN).arg("--help").run();
    assert_nowhere(TOKEN, &[("help".to_owned(), help.stdout)]);
}

/// The token of this server is not in anything that is made of it, and `shown` of its command line is.
fn is_nowhere(mut server: Program, shown: &str) {
    let authorized = |path: &str| {
        let authorization = format!("Bearer {TOKEN}");
        let headers = [("authorization", authorization.as_bytes())];
        ask(Method::GET, &format!("{}{path}", server.url), &headers)
    };
    let mut all: Vec<(String, Vec<u8>)> = Vec::new();
    let mut keep = |what: &str, answer: Answer| all.push((what.to_owned(), answer.body));

    let names = ["a", "b", "c"];
    for (index, name) in names.iter().enumerate() {
        server.sizes(1, 2 << index);
        keep(
            "taken",
            authorized(&format!("/heapdump?name={name}")).is(200),
        );
        keep(
            "snapshot",
            authorized(&format!("/heapdump/{name}.json")).is(200),
        );
    }
    for path in [
        "/",
        "/healthz",
        "/metrics",
        "/heapdump/missing.json",
        "/heapdump?wait=maybe",
        "/nowhere",
    ] {
        keep(path, authorized(path));
        keep(path, server.get(path));
    }
    let paths = names.map(|name| server.path(&format!("shots/{name}.json")));
    let command = read_whole(&paths[0])["cmd"].as_str().unwrap().to_owned();
    assert!(command.contains(shown), "{command}");
    all.extend(outputs_of([&paths[0], &paths[1], &paths[2]]));
    all.extend(pages_of(&server));

    server.signal(Signal::SIGTERM);
    assert!(server.ended().success());
    all.push(("stderr".to_owned(), server.said().into_bytes()));
    assert_nowhere(TOKEN, &all);
    let has_command =
        |(_, output): &&(String, Vec<u8>)| String::from_utf8_lossy(output).contains(shown);
    let outputs = all.iter().filter(has_command).count();
    assert!(
        outputs >= 8,
        "the command line is shown in {outputs} outputs"
    );
}

/// What a panel on this server shows.
fn pages_of(server: &Program) -> Vec<(String, Vec<u8>)> {
    let panel = Running::with(|config| {
        let server = ServerConfig::new(&server.url).unwrap();
        config.servers.push(server.with_token(TOKEN).unwrap());
    });
    let mut all = Vec::new();
    for _ in 0..3 {
        server.sizes(1, 2);
        all.push(("captured".to_owned(), panel.capture("{}").is(200).body));
    }
    let labels = panel.labels();
    let ids: Vec<_> = labels.iter().map(|label| panel.id(label)).collect();
    let (a, b, c) = (&ids[0], &ids[1], &ids[2]);
    for path in [
        "/".to_owned(),
        "/api/snapshots".to_owned(),
        format!("/api/snapshots/{a}/summary"),
        format!("/api/snapshots/{a}/file"),
        format!("/api/comparison?base={a}&snapshot={c}"),
        format!("/api/flamegraph?base={a}&snapshot={c}"),
        format!("/api/verdict?snapshots={a},{b},{c}"),
    ] {
        let answer = panel.get(&path).is(200);
        all.push((format!("panel: {path}"), answer.body));
    }
    let event = Tab::look(&panel, 1).next_text().unwrap();
    all.push(("panel: status".to_owned(), event.into_bytes()));
    let kept = fs::read_dir(panel.folder.path()).unwrap();
    all.extend(
        kept.flatten()
            .filter_map(|file| Some(("kept".to_owned(), fs::read(file.path()).ok()?))),
    );
    all
}
