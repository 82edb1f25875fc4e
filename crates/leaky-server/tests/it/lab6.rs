//! Lab 6: `/visit` notes where visitors came from, and frees no name.

use crate::program::load::{held, live_bytes_in};
use crate::start;

#[test]
fn the_latest_hundred_visits_are_shown_the_last_one_first() {
    let server = start("");
    let visit = |n: u32| server.get(&format!("/visit?from=page-{n}")).is(200).json();
    assert_eq!(visit(0)["latest"].as_array().unwrap().len(), 1);
    for n in 1..150 {
        visit(n);
    }
    let latest = visit(150)["latest"].take();
    assert_eq!(latest.as_array().unwrap().len(), 100);
    assert_eq!(latest[0], "page-150");
    assert_eq!(latest[99], "page-51");
}

#[test]
fn every_name_is_still_held_at_rest() {
    let server = start("");
    for n in 0..300 {
        server.get(&format!("/visit?from=page-number-{n}")).is(200);
    }
    server.get("/heapdump?name=after").is(200);
    let live = live_bytes_in(
        &held(&server, "snapshots/after.json"),
        "leaky-server/src/lab6.rs",
    );
    assert!(live > 300 * 13, "{live} bytes");
}
