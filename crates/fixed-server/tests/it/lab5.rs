//! Lab 5: `/invite` accepts as many invitations as may wait, and says when to come again.

use crate::harness::wait_for;
use crate::program::does;
use crate::program::load::{held, live_bytes_in};
use crate::start;

#[test]
fn an_invitation_that_was_accepted_is_sent() {
    does::send_what_was_accepted(&start());
}

#[test]
fn when_too_many_wait_the_next_is_told_to_come_again() {
    let server = start();
    let paths = (0..300).map(|n| format!("/invite?id={n}&to=somebody&tasting=tea"));
    let answers = server.burst(paths);
    let of = |status: &str| {
        answers
            .iter()
            .filter(|head| head.starts_with(status))
            .count()
    };
    let (accepted, refused) = (of("http/1.1 202"), of("http/1.1 503"));
    assert_eq!(accepted + refused, 300, "{answers:?}");
    assert!(accepted >= 64 && refused > 0, "{accepted} accepted");
    let come_again = answers
        .iter()
        .filter(|head| head.contains("\nretry-after: 1"));
    assert_eq!(come_again.count(), refused);

    server.get("/heapdump?name=after").is(200);
    let held = held(&server, "snapshots/after.json");
    let live = live_bytes_in(&held, "fixed-server/src/lab5.rs");
    assert!(live < 66 * 2_100 + 16_384, "{live} bytes");
    wait_for("room for one more", || {
        let answer = server.get("/invite?id=late&to=somebody&tasting=tea");
        (answer.status == 202).then_some(())
    });
}
