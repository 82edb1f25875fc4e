//! Lab 4: `/cab` finds a cab, and calls nobody any more when it has one.

use crate::program::does;
use crate::program::load::{held, live_bytes_in};
use crate::start;

#[test]
fn the_nearest_rank_that_has_the_seats_sends_its_cab() {
    does::send_the_nearest_cab(&start());
}

#[test]
fn who_waits_for_a_large_cab_has_it_when_it_is_free() {
    does::send_a_cab_when_it_is_free(&start());
}

#[test]
fn no_call_outlives_its_request() {
    let server = start();
    for _ in 0..100 {
        server.get("/cab?at=museum&seats=9").is(200);
    }
    server.get("/heapdump?name=after").is(200);
    let held = held(&server, "snapshots/after.json");
    let live = live_bytes_in(&held, "fixed-server/src/lab4.rs");
    assert!(live < 10 * 256, "{live} bytes");
}
