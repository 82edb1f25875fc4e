//! Closed and open loop: what a stall of the server looks like in each.

use std::future::pending;
use std::time::Duration;

use driver::{Latency, Load, Progress};

use crate::server::{Answer, Server};

/// For so long, once, the server answers nobody.
const STALL: Duration = Duration::from_millis(300);

async fn latency(rate: Option<f64>) -> Latency {
    let server = Server::start(|request| match request.number {
        200 => Answer::Stall(STALL),
        _ => Answer::Good,
    });
    let load = Load {
        connections: 4,
        rate,
        ..Load::new(server.url("/"))
    };
    let report = driver::run(&load, &Progress::default(), pending())
        .await
        .unwrap();
    assert!(report.all_ok(), "{report:?}");
    report.latency.unwrap()
}

#[tokio::test]
async fn a_stall_shows_in_every_request_that_it_kept_waiting_and_in_a_closed_loop_only_in_the_few()
{
    // 1000 requests. Closed: the four in flight wait, below 1 %. Open: all 300 that fall due, the first of
    // them for the whole of the stall, so that one in ten waits for two thirds of it.
    let closed = latency(None).await;
    let open = latency(Some(1000.0)).await;
    assert!(u128::from(closed.max) >= STALL.as_micros(), "{closed:?}");
    assert!(u128::from(open.p90) >= STALL.as_micros() / 3, "{open:?}");
    assert!(closed.p99 < open.p90 / 2, "{closed:?} {open:?}");
}

#[tokio::test]
async fn an_open_loop_takes_the_time_that_its_rate_asks_for() {
    let server = Server::good();
    let load = Load {
        requests: 101,
        rate: Some(200.0),
        ..Load::new(server.url("/"))
    };
    let report = driver::run(&load, &Progress::default(), pending())
        .await
        .unwrap();
    assert!(report.elapsed >= Duration::from_millis(500), "{report:?}");
    assert!(report.requests_per_second <= 202.0, "{report:?}");
    assert!(server.connections() <= 8);
}
