//! The reports of lab 7, which must be the same in both servers.

use serde_json::Value;

use super::Program;

/// Orders of a large report.
pub const MANY: u32 = 8_000;

/// What a large report takes at least, in bytes: each order has 64 lines of 40.
pub const SPIKE: u64 = 8_000 * 64 * 40;

/// Asks for a report.
pub fn make(server: &Program, orders: u32) -> Value {
    server
        .get(&format!("/report?shop=tea&orders={orders}"))
        .is(200)
        .json()
}

/// Live bytes of the heap, and RSS.
pub fn memory(server: &Program) -> (u64, u64) {
    let health = server.get("/healthz").is(200).json();
    let read = |key: &str| health[key].as_u64().unwrap();
    (read("live_bytes"), read("rss_bytes"))
}

/// A report adds its orders up, and shows the best.
pub fn adds_up(server: &Program) {
    let report = make(server, 20);
    assert_eq!(report["orders"], 20);
    assert_eq!(report["cents"], 8_329_099);
    let best: Vec<_> = (0..3)
        .map(|at| report["best"][at].as_str().unwrap())
        .collect();
    assert!(best[0].starts_with("order tea-7\n"), "{}", best[0]);
    assert_eq!(best[0].lines().count(), 65);
    assert_eq!(make(server, 0)["best"].as_array().unwrap().len(), 0);
    server.get("/report?shop=tea&orders=50001").is(400);
}

/// The largest report is kept.
pub fn keeps_the_largest(server: &Program) {
    server.get("/report/largest").is(404);
    for (orders, largest) in [(5, 5), (9, 9), (3, 9)] {
        make(server, orders);
        let kept = server.get("/report/largest").is(200).json();
        assert_eq!(kept["orders"], largest);
    }
}
