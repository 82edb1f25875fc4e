//! Snapshots of a real server that records its heap.

use std::thread;

use nix::sys::signal::{Signal, kill};
use panel::ServerConfig;
use serde_json::{Value, json};
use service::Access;

use crate::harness::{names_in, next_writer, read_whole, wait_for};
use crate::running::Running;
use crate::server::Server;

const TOKEN: &str = "0123456789abcdef";

#[test]
fn a_snapshot_is_taken_fetched_and_listed() {
    let server = Server::start();
    let panel = Running::on(&server.url);
    server.get("/plain").is(200);
    let card = panel.capture(r#"{"label":"before"}"#).is(200).json();
    assert_eq!(card["label"], "before");
    assert_eq!(card["requests"], 1);
    assert_eq!(card["server"], "tested");
    assert_eq!(card, panel.card("before"));
    let document = read_whole(&panel.path("before.json"));
    assert_eq!(card["live_bytes"], document["heapshot"]["live_bytes"]);

    assert_eq!(panel.capture("{}").is(200).json()["label"], "snapshot-1");
    assert_eq!(panel.capture("{}").is(200).json()["label"], "snapshot-2");
    assert_eq!(panel.labels(), ["before", "snapshot-1", "snapshot-2"]);
    assert_eq!(panel.names().len(), 3);
    assert_eq!(names_in(&server.snapshot("")).len(), 1, "one and not three");
}

#[test]
fn a_server_that_writes_into_the_panels_own_folder_has_its_snapshot_listed_once() {
    let server = Server::start();
    let folder = server.snapshot("");
    std::fs::create_dir(&folder).unwrap();
    let panel = Running::with(|config| {
        config.servers.push(ServerConfig::new(&server.url).unwrap());
        config.folders.push(folder.clone());
    });
    panel.capture(r#"{"label":"before"}"#).is(200);
    panel.capture(r#"{"label":"before"}"#).is(200);
    assert_eq!(panel.labels(), ["before", "before-2"]);
    assert_eq!(names_in(&folder), ["before-2.json", "before.json"]);
    assert_eq!(panel.names(), [] as [&str; 0]);
}

#[test]
fn a_server_is_listed_with_what_it_says_of_itself() {
    let server = Server::start();
    let panel = Running::on(&server.url);
    server.get("/plain").is(200);
    let listed = &panel.list()["servers"][0];
    assert_eq!(listed["id"], "0");
    assert_eq!(listed["url"], format!("{}/", server.url));
    assert_eq!(
        (&listed["name"], &listed["state"]),
        (&json!("tested"), &json!("up"))
    );
    assert_eq!(listed["requests"], 1);
    assert!(listed["live_bytes"].as_u64().unwrap() > 0);
    assert_eq!(
        (&listed["detail"], &listed["capture"]),
        (&Value::Null, &Value::Null)
    );
}

#[test]
fn servers_come_and_go_while_it_runs() {
    let server = Server::start();
    let panel = Running::start();
    let id = panel
        .servers
        .watch(ServerConfig::new(&server.url).unwrap())
        .unwrap();
    panel.capture("{}").is(200);
    panel.servers.forget(&id);
    assert_eq!(panel.list()["servers"], json!([]));
    panel.capture("{}").refuses(404);
    assert_eq!(panel.labels(), ["snapshot-1"]);
}

#[test]
fn one_snapshot_at_a_time_and_how_far_it_is_can_be_seen() {
    let server = Server::start();
    let panel = Running::on(&server.url);
    thread::scope(|scope| {
        let writer = next_writer();
        let first = scope.spawn(|| panel.capture("{}"));
        let writer = writer.stopped();
        panel.wait_for_stage("asking");
        let reason = panel.capture("{}").refuses(409);
        assert!(reason.contains("try again"), "{reason}");
        kill(writer, Signal::SIGCONT).unwrap();
        first.join().unwrap().is(200);
    });
    assert_eq!(panel.list()["servers"][0]["capture"], Value::Null);
    assert_eq!(panel.labels(), ["snapshot-1"]);
}

#[test]
fn a_page_that_is_closed_meanwhile_finds_the_snapshot_when_it_is_opened_again() {
    let server = Server::start();
    let panel = Running::on(&server.url);
    let host = panel.url.trim_start_matches("http://");
    let writer = next_writer();
    let mut page = std::net::TcpStream::connect(host).unwrap();
    std::io::Write::write_all(
        &mut page,
        format!(
            "POST /api/servers/0/snapshots HTTP/1.1\r\nhost: {host}\r\norigin: {}\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{{}}",
            panel.url
        )
        .as_bytes(),
    )
    .unwrap();
    let writer = writer.stopped();
    drop(page);
    kill(writer, Signal::SIGCONT).unwrap();
    wait_for("the snapshot", || {
        (panel.labels() == ["snapshot-1"]).then_some(())
    });
}

#[test]
fn a_writer_that_is_killed_is_told_in_the_servers_words() {
    let server = Server::start();
    let panel = Running::on(&server.url);
    let reason = thread::scope(|scope| {
        let writer = next_writer();
        let asked = scope.spawn(|| panel.capture("{}"));
        kill(writer.stopped(), Signal::SIGKILL).unwrap();
        asked.join().unwrap().refuses(502)
    });
    assert!(reason.contains("killed by SIGKILL"), "{reason}");
    assert_eq!(panel.names(), [] as [&str; 0]);
    panel.capture("{}").is(200);
}

#[test]
fn a_server_that_another_one_asks_too_is_busy() {
    let server = Server::start();
    let panel = Running::on(&server.url);
    thread::scope(|scope| {
        let writer = next_writer();
        let other = scope.spawn(|| server.get("/heapdump?name=other"));
        let writer = writer.stopped();
        let reason = panel.capture("{}").refuses(502);
        assert!(
            reason.contains("another snapshot of it is under way"),
            "{reason}"
        );
        kill(writer, Signal::SIGCONT).unwrap();
        other.join().unwrap().is(200);
    });
}

#[test]
fn a_server_that_records_nothing_says_so() {
    let server = Server::with(|config| config.heap = None);
    let panel = Running::on(&server.url);
    let reason = panel.capture("{}").refuses(502);
    assert!(reason.contains("records no heap"), "{reason}");
}

#[test]
fn a_token_opens_the_server_that_it_is_for() {
    let server = Server::with(|config| config.access = Access::Token(TOKEN.into()));
    let without = Running::on(&server.url);
    let reason = without.capture("{}").refuses(502);
    assert!(reason.contains("LEAKLAB_TOKEN"), "{reason}");
    let with = Running::with(|config| {
        let server = ServerConfig::new(&server.url).unwrap();
        config.servers.push(server.with_token(TOKEN).unwrap());
    });
    with.capture("{}").is(200);
    assert!(!with.list().to_string().contains(TOKEN));
}
