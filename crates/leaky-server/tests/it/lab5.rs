//! Lab 5: `/invite` accepts every invitation, however many wait.

use crate::program::does;
use crate::program::load::{held, live_bytes_in};
use crate::start;

#[test]
fn an_invitation_that_was_accepted_is_sent() {
    does::send_what_was_accepted(&start(""));
}

#[test]
fn all_that_are_accepted_at_once_wait_in_the_heap() {
    let server = start("");
    let paths = (0..300).map(|n| format!("/invite?id={n}&to=somebody&tasting=tea"));
    let answers = server.burst(paths);
    let accepted = |head: &String| head.starts_with("http/1.1 202");
    assert!(answers.iter().all(accepted), "{answers:?}");
    server.get("/heapdump?name=after").is(200);
    let held = held(&server, "snapshots/after.json");
    let live = live_bytes_in(&held, "leaky-server/src/lab5.rs");
    assert!(live > 100 * 1_000, "{live} bytes");
}
