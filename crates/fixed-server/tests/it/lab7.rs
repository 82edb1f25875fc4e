//! Lab 7: `/report` frees its orders, and gives their pages back.

use crate::harness::wait_for;
use crate::program::reports::{self, MANY, SPIKE, make, memory};
use crate::start;

#[test]
fn a_report_adds_its_orders_up_and_shows_the_best() {
    reports::adds_up(&start());
}

#[test]
fn the_largest_report_is_kept() {
    reports::keeps_the_largest(&start());
}

#[test]
fn after_a_spike_the_heap_is_as_small_as_before_and_soon_rss_is_too() {
    let server = start();
    make(&server, 20);
    let (live, rss) = memory(&server);
    make(&server, MANY);
    wait_for("the memory to be given back", || {
        let (live_after, rss_after) = memory(&server);
        // Half of what the ranking took: a connection has buffers, too.
        let ranking = u64::from(MANY) * size_of::<(u64, usize)>() as u64;
        (live_after < live + ranking / 2 && rss_after < rss + SPIKE / 2).then_some(())
    });
}
