//! Lab 2: `/search` remembers the pages that were asked for last.

use crate::program::load::{held, live_bytes_in};
use crate::start;

#[test]
fn a_page_is_kept_while_it_is_asked_for() {
    let server = start();
    let hit = |query: &str| server.get(&format!("/search?q={query}")).is(200).json()["hit"] == true;
    assert!(!hit("tea"));
    for query in 0..200 {
        assert!(!hit(&query.to_string()));
        assert!(hit("tea"), "after {query}");
    }
    assert!(hit("199"));
    assert!(!hit("0"), "the first of 200 is still there");
}

#[test]
fn no_more_than_the_last_pages_are_held_at_rest() {
    let server = start();
    for query in 0..200 {
        server.get(&format!("/search?q={query}")).is(200);
    }
    server.get("/heapdump?name=after").is(200);
    let held = held(&server, "snapshots/after.json");
    assert!(live_bytes_in(&held, "fixed-server/src/lab2.rs") <= 64 * 2000);
}
