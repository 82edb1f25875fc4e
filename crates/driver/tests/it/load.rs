//! The library against servers good and bad: what it counts, and that it leaves nothing behind.

use std::future::{pending, ready};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use driver::{ErrorKind, Load, Progress, Report, Stopped};

use crate::harness::wait_until;
use crate::server::{Answer, BODY, Server};

async fn run(load: &Load) -> Report {
    driver::run(load, &Progress::default(), pending())
        .await
        .unwrap()
}

/// The only kind of failure in a report, its count and its example.
fn only_error(report: &Report) -> (ErrorKind, u64, &str) {
    let [errors] = &report.errors[..] else {
        panic!("not one kind of error: {report:?}")
    };
    (errors.kind, errors.count, &errors.example)
}

#[tokio::test]
async fn a_good_server_gets_every_request_over_so_many_connections_and_no_more() {
    let server = Server::good();
    let load = Load::new(server.url("/"));
    let progress = Progress::default();
    let report = driver::run(&load, &progress, pending()).await.unwrap();
    assert!(report.all_ok());
    assert_eq!((progress.done(), progress.failed()), (1000, 0));
    assert_eq!(server.requests(), 1000);
    assert_eq!(server.connections(), 8);
    assert_eq!(report.bytes_received, 1000 * BODY.len() as u64);
}

#[tokio::test]
async fn a_long_answer_comes_over_the_same_connections() {
    // Longer than what is read at once: the client has its connection back only after the last piece.
    let server = Server::start(|_| Answer::Text(200, "x".repeat(300_000)));
    let load = Load {
        requests: 200,
        ..Load::new(server.url("/"))
    };
    let report = run(&load).await;
    assert!(report.all_ok());
    assert_eq!(report.bytes_received, 200 * 300_000);
    assert_eq!(server.connections(), 8);
}

#[tokio::test]
async fn no_connection_is_open_after_a_run() {
    let server = Server::good();
    run(&Load::new(server.url("/"))).await;
    wait_until(|| server.open() == 0);
}

#[tokio::test]
async fn errors_are_counted_by_status_with_the_reason_that_the_server_gave() {
    let server = Server::start(|request| match request.number % 4 {
        0 => Answer::Status(503, "heap is full"),
        _ => Answer::Good,
    });
    let report = run(&Load::new(server.url("/"))).await;
    assert_eq!(
        only_error(&report),
        (ErrorKind::Status(503), 250, "heap is full")
    );
    assert_eq!((report.ok, report.failed()), (750, 250));
    assert_eq!(server.connections(), 8);
    assert_eq!(report.stopped, None);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let server = Server::start(|_| Answer::Status(302, ""));
    let load = Load {
        requests: 5,
        ..Load::new(server.url("/"))
    };
    assert_eq!(
        only_error(&run(&load).await),
        (ErrorKind::Status(302), 5, "Found")
    );
}

#[tokio::test]
async fn a_server_that_dies_is_given_up_and_what_was_measured_is_kept() {
    let server = Server::start(|request| match request.number {
        300 => Answer::Die,
        _ => Answer::Good,
    });
    let load = Load {
        requests: 100_000,
        ..Load::new(server.url("/"))
    };
    let report = run(&load).await;
    assert_eq!(report.stopped, Some(Stopped::ServerGone));
    assert!((290..50_000).contains(&report.ok), "{report:?}");
    assert!(report.requests < 50_000, "{report:?}");
    assert!(report.latency.is_some());
}

#[tokio::test]
async fn a_port_where_nothing_listens_is_given_up_after_three_tries_a_connection() {
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let load = Load {
        connections: 4,
        ..Load::new(format!("http://{free}/"))
    };
    let report = run(&load).await;
    assert_eq!(report.stopped, Some(Stopped::ServerGone));
    let (kind, count, _) = only_error(&report);
    assert_eq!(kind, ErrorKind::Refused);
    assert!((12..=16).contains(&count), "{report:?}");
}

