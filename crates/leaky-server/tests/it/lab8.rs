//! Lab 8: the shop sells, and keeps what it should have let go.

use serde_json::json;

use crate::program::load::{held, live_bytes_in};
use crate::start;

#[test]
fn a_user_is_signed_in_on_as_many_devices_as_have_not_signed_out() {
    let server = start("");
    let devices = |path: &str| server.get(path).is(200).json()["devices"].take();
    assert_eq!(devices("/shop/sign-in?user=ann&session=desk"), 1);
    assert_eq!(devices("/shop/sign-in?user=bob&session=sofa"), 1);
    assert_eq!(devices("/shop/sign-in?user=ann&session=tram"), 2);
    assert_eq!(devices("/shop/sign-out?session=desk"), 1);
    assert_eq!(devices("/shop/sign-out?session=desk"), 0);
    assert_eq!(devices("/shop/sign-in?user=ann&session=desk"), 2);
}

#[test]
fn a_search_forgives_a_letter_left_out_and_hits_when_asked_again() {
    let server = start("");
    let search = || server.get("/shop/search?q=cofee+for+two").is(200).json();
    let (first, again) = (search(), search());
    assert_eq!(
        (&first["hit"], &again["hit"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(first["page"], again["page"]);
    let page = first["page"].as_str().unwrap();
    assert!(
        page.ends_with("30. all about coffee and for and two\n"),
        "{page}"
    );
}

#[test]
fn orders_add_up_and_their_receipt_knows_what_is_saved() {
    let server = start("");
    let get = |path: &str| server.get(path).is(200).json();
    get("/shop/sign-in?user=ann&session=desk");
    let order = get("/shop/order?session=desk&article=cheese&quantity=2");
    assert_eq!(order, json!({"cents": 2500, "spent": 2500, "coupon": null}));
    let lines = || get("/shop/receipt?session=desk")["lines"].take();
    assert_eq!(lines(), json!(["2 cheese: 2375"]));
    let order = get("/shop/order?session=desk&article=cheese&quantity=8");
    assert_eq!(
        order,
        json!({"cents": 10_000, "spent": 12_500, "coupon": "desk-2"})
    );
    assert_eq!(lines(), json!(["2 cheese: 2250", "8 cheese: 9000"]));

    get("/shop/order?session=guest&article=tea&quantity=1");
    assert_eq!(
        get("/shop/receipt?session=guest")["lines"],
        json!(["1 tea: 450"])
    );
    server
        .get("/shop/order?session=guest&article=sand&quantity=1")
        .is(404);
}

#[test]
fn a_coupon_is_redeemed_once_and_the_log_shows_the_latest() {
    let server = start("");
    server
        .get("/shop/order?session=s&article=tea&quantity=9")
        .is(200);
    let cents = server.get("/shop/redeem?coupon=s-1").is(200).json()["cents"].take();
    assert_eq!(cents, 500);
    server.get("/shop/redeem?coupon=s-1").is(404);
    for n in 1..=120 {
        server.get(&format!("/shop/search?q={n}")).is(200);
    }
    let log = server.get("/shop/log").is(200).json();
    assert_eq!(log["latest"][0], "\"120\" is looked for");
    assert_eq!(log["latest"].as_array().unwrap().len(), 100);
    assert_eq!(log["counts"], json!({"order": 1, "search": 120}));
}

#[test]
fn what_sessions_had_is_still_held_after_they_have_ended() {
    let server = start("");
    sell(&server);
    let held = held(&server, "snapshots/after.json");
    let live = live_bytes_in(&held, "leaky-server/src/lab8.rs");
    assert!(live > 300 * 1_000, "{live} bytes");
}

/// Three hundred customers, each with a session of its own and a large order; then a snapshot.
fn sell(server: &crate::program::Program) {
    for n in 0..300 {
        let get = |path: String| server.get(&path).is(200);
        get(format!("/shop/sign-in?user=user-{n}&session=token-{n}"));
        get(format!(
            "/shop/order?session=token-{n}&article=tea&quantity=9"
        ));
        get(format!("/shop/search?q=tea+{n}"));
    }
    server.get("/heapdump?name=after").is(200);
}
