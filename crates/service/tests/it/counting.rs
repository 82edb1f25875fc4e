//! The count of requests: exact, by route, and of the labs' routes alone.

use std::io::Write;
use std::net::TcpStream;
use std::thread;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{ask, get};
use crate::labs::LET_GO;
use crate::server::Server;

fn counts(server: &Server) -> Value {
    server.get("/heapdump?name=counts").is(200).json()["requests_by_route"].take()
}

#[test]
fn every_request_of_many_clients_is_counted_by_its_route() {
    let server = Server::start();
    thread::scope(|scope| {
        for client in 0..8 {
            let server = &server;
            scope.spawn(move || {
                for request in 1..=50 {
                    server.get("/plain").is(200);
                    if request % 5 == 0 {
                        server.get(&format!("/item/{client}")).is(200);
                    }
                }
                // Whoever has its answers finds them counted.
                assert!(server.health()["requests"].as_u64() >= Some(60));
            });
        }
    });
    assert_eq!(counts(&server), json!({"/plain": 400, "/item/{id}": 80}));
    assert_eq!(server.health()["requests"], 480);
    assert_eq!(server.health()["in_flight"], 0);
}

#[test]
fn what_the_shell_answers_is_not_counted() {
    let server = Server::start();
    for path in ["/", "/healthz", "/heapdump?name=a", "/heapdump/a.json"] {
        server.get(path).is(200);
        ask(Method::POST, &server.url(path), &[]);
        ask(Method::HEAD, &server.url(path), &[]);
    }
    server.get("/heapdump/no-such.json").is(404);
    assert_eq!(counts(&server), json!({}));
}

#[test]
fn what_no_route_takes_is_answered_with_the_reason_and_not_counted() {
    let server = Server::start();
    for path in ["/nope", "/plain/", "//plain", "/item/1/2"] {
        server.get(path).refuses(404);
    }
    let reason = ask(Method::POST, &server.url("/plain"), &[]).refuses(404);
    assert!(reason.contains("no route takes this"), "{reason}");
    assert_eq!(counts(&server), json!({}));
}

#[test]
fn an_error_that_a_route_answers_is_counted() {
    let server = Server::start();
    server.get("/teapot").is(418);
    server.get("/guarded").is(403); // by an error of a middleware's, not by an answer
    assert_eq!(counts(&server), json!({"/teapot": 1, "/guarded": 1}));
}

#[test]
fn a_request_is_in_flight_until_it_is_answered_and_then_counted() {
    let server = Server::start();
    let url = server.url("/held");
    let asker = thread::spawn(move || get(&url));
    server.wait_for_in_flight(1);
    assert_eq!(server.health()["requests"], 0);
    LET_GO.add_permits(1);
    asker.join().unwrap().is(200);
    assert_eq!(server.health()["in_flight"], 0);
    assert_eq!(server.health()["requests"], 1);
}

#[test]
fn a_request_whose_client_leaves_is_in_flight_and_counted_nevertheless() {
    let server = Server::start();
    let asker = server.ask_only("/held");
    server.wait_for_in_flight(1);
    drop(asker);
    LET_GO.add_permits(1);
    server.wait_for_in_flight(0);
    assert_eq!(server.health()["requests"], 1);
}

#[test]
fn a_request_whose_client_resets_the_connection_is_dropped_and_not_counted() {
    let server = Server::start();
    let mut asker = server.ask_only("/plain");
    asker.peek(&mut [0]).unwrap(); // what is answered but never read makes closing a reset
    ask_next(&mut asker, "/held");
    server.wait_for_in_flight(1);
    drop(asker);
    server.wait_for_in_flight(0);
    assert_eq!(server.health()["requests"], 1);
}

fn ask_next(stream: &mut TcpStream, path: &str) {
    write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
}
