//! Lab 4: `/cab` finds a cab, and goes on calling where there was none.

use crate::harness::wait_for;
use crate::program::load::{held, live_bytes_in};
use crate::program::{Program, does};
use crate::start;

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
    for _ in 0..100 {
        server.get("/cab?at=museum&seats=9").is(200);
    }
    let waiting = live_bytes(&server);
    assert!(waiting >= 100 * 256, "{waiting} bytes");
    server.get("/ranks/station?seats=9").is(200);
    wait_for("the calls to end", || {
        (live_bytes(&server) < waiting / 10).then_some(())
    });
}

fn live_bytes(server: &Program) -> u64 {
    server.get("/heapdump?name=now").is(200);
    let held = held(server, "snapshots/now.json");
    live_bytes_in(&held, "leaky-server/src/lab4.rs")
}
