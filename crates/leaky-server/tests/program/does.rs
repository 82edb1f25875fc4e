//! What both servers do alike, where it takes more than a few lines to tell.

use std::io::Read;

use serde_json::json;

use super::Program;
use crate::harness::{ask_only, wait_for};

/// Lab 4: up to four people get a cab of the station, more one of the airport.
#[track_caller]
pub fn send_the_nearest_cab(server: &Program) {
    let cab = |seats: u8| {
        let path = format!("/cab?at=museum&seats={seats}");
        server.get(&path).is(200).json()
    };
    assert_eq!(cab(4)["rank"], "station");
    let large = cab(5);
    assert_eq!(large["rank"], "airport");
    assert_eq!(large["seats"], 60);
    let directions = large["directions"].as_str().unwrap();
    assert_eq!(directions.lines().count(), 6);
    assert!(directions.starts_with("1. from airport, turn for museum\n"));
}

/// Lab 4: who waits for a cab that is larger than all has it as soon as a rank has one.
#[track_caller]
pub fn send_a_cab_when_it_is_free(server: &Program) {
    let mut waits = ask_only(&server.url, "/cab?at=museum&seats=70");
    wait_for("the call to arrive", || {
        let health = server.get("/healthz").is(200).json();
        (health["in_flight"] == 1).then_some(())
    });
    let said = server.get("/ranks/station?seats=80").is(200).json();
    assert_eq!(said, json!({"seats": 80}));
    let mut answer = [0; 12];
    waits.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    server.get("/ranks/nowhere?seats=80").is(404);
}

/// Lab 5: fifty invitations, fewer than may wait, are accepted at once and then sent.
#[track_caller]
pub fn send_what_was_accepted(server: &Program) {
    for n in 0..50 {
        let path = format!("/invite?id=mail-{n}&to=somebody&tasting=tea");
        let accepted = server.get(&path).is(202).json();
        assert_eq!(accepted, json!({"id": format!("mail-{n}")}));
    }
    for n in 0..50 {
        let path = format!("/invitations/mail-{n}");
        let sent = wait_for("the mail to be sent", || {
            let answer = server.get(&path);
            (answer.status == 200).then(|| answer.json())
        });
        assert_eq!(sent, json!({"id": format!("mail-{n}"), "lines": 30}));
    }
    server.get("/invitations/mail-50").is(404);
}
