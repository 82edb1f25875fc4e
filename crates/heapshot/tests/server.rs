//! Snapshots of a real server, seen from outside: the child holds none of its connections, and does not
//! outlive it.
#![cfg(target_os = "linux")]

mod common;

use std::io::Write;

use common::server::{Server, read_all};
use common::writer::stop_writer_of;
use common::{children_of, read_whole, wait_for};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

#[test]
fn a_running_server_gives_a_snapshot_and_goes_on() {
    let server = Server::start();
    read_all(server.ask("/remember/tea"));
    assert!(read_all(server.ask("/heapdump?name=a")).starts_with("HTTP/1.1 200"));
    assert!(read_all(server.ask("/remember/tea")).contains("2 words"));
    let document = read_whole(&server.folder.path().join("a.json"));
    assert_eq!(document["heapshot"]["metadata"]["words"], 1);
}

#[test]
fn a_connection_closed_while_the_child_writes_is_closed_for_the_client_at_once() {
    let server = Server::start();
    let mut open_before = server.connect();
    read_all(server.ask("/remember/tea")); // the server has accepted the first connection by now
    let dump = server.ask("/heapdump?name=a");
    let writer = stop_writer_of(server.process.id());

    write!(
        open_before,
        "GET /remember/x HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    assert!(
        read_all(open_before).contains("2 words"),
        "the end of the stream came"
    );

    kill(writer, Signal::SIGCONT).unwrap();
    assert!(read_all(dump).starts_with("HTTP/1.1 200"));
}

#[test]
fn a_server_killed_in_mid_snapshot_takes_the_child_with_it() {
    let mut server = Server::start();
    let _dump = server.ask("/heapdump?name=a");
    let writer = stop_writer_of(server.process.id());

    server.process.kill().unwrap();
    server.process.wait().unwrap();

    wait_for("the child to die", || gone(writer).then_some(()));
    assert!(children_of(server.process.id()).is_empty());
    assert!(!server.folder.path().join("a.json").exists());
}

/// Whether no such process runs: it may be a zombie that its new parent has yet to reap.
fn gone(pid: Pid) -> bool {
    match std::fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(stat) => stat
            .rsplit_once(") ")
            .is_some_and(|(_, rest)| rest.starts_with('Z')),
        Err(_) => true,
    }
}
