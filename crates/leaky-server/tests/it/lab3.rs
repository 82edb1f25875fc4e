//! Lab 3: `/bookings/{id}` books its seats, and frees none.

use serde_json::json;

use crate::program::load::{held, live_bytes_in};
use crate::start;

#[test]
fn a_booking_has_its_tickets_and_a_group_pays_less() {
    let server = start("");
    let book = |path: &str| server.get(path).is(200).json();
    assert_eq!(
        book("/bookings/7?tasting=cheese&seats=2"),
        json!({"booking": 7, "tickets": ["cheese-7-1", "cheese-7-2"], "cents": 8000})
    );
    assert_eq!(book("/bookings/8?tasting=tea&seats=4")["cents"], 16_000);
    assert_eq!(book("/bookings/9?tasting=tea&seats=5")["cents"], 18_000);
}

#[test]
fn every_seat_is_still_held_at_rest() {
    let server = start("");
    for id in 0..100 {
        server
            .get(&format!("/bookings/{id}?tasting=tea&seats=5"))
            .is(200);
    }
    server.get("/heapdump?name=after").is(200);
    let live = live_bytes_in(
        &held(&server, "snapshots/after.json"),
        "leaky-server/src/lab3.rs",
    );
    assert!(live > 100 * 5 * 48, "{live} bytes");
}
