//! What the panel costs a server that it watches: the same load with and without, in turn.

use std::thread;
use std::time::Duration;

use driver::{Load, Progress};
use panel::metrics::Scraper;
use panel::{ServerConfig, Servers};

use crate::program::Program;
use crate::running::Running;
use crate::status::{fixed_server, launch};

/// Rounds of a stretch of load each with and without; the first pair is not counted.
const ROUNDS: usize = 9;

/// Requests of a stretch, some seconds of them.
const REQUESTS: u32 = 40_000;

/// What a stretch of load came to.
struct Stretch {
    requests_per_second: f64,
    /// Of the server, for each request.
    cpu_seconds: f64,
}

/// Runs a future on this thread.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap().block_on(future)
}

fn cpu_seconds(server: &Program) -> f64 {
    let scraper = Scraper::new(ServerConfig::new(&server.url).unwrap()).unwrap();
    block_on(scraper.scrape()).unwrap().cpu_seconds.unwrap()
}

fn stretch(server: &Program) -> Stretch {
    let load = Load {
        requests: REQUESTS.into(),
        connections: 4,
        ..Load::new(format!("{}/visit?from=https://news.example/", server.url))
    };
    let before = cpu_seconds(server);
    let run = thread::spawn(move || {
        let progress = Progress::default();
        block_on(driver::run(&load, &progress, std::future::pending())).unwrap()
    });
    let report = run.join().unwrap();
    assert_eq!(report.errors, []);
    Stretch {
        requests_per_second: report.requests_per_second,
        cpu_seconds: (cpu_seconds(server) - before) / f64::from(REQUESTS),
    }
}

fn watched<T>(servers: &Servers, server: &Program, work: impl FnOnce() -> T) -> T {
    let id = servers.watch(ServerConfig::new(&server.url).unwrap());
    let done = work();
    servers.forget(&id.unwrap());
    done
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Prints it; times are nothing that a test could hold to.
#[test]
#[ignore = "a measurement: cargo test --release -p leaky-server --test panel cost -- --ignored --nocapture"]
fn a_server_that_is_watched_serves_as_many_requests() {
    let server = launch(&fixed_server(), "--listen 127.0.0.1:0 --workers 1");
    for (every, name) in [(1000, "once a second"), (10, "a hundred times a second")] {
        let panel = Running::with(|config| config.limits.tick = Duration::from_millis(every));
        let pairs: Vec<_> = (0..=ROUNDS)
            .map(|round| {
                let with = || watched(&panel.servers, &server, || stretch(&server));
                // whichever comes first has no advantage of it
                if round % 2 == 0 {
                    let with = with();
                    (with, stretch(&server))
                } else {
                    let without = stretch(&server);
                    (with(), without)
                }
            })
            .skip(1)
            .collect();
        let ratio = |of: fn(&Stretch) -> f64| {
            median(
                pairs
                    .iter()
                    .map(|(with, without)| of(with) / of(without))
                    .collect(),
            )
        };
        println!(
            "watched {name}: {:.3} of the requests per second, {:.3} of the processor time per request ({ROUNDS} rounds, medians)",
            ratio(|it| it.requests_per_second),
            ratio(|it| it.cpu_seconds)
        );
    }
}
