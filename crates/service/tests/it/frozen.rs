//! `/heapdump?wait=false`: answered when the heap is frozen, while the file is still to be written.

use std::fs;
use std::thread;

use nix::sys::signal::{Signal, kill};
use serde_json::json;

use crate::harness::{get, names_in, next_writer, read_whole};
use crate::server::Server;

/// Asks for the snapshot and does not wait; what was answered, and the writer, which is stopped.
fn freeze(server: &Server, name: &str) -> (serde_json::Value, nix::unistd::Pid) {
    let url = server.url(&format!("/heapdump?name={name}&wait=false"));
    let writer = next_writer();
    let asker = thread::spawn(move || get(&url));
    let writer = writer.stopped();
    (asker.join().unwrap().is(202).json(), writer)
}

#[test]
fn it_is_answered_before_the_file_is_written_and_knows_what_will_be_in_it() {
    let server = Server::start();
    server.get("/plain").is(200);
    let (answer, writer) = freeze(&server, "a");
    assert_eq!(
        names_in(&server.snapshot("")).len(),
        1,
        "the writer's own folder"
    );
    server.get("/plain").is(200); // is not in the snapshot
    kill(writer, Signal::SIGCONT).unwrap();

    let url = answer["url"].as_str().unwrap();
    assert_eq!(url, server.url("/heapdump/a.json"));
    let downloaded = get(url).is(200);
    let document = read_whole(&server.snapshot("a.json"));
    assert!(downloaded.json() == document);
    for key in ["live_bytes", "live_blocks", "rss_bytes", "pause_us"] {
        assert_eq!(answer[key], document["heapshot"][key], "{key}");
    }
    assert_eq!(answer["path"], json!(server.snapshot("a.json")));
    assert_eq!(answer["requests"], 1);
    assert_eq!(answer["requests_by_route"], json!({"/plain": 1}));
    assert_eq!(document["heapshot"]["metadata"]["requests"], 1);
    assert_eq!(answer.as_object().unwrap().len(), 8, "{answer}");
}

#[test]
fn its_download_waits_until_it_is_written_and_another_one_does_not() {
    let server = Server::start();
    server.get("/heapdump?name=a").is(200);
    server.get("/heapdump?name=other").is(200);
    let old = fs::read(server.snapshot("a.json")).unwrap();
    let (answer, writer) = freeze(&server, "a");

    let asker = server.ask_only("/heapdump/a.json");
    server.get("/heapdump/other.json").is(200);
    asker.set_nonblocking(true).unwrap();
    let early = asker.peek(&mut [0; 1]).unwrap_err();
    assert_eq!(early.kind(), std::io::ErrorKind::WouldBlock);

    kill(writer, Signal::SIGCONT).unwrap();
    let downloaded = get(answer["url"].as_str().unwrap()).is(200).body;
    assert!(downloaded != old);
    assert!(downloaded == fs::read(server.snapshot("a.json")).unwrap());
}

#[test]
fn a_second_one_meanwhile_is_told_busy() {
    let server = Server::start();
    let (_, writer) = freeze(&server, "first");
    server.get("/heapdump?name=second&wait=false").refuses(409);
    server.get("/heapdump?name=second").refuses(409);
    kill(writer, Signal::SIGCONT).unwrap();
    server.get("/heapdump/first.json").is(200);
    server.get("/heapdump/second.json").refuses(404);
}

#[test]
fn one_that_is_not_written_says_why_and_never_hands_out_an_older_one() {
    let server = Server::start();
    server.get("/heapdump?name=a").is(200);
    let (answer, writer) = freeze(&server, "a");
    kill(writer, Signal::SIGKILL).unwrap();

    let url = answer["url"].as_str().unwrap();
    for _ in 0..2 {
        let reason = get(url).refuses(500);
        assert!(reason.contains("killed by SIGKILL"), "{reason}");
    }
    server.get("/heapdump?name=a&wait=false").is(202);
    get(url).is(200);
}

#[test]
fn what_fails_before_the_heap_is_frozen_is_an_answer_of_its_own() {
    let server = Server::with(|config| config.snapshots = "/proc".into());
    let reason = server.get("/heapdump?name=a&wait=false").refuses(500);
    assert!(reason.contains("/proc"), "{reason}");
    let reason = server.get("/heapdump?name=a&wait=maybe").refuses(400);
    assert!(
        reason.contains("true") && reason.contains("false"),
        "{reason}"
    );
}

#[test]
fn the_end_waits_for_it() {
    let mut server = Server::start();
    let (_, writer) = freeze(&server, "last");
    let path = server.snapshot("last.json");
    server.tell_to_end();
    let folder = path.parent().unwrap().to_owned();
    kill(writer, Signal::SIGCONT).unwrap();
    server.end().unwrap();
    read_whole(&path);
    assert_eq!(names_in(&folder), ["last.json"]);
}
