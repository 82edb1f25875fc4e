//! Lab 7: `/report` frees its orders, and gives their pages back.

use serde_json::Value;

use crate::harness::wait_for;
use crate::program::Program;
use crate::start;

/// What a large report takes at least, in bytes: 8,000 orders of which each has 64 lines of 40.
const SPIKE: u64 = 8_000 * 64 * 40;

fn make(server: &Program, orders: u32) -> Value {
    server
        .get(&format!("/report?shop=tea&orders={orders}"))
        .is(200)
        .json()
}

/// Live bytes of the heap and RSS.
fn memory(server: &Program) -> (u64, u64) {
    let health = server.get("/healthz").is(200).json();
    let read = |key: &str| health[key].as_u64().unwrap();
    (read("live_bytes"), read("rss_bytes"))
}

#[test]
fn a_report_adds_its_orders_up_and_shows_the_best() {
    let server = start();
    let report = make(&server, 20);
    assert_eq!(report["orders"], 20);
    assert_eq!(report["cents"], 8_329_099);
    let best: Vec<_> = (0..3)
        .map(|at| report["best"][at].as_str().unwrap())
        .collect();
    assert!(best[0].starts_with("order tea-7\n"), "{}", best[0]);
    assert_eq!(best[0].lines().count(), 65);
    assert_eq!(make(&server, 0)["best"].as_array().unwrap().len(), 0);
    server.get("/report?shop=tea&orders=50001").is(400);
}

#[test]
fn the_largest_report_is_kept() {
    let server = start();
    server.get("/report/largest").is(404);
    for (orders, largest) in [(5, 5), (9, 9), (3, 9)] {
        make(&server, orders);
        let kept = server.get("/report/largest").is(200).json();
        assert_eq!(kept["orders"], largest);
    }
}

#[test]
fn after_a_spike_the_heap_is_as_small_as_before_and_soon_rss_is_too() {
    let server = start();
    make(&server, 20);
    let (live, rss) = memory(&server);
    make(&server, 8_000);
    wait_for("the memory to be given back", || {
        let (live_after, rss_after) = memory(&server);
        // Half of what the ranking took: a connection has buffers, too.
        let ranking = 8_000 * size_of::<(u64, usize)>() as u64;
        (live_after < live + ranking / 2 && rss_after < rss + SPIKE / 2).then_some(())
    });
}
