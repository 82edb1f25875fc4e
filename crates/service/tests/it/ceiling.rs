//! The heap ceiling.

use bytesize::ByteSize;

use crate::server::{Server, recorder};

/// Room enough for what the server itself takes.
const ROOM: u64 = 32 << 20;

fn with_ceiling() -> Server {
    Server::with(|config| config.max_heap = ByteSize::b(recorder().live().bytes + ROOM))
}

fn too_much() -> Vec<u8> {
    vec![1; 40 << 20]
}

#[test]
fn below_the_ceiling_all_is_served() {
    let server = with_ceiling();
    server.get("/plain").is(200);
}

#[test]
fn above_the_ceiling_the_labs_routes_answer_the_reason_and_are_not_counted() {
    let server = with_ceiling();
    let held = too_much();
    let reason = server.get("/plain").refuses(503);
    drop(held);
    assert!(reason.starts_with("heap ceiling reached: "), "{reason}");
    assert!(reason.contains("(--max-heap)"), "{reason}");
    assert_eq!(server.health()["requests"], 0);
}

#[test]
fn above_the_ceiling_the_heap_can_still_be_looked_at() {
    let server = with_ceiling();
    let held = too_much();
    server.get("/plain").is(503);
    server.get("/").is(200);
    server.get("/healthz").is(200);
    server.get("/heapdump?name=full").is(200);
    server.get("/heapdump/full.json").is(200);
    drop(held);
}

#[test]
fn below_the_ceiling_again_all_is_served_again() {
    let server = with_ceiling();
    let held = too_much();
    server.get("/plain").is(503);
    drop(held);
    server.get("/plain").is(200);
}

#[test]
fn a_ceiling_of_zero_is_none() {
    let server = Server::with(|config| config.max_heap = ByteSize::b(0));
    server.get("/plain").is(200);
}

#[test]
fn without_a_recorder_there_is_no_ceiling() {
    let server = Server::with(|config| {
        config.heap = None;
        config.max_heap = ByteSize::b(1);
    });
    server.get("/plain").is(200);
}
