//! How a server ends: by Ctrl-C, by SIGTERM and at the end of its input, each time with code 0 and
//! nothing left behind.

use std::io::Read;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::harness::{ask_only, read_whole, stop_writer_of, wait_for};
use crate::program::Program;
use crate::start;

#[test]
fn sigterm_and_ctrl_c_end_it_with_code_0() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let mut server = start("");
        server.get("/healthz").is(200);
        server.signal(signal);
        assert_eq!(server.ended().code(), Some(0), "{signal}");
    }
}

#[test]
fn a_signal_that_follows_at_once_on_the_url_ends_it_with_code_0() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let mut server = start("");
        server.signal(signal);
        assert_eq!(server.ended().code(), Some(0), "{signal}");
    }
}

#[test]
fn the_end_of_its_input_ends_it_when_asked_for() {
    let mut server = start("--exit-with-stdin");
    server.get("/healthz").is(200);
    server.close_stdin();
    assert_eq!(server.ended().code(), Some(0));
}

#[test]
fn the_end_of_its_input_is_nothing_to_it_otherwise() {
    let mut server = start("");
    server.close_stdin();
    server.get("/bloatMyServer").is(200);
    server.signal(Signal::SIGTERM);
    assert_eq!(server.ended().code(), Some(0));
}

#[test]
fn an_idle_connection_does_not_keep_it() {
    let mut server = start("");
    let mut idle = ask_only(&server.url, "/healthz");
    assert!(idle.read(&mut [0; 1024]).unwrap() > 0);
    server.signal(Signal::SIGTERM);
    assert_eq!(server.ended().code(), Some(0));
}

#[test]
fn a_snapshot_that_hangs_does_not_keep_it_and_its_writer_does_not_outlive_it() {
    let tell: [fn(&mut Program); 3] = [
        |server| server.signal(Signal::SIGTERM),
        |server| server.signal(Signal::SIGINT),
        Program::close_stdin,
    ];
    let hanging = tell.map(|tell| {
        let mut server = start("--exit-with-stdin");
        let asker = ask_only(&server.url, "/heapdump?name=hangs");
        let writer = stop_writer_of(server.id());
        tell(&mut server);
        (server, writer, asker)
    });
    for (mut server, writer, _asker) in hanging {
        assert_eq!(server.ended().code(), Some(0));
        wait_for("the writer to die", || gone(writer).then_some(()));
        assert!(!server.path("snapshots/hangs.json").exists());
    }
}

#[test]
fn a_snapshot_under_way_is_finished_first() {
    let mut server = start("");
    let mut asker = ask_only(&server.url, "/heapdump?name=last");
    let writer = stop_writer_of(server.id());
    server.signal(Signal::SIGTERM);
    kill(writer, Signal::SIGCONT).unwrap();
    let mut answer = [0; 12];
    asker.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    assert_eq!(server.ended().code(), Some(0));
    read_whole(&server.path("snapshots/last.json"));
}

/// Whether no such process runs: it may be a zombie that its new parent has yet to reap.
fn gone(process: Pid) -> bool {
    std::fs::read_to_string(format!("/proc/{process}/stat")).map_or(true, |stat| {
        stat.rsplit_once(") ")
            .is_some_and(|(_, rest)| rest.starts_with('Z'))
    })
}
