//! Above the heap ceiling, where the server turns requests away. How it ends is tested where there is a program, in
//! `leaky-server`; that the ceiling holds, in `heapshot`.

use crate::server::{CEILING, Server};

/// Takes the heap above the ceiling, and within its margin. Asked for, and never touched.
pub(crate) fn too_much() -> Vec<u8> {
    Vec::with_capacity(usize::try_from(CEILING).unwrap() + (8 << 20))
}

#[test]
fn below_the_ceiling_all_is_served() {
    let server = Server::start();
    server.get("/plain").is(200);
}

#[test]
fn above_the_ceiling_the_labs_routes_answer_the_reason_and_are_not_counted() {
    let server = Server::start();
    let held = std::hint::black_box(too_much());
    let reason = server.get("/plain").refuses(503);
    drop(held);
    assert!(reason.starts_with("heap ceiling reached: 52"), "{reason}");
    assert!(
        reason.contains("512.0 MiB allowed (--max-heap)"),
        "{reason}"
    );
    assert!(reason.contains("the snapshot near-limit"), "{reason}");
    assert_eq!(server.health()["requests"], 0);
}

#[test]
fn above_the_ceiling_the_heap_can_still_be_looked_at() {
    let server = Server::start();
    let held = std::hint::black_box(too_much());
    server.get("/plain").is(503);
    server.get("/").is(200);
    server.get("/healthz").is(200);
    server.get("/heapdump?name=full").is(200);
    server.get("/heapdump/full.json").is(200);
    drop(held);
}

#[test]
fn below_the_ceiling_again_all_is_served_again() {
    let server = Server::start();
    let held = std::hint::black_box(too_much());
    server.get("/plain").is(503);
    drop(held);
    server.get("/plain").is(200);
}

#[test]
fn without_a_recorder_there_is_no_ceiling() {
    let server = Server::with(|config| config.heap = None);
    let held = std::hint::black_box(too_much());
    server.get("/plain").is(200);
    drop(held);
}
