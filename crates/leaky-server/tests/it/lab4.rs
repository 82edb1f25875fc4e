//! Lab 4: `/cab` finds a cab, and goes on calling where there was none.

use crate::harness::wait_for;
use crate::program::{Program, does};
use crate::start;

/// Bytes of the directions that a hundred calls hold, at least.
const BUFFERS: u64 = 100 * 256;

#[test]
fn the_nearest_rank_that_has_the_seats_sends_its_cab() {
    does::send_the_nearest_cab(&start(""));
}

#[test]
fn who_waits_for_a_large_cab_has_it_when_it_is_free() {
    does::send_a_cab_when_it_is_free(&start(""));
}

#[test]
fn every_call_that_was_not_answered_is_still_held_until_a_cab_is_free() {
    let server = start("");
    let call = || server.get("/cab?at=museum&seats=9").is(200);
    call();
    let before = live_bytes(&server);
    for _ in 0..100 {
        call();
    }
    // Of the whole heap: in builds that are not optimized the call stacks are too long to name the line.
    let waiting = live_bytes(&server);
    assert!(waiting >= before + BUFFERS, "{before} to {waiting} bytes");
    server.get("/ranks/station?seats=9").is(200);
    wait_for("the calls to end", || {
        (live_bytes(&server) <= waiting - BUFFERS).then_some(())
    });
}

fn live_bytes(server: &Program) -> u64 {
    let health = server.get("/healthz").is(200).json();
    health["live_bytes"].as_u64().unwrap()
}
