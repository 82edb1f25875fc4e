//! The shop of lab 8, which must be the same in both servers.

use serde_json::json;

use super::Program;

/// Devices are counted by user, until they sign out.
pub fn counts_devices(server: &Program) {
    let devices = |path: &str| server.get(path).is(200).json()["devices"].take();
    assert_eq!(devices("/shop/sign-in?user=ann&session=desk"), 1);
    assert_eq!(devices("/shop/sign-in?user=bob&session=sofa"), 1);
    assert_eq!(devices("/shop/sign-in?user=ann&session=tram"), 2);
    assert_eq!(devices("/shop/sign-out?session=desk"), 1);
    assert_eq!(devices("/shop/sign-out?session=desk"), 0);
    assert_eq!(devices("/shop/sign-in?user=ann&session=desk"), 2);
}

/// A search forgives a letter that is left out, and hits when it is asked again.
pub fn finds(server: &Program) {
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

/// Orders add up, and their receipt knows what is saved.
pub fn sells(server: &Program) {
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

/// A coupon is redeemed once, and the log shows the latest.
pub fn redeems_and_logs(server: &Program) {
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

/// Three hundred customers, each with a session of its own and a large order; then a snapshot.
pub fn has_customers(server: &Program) {
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
