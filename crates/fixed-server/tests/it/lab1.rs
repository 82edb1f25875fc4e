//! Lab 1: `/bloatMyServer` does its job, and does not leak.

use crate::program::Launch;
use crate::program::load::{held, live_bytes_in, snapshot_under_load};
use crate::program::series::judge_lab1;
use crate::start;
use heapdiff::verdict::Verdict;

const LAB1: &str = "fixed-server/src/lab1.rs";

/// The list of one request: 10,000 references in a vector that doubles, and the object itself.
const ONE_REQUEST: u64 = 16_384 * 8 + 8192;

#[test]
fn each_request_has_a_list_of_its_own() {
    assert_eq!(start().sizes(1, 3), [10_000; 3]);
}

#[test]
fn each_of_many_clients_has_a_list_of_its_own() {
    assert_eq!(start().sizes(8, 25), [10_000; 200]);
}

#[test]
fn samples_accuse_nobody() {
    let program = env!("CARGO_BIN_EXE_fixed-server");
    let server = Launch::new(program, "--listen 127.0.0.1:0 --sample 512KiB").start();
    let judgement = judge_lab1(&server);
    assert_ne!(
        judgement.verdict,
        Verdict::Leak,
        "{:#?}",
        judgement.leaks().collect::<Vec<_>>()
    );
}

#[test]
fn what_was_requested_is_not_held_at_rest() {
    let server = start();
    server.sizes(8, 25);
    server.get("/heapdump?name=after").is(200);
    let held = held(&server, "snapshots/after.json");
    assert!(live_bytes_in(&held, LAB1) < 16_384, "{:?}", held.rows[0]);
}

#[test]
fn a_snapshot_under_load_disturbs_no_request_and_shows_those_in_flight_at_the_most() {
    let loaded = snapshot_under_load(&start());
    assert_eq!(loaded.report.errors, []);
    let live = live_bytes_in(&loaded.held, LAB1);
    assert!(live <= 8 * ONE_REQUEST, "{live} bytes");
    println!("pause under load: {} µs", loaded.answer["pause_us"]);
}
