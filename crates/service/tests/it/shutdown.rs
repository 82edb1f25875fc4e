//! The end: what is in flight is answered, idle connections keep nobody, and then `run` returns.

use std::io::Read;
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};

use crate::harness::{get, next_writer, wait_for};
use crate::labs::LET_GO;
use crate::server::Server;

/// What the shell gives requests in flight.
const GRACE: Duration = Duration::from_secs(5);

#[test]
fn a_request_in_flight_is_answered_before_the_end() {
    let mut server = Server::start();
    let url = server.url("/held");
    let asker = thread::spawn(move || get(&url));
    server.wait_for_in_flight(1);

    server.tell_to_end();
    let address = server.url.trim_start_matches("http://").to_owned();
    wait_for("the port to close", || {
        TcpStream::connect(&address).is_err().then_some(())
    });
    LET_GO.add_permits(1);

    assert_eq!(asker.join().unwrap().is(200).text(), "let go");
    server.end().unwrap();
}

#[test]
fn an_idle_connection_is_closed_and_keeps_nobody() {
    let mut server = Server::start();
    let mut idle = server.ask_only("/plain");
    let mut silent = TcpStream::connect(server.url.trim_start_matches("http://")).unwrap();
    assert!(idle.read(&mut [0; 1024]).unwrap() > 0);

    server.tell_to_end();
    let told = Instant::now();
    server.end().unwrap();

    assert!(told.elapsed() < GRACE, "{:?}", told.elapsed());
    for connection in [&mut idle, &mut silent] {
        assert!(matches!(connection.read(&mut [0; 1024]), Ok(0) | Err(_)));
    }
}

#[test]
fn a_request_that_never_ends_does_not_keep_the_server_for_ever() {
    let mut server = Server::start();
    let _asker = server.ask_only("/held");
    server.wait_for_in_flight(1);
    server.tell_to_end();
    server.end().unwrap();
}

#[test]
fn a_snapshot_under_way_is_answered_before_the_end() {
    let mut server = Server::start();
    let url = server.url("/heapdump?name=last");
    let writer = next_writer();
    let asker = thread::spawn(move || get(&url));
    let writer = writer.stopped();
    server.tell_to_end();
    kill(writer, Signal::SIGCONT).unwrap();
    asker.join().unwrap().is(200);
    server.end().unwrap();
}
