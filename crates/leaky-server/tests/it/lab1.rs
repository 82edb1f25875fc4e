//! Lab 1: `/bloatMyServer` does its job, and leaks.

use crate::program::load::{held, live_bytes_in, snapshot_under_load};
use crate::program::series::judge_lab1;
use crate::start;
use heapdiff::verdict::Verdict;

const LAB1: &str = "leaky-server/src/lab1.rs";

#[test]
fn the_list_grows_by_ten_thousand_with_each_request() {
    let server = start("");
    assert_eq!(server.sizes(1, 3), [10_000, 20_000, 30_000]);
}

#[test]
fn no_reference_is_lost_under_concurrent_clients() {
    let server = start("");
    let every_length: Vec<u64> = (1..=200).map(|n| n * 10_000).collect();
    assert_eq!(server.sizes(8, 25), every_length);
}

#[test]
fn what_was_requested_is_still_held_at_rest() {
    let server = start("");
    server.sizes(1, 20);
    server.get("/heapdump?name=after").is(200);
    let held = held(&server, "snapshots/after.json");
    assert!(live_bytes_in(&held, LAB1) >= 20 * 10_000 * 8);
}

#[test]
fn a_snapshot_under_load_disturbs_no_request_and_shows_who_holds_the_heap() {
    let server = start("");
    let loaded = snapshot_under_load(&server);
    assert_eq!(loaded.report.errors, []);
    let top = &loaded.held.rows[0].site;
    assert_eq!(top.frame.file(), Some(LAB1), "{top:?}");
    assert_eq!(top.constructor(), "Vec<Arc<Redundant>>");
    println!("pause under load: {} µs", loaded.answer["pause_us"]);
}

#[test]
fn samples_show_the_leak_at_its_line_and_its_rate() {
    let exact = judge_lab1(&start("")).bytes_per_request().estimate;
    let sampled = judge_lab1(&start("--sample 512KiB"));
    assert_eq!(sampled.verdict, Verdict::Leak, "{:#?}", sampled.remarks);
    let worst = sampled.leaks().next().unwrap();
    assert_eq!(worst.site.frame.file(), Some(LAB1));
    assert_eq!(worst.site.constructor(), "Vec<Arc<Redundant>>");
    let rate = sampled.bytes_per_request();
    assert!(
        (rate.estimate / exact - 1.0).abs() < 0.1,
        "{rate:?}, and exactly {exact}"
    );
    assert!(rate.low <= exact && exact <= rate.high);
}

#[test]
fn one_worker_alone_gives_a_snapshot_under_load_too() {
    let server = start("--workers 1");
    let loaded = snapshot_under_load(&server);
    assert_eq!(loaded.report.errors, []);
    assert_eq!(loaded.held.rows[0].site.frame.file(), Some(LAB1));
    println!("pause under load: {} µs", loaded.answer["pause_us"]);
}