#[tokio::test]
async fn a_server_that_never_answers_times_out() {
    let server = Server::start(|_| Answer::Never);
    let load = Load {
        requests: 8,
        timeout: Duration::from_millis(50),
        ..Load::new(server.url("/"))
    };
    let report = run(&load).await;
    let (kind, count, _) = only_error(&report);
    assert_eq!((kind, count), (ErrorKind::TimedOut, 8));
    assert_eq!(report.latency, None);
}

#[tokio::test]
async fn each_request_may_take_the_whole_timeout_and_the_rest_of_a_run_goes_on() {
    let server = Server::start(|request| match request.number {
        3 => Answer::Never,
        _ => Answer::Stall(Duration::from_millis(300)),
    });
    let load = Load {
        requests: 12,
        connections: 1,
        timeout: Duration::from_secs(3), // less than all requests take together
        ..Load::new(server.url("/"))
    };
    let report = run(&load).await;
    let (kind, count, example) = only_error(&report);
    assert_eq!((kind, count), (ErrorKind::TimedOut, 1));
    assert_eq!(example, "operation timed out");
    assert_eq!((report.ok, server.connections()), (11, 2));
}

#[tokio::test]
async fn a_connection_closed_before_the_answer_is_complete_is_an_error() {
    for answer in [|| Answer::HangUp, || Answer::CutShort] {
        let server = Server::start(move |request| match request.on_connection {
            3 => answer(),
            _ => Answer::Good,
        });
        let report = run(&Load::new(server.url("/"))).await;
        let (kind, count, _) = only_error(&report);
        assert_eq!(kind, ErrorKind::Closed);
        assert!((240..=250).contains(&count), "{report:?}");
    }
}

#[tokio::test]
async fn a_connection_that_the_server_closes_while_it_rests_is_no_error() {
    let server = Server::start(|request| match request.on_connection {
        0 => Answer::Good,
        _ => Answer::HangUp,
    });
    let load = Load {
        requests: 2,
        connections: 1,
        rate: Some(0.8),
        ..Load::new(server.url("/"))
    };
    assert!(run(&load).await.all_ok());
    assert_eq!((server.requests(), server.connections()), (3, 2));
}

#[tokio::test]
async fn placeholders_are_the_same_for_the_same_seed() {
    let mut paths = Vec::new();
    for seed in [1, 1, 2] {
        let server = Server::good();
        let load = Load {
            seed,
            ..Load::new(server.url("/search?q={word}&user={user}&id={id}"))
        };
        assert!(run(&load).await.all_ok());
        paths.push(server.paths());
    }
    assert_eq!(paths[0], paths[1]);
    assert_ne!(paths[0], paths[2]);
}

#[tokio::test]
async fn a_run_that_is_told_to_stop_does_not_wait_for_answers() {
    let server = Server::start(|_| Answer::Never);
    let begun = Instant::now();
    let load = Load::new(server.url("/"));
    let report = driver::run(&load, &Progress::default(), ready(()))
        .await
        .unwrap();
    assert!(begun.elapsed() < load.timeout / 2);
    assert_eq!(report.stopped, Some(Stopped::Interrupted));
    assert_eq!((report.requests, report.planned), (0, 1000));
    wait_until(|| server.open() == 0);
}

#[tokio::test]
async fn a_run_that_is_dropped_stops() {
    let server = Server::good();
    let load = Load {
        requests: u64::MAX,
        ..Load::new(server.url("/"))
    };
    let progress = Progress::default();
    let run = driver::run(&load, &progress, pending());
    let wait = tokio::task::spawn_blocking({
        let progress = progress.clone();
        move || wait_until(|| progress.done() > 100)
    });
    tokio::select! {
        _ = run => panic!("there is no end of requests"),
        waited = wait => waited.unwrap(),
    }
    wait_until(|| server.open() == 0);
}
