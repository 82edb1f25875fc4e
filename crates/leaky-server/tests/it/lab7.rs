//! Lab 7: `/report` frees its orders, and the allocator keeps their pages.

use crate::program::reports::{self, MANY, SPIKE, make, memory};
use crate::start;

#[test]
fn a_report_adds_its_orders_up_and_shows_the_best() {
    reports::adds_up(&start(""));
}

#[test]
fn the_largest_report_is_kept() {
    reports::keeps_the_largest(&start(""));
}

#[test]
fn after_a_spike_the_heap_is_as_small_as_before_and_rss_is_not() {
    let server = start("");
    make(&server, 20);
    let (live, rss) = memory(&server);
    make(&server, MANY);
    let (live_after, rss_after) = memory(&server);
    assert!(live_after < live + SPIKE / 50, "{live} → {live_after}");
    assert!(rss_after > rss + SPIKE, "{rss} → {rss_after}");

    // The same once more takes the same pages.
    make(&server, MANY);
    let (_, rss_again) = memory(&server);
    assert!(
        rss_again < rss_after + SPIKE / 2,
        "{rss_after} → {rss_again}"
    );
}
