//! One request after the other: which was slow, and how the server was after each.

use std::future::pending;
use std::time::Duration;

use driver::series::Server as Asked;
use driver::{ErrorKind, Load, Progress, Trace};

use crate::harness::wait_until;
use crate::server::{Answer, Request, Server};

/// A server whose heap grows by a byte a request, and that does `answer` to the n-th of them, from 0.
fn growing(answer: impl Fn(usize) -> Answer + Send + Sync + 'static) -> Server {
    Server::start(move |request: Request| {
        // Asked after each: half of all requests are the load's.
        let of_load = request.number / 2;
        if request.path == "/healthz" {
            let served = of_load + 1;
            return Answer::Text(
                200,
                format!(r#"{{"requests":{served},"in_flight":0,"live_bytes":{served}}}"#),
            );
        }
        answer(of_load)
    })
}

async fn trace(server: &Server, load: Load) -> Trace {
    let asked = Asked::new(&server.url("/")).unwrap();
    driver::trace(&load, &asked, &Progress::default(), pending())
        .await
        .unwrap()
}

fn load(server: &Server, requests: u64) -> Load {
    Load {
        requests,
        ..Load::new(server.url("/{id}"))
    }
}

#[tokio::test]
async fn the_slow_request_is_known_by_its_place_and_each_with_the_heap_after_it() {
    let slow = Duration::from_millis(60);
    let server = growing(move |n| match n {
        7 => Answer::Stall(slow),
        _ => Answer::Good,
    });
    let trace = trace(&server, load(&server, 20)).await;
    assert_eq!((trace.calls.len(), trace.end), (20, None));
    assert!(trace.calls[7].latency >= slow);
    let live = trace
        .calls
        .iter()
        .map(|call| call.health.unwrap().live_bytes);
    assert_eq!(live.collect::<Vec<_>>(), (1..=20).collect::<Vec<_>>());
    assert_eq!(server.connections(), 2, "one for the load, one to ask");
}

#[tokio::test]
async fn the_last_request_of_a_server_that_dies_is_not_counted_and_says_what_happened() {
    let server = growing(|n| match n {
        12 => Answer::Die,
        _ => Answer::Good,
    });
    let trace = trace(&server, load(&server, 1000)).await;
    assert_eq!(trace.calls.len(), 12);
    assert_eq!(trace.end.unwrap().kind, ErrorKind::Closed);
}

#[tokio::test]
async fn a_status_that_is_to_be_accepted_is_an_answer_and_any_other_ends_it() {
    let server = growing(|n| match n {
        5 => Answer::Status(500, "boom"),
        n if n % 2 == 1 => Answer::Status(503, "later"),
        _ => Answer::Good,
    });
    let load = Load {
        accept: Some(503),
        ..load(&server, 1000)
    };
    let trace = trace(&server, load).await;
    let turned_away = trace.calls.iter().map(|call| call.turned_away);
    assert_eq!(
        turned_away.collect::<Vec<_>>(),
        [false, true, false, true, false]
    );
    let end = trace.end.unwrap();
    assert_eq!(
        (end.kind, end.text.as_str()),
        (ErrorKind::Status(500), "boom")
    );
}

#[tokio::test]
async fn a_trace_that_is_dropped_stops() {
    let server = Server::start(|request: Request| match request.number {
        0..4 => Answer::Good,
        _ => Answer::Never,
    });
    let asked = Asked::new(&server.url("/")).unwrap();
    let load = load(&server, 1000);
    let progress = Progress::default();
    tokio::select! {
        _ = driver::trace(&load, &asked, &progress, pending()) => panic!("it ended"),
        () = async { while server.requests() < 5 { tokio::task::yield_now().await } } => {}
    }
    wait_until(|| server.open() == 0);
}
