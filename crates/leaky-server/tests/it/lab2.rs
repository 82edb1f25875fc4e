//! Lab 2: `/search` remembers its pages, and forgets none.

use crate::program::load::{held, live_bytes_in};
use crate::start;

#[test]
fn a_page_is_made_once_for_each_query() {
    let server = start("");
    let ask = |query: &str| server.get(&format!("/search?q={query}")).is(200).json();
    let (first, other, again) = (ask("tea"), ask("coffee"), ask("tea"));
    assert_eq!(first["hit"], false);
    assert_eq!(other["hit"], false);
    assert_eq!(again["hit"], true);
    assert_eq!(again["page"], first["page"]);
    assert_ne!(other["page"], first["page"]);
}

#[test]
fn every_page_is_still_held_at_rest() {
    let server = start("");
    for query in 0..200 {
        server.get(&format!("/search?q={query}")).is(200);
    }
    server.get("/heapdump?name=after").is(200);
    let held = held(&server, "snapshots/after.json");
    assert!(live_bytes_in(&held, "leaky-server/src/lab2.rs") >= 200 * 800);
}
