//! Lab 8: the shop sells, and keeps what it should have let go.

use crate::program::load::{held, live_bytes_in};
use crate::program::shop;
use crate::start;

#[test]
fn a_user_is_signed_in_on_as_many_devices_as_have_not_signed_out() {
    shop::counts_devices(&start(""));
}

#[test]
fn a_search_forgives_a_letter_left_out_and_hits_when_asked_again() {
    shop::finds(&start(""));
}

#[test]
fn orders_add_up_and_their_receipt_knows_what_is_saved() {
    shop::sells(&start(""));
}

#[test]
fn a_coupon_is_redeemed_once_and_the_log_shows_the_latest() {
    shop::redeems_and_logs(&start(""));
}

#[test]
fn what_sessions_had_is_still_held_after_they_have_ended() {
    let server = start("");
    shop::has_customers(&server);
    let held = held(&server, "snapshots/after.json");
    let live = live_bytes_in(&held, "leaky-server/src/lab8.rs");
    assert!(live > 300 * 1_000, "{live} bytes");
}
