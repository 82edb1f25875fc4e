//! `/metrics`: what it tells, in both formats, to whom, and in how many series.
#![expect(clippy::float_cmp, reason = "counts are whole numbers")]

use std::collections::BTreeMap;
use std::env;
use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;

use reqwest::Method;
use service::Access;

use crate::ceiling::too_much;
use crate::harness::{Answer, ask, next_writer};
use crate::labs::LET_GO;
use crate::server::{CEILING, Server};

/// As Prometheus asks.
const OPEN_METRICS: &[u8] = b"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

const TOKEN: &str = "0123456789abcdef";

fn ask_metrics(server: &Server, headers: &[(&str, &[u8])]) -> Answer {
    ask(Method::GET, &server.url("/metrics"), headers)
}

/// Every sample in the classic format, under its name and labels.
fn samples(server: &Server) -> BTreeMap<String, f64> {
    samples_in(&server.get("/metrics").is(200).text())
}

fn samples_in(text: &str) -> BTreeMap<String, f64> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap();
            (name.to_owned(), value.parse().unwrap())
        })
        .collect()
}

/// What `promtool check metrics` says of a text, if there is promtool.
fn promtool_says(text: &str) -> Option<String> {
    let mut promtool = Command::new("promtool");
    promtool.args(["check", "metrics"]);
    let piped = promtool.stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut promtool = match piped.stdout(Stdio::piped()).spawn() {
        Ok(promtool) => promtool,
        Err(error) => {
            let why = format!("promtool, of Debian's package prometheus: {error}");
            assert!(env::var_os("CI").is_none(), "cannot run: {why}");
            eprintln!("SKIPPED: {why}");
            return None;
        }
    };
    let mut stdin = promtool.stdin.take().unwrap();
    stdin.write_all(text.as_bytes()).unwrap();
    drop(stdin);
    let output = promtool.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let status = output.status;
    let said = String::from_utf8(said).unwrap();
    Some(if status.success() {
        said
    } else {
        format!("{status}: {said}")
    })
}

#[test]
fn promtool_has_nothing_to_say_of_a_server_that_was_used() {
    let server = Server::start();
    for path in ["/plain", "/item/1", "/teapot", "/nope", "/heapdump?name=a"] {
        server.get(path);
    }
    let text = server.get("/metrics").is(200).text();
    if let Some(said) = promtool_says(&text) {
        assert_eq!(said, "");
        // It is not silent about everything.
        let wrong = "# TYPE request_count counter\nrequest_count 1\n";
        assert!(promtool_says(wrong).unwrap().contains("request_count"));
    }
}

#[test]
fn both_formats_have_the_same_series_and_each_its_own_header() {
    let server = Server::start();
    for path in ["/plain", "/item/1", "/nope", "/heapdump?name=a"] {
        server.get(path);
    }
    let classic = server.get("/metrics").is(200).text();
    let open = ask_metrics(&server, &[("accept", OPEN_METRICS)])
        .is(200)
        .text();

    let described =
        |text: &str, kind: &str| text.lines().filter(|line| line.starts_with(kind)).count();
    assert!(open.ends_with("\n# EOF\n"), "{open}");
    assert!(open.contains("\n# UNIT heap_live_bytes bytes\n"), "{open}");
    assert!(open.contains("\n# TYPE http_requests counter\n"), "{open}");
    assert!(
        !classic.contains("# EOF") && !classic.contains("# UNIT"),
        "{classic}"
    );
    assert!(
        classic.contains("\n# TYPE http_requests_total counter\n"),
        "{classic}"
    );
    assert_eq!(described(&open, "# TYPE "), described(&classic, "# TYPE "));
    assert_eq!(described(&open, "# HELP "), described(&classic, "# HELP "));

    // `le="1"` is `le="1.0"` in the newer format, and labels have no order.
    let plain = |text: &str| -> Vec<String> {
        let mut names: Vec<_> = samples_in(text)
            .into_keys()
            .map(|name| {
                let (name, labels) = name.split_once('{').unwrap_or((&name, ""));
                let labels = labels.trim_end_matches('}').replace(".0\"", "\"");
                let mut labels: Vec<_> = labels.split(',').collect();
                labels.sort_unstable();
                format!("{name} {}", labels.join(" "))
            })
            .collect();
        names.sort_unstable();
        names
    };
    assert_eq!(plain(&open), plain(&classic));
}

#[test]
fn every_request_is_counted_by_its_route_and_status() {
    let server = Server::start();
    thread::scope(|scope| {
        for client in 0..4 {
            let server = &server;
            scope.spawn(move || {
                for _ in 0..25 {
                    server.get("/plain").is(200);
                }
                server.get(&format!("/item/{client}")).is(200);
                server.get("/teapot").is(418);
                server.get("/guarded").is(403);
            });
        }
    });
    let samples = samples(&server);
    for (route, status, count) in [
        ("/plain", 200, 100.0),
        ("/item/{id}", 200, 4.0),
        ("/teapot", 418, 4.0),
        ("/guarded", 403, 4.0),
    ] {
        let requests = format!("http_requests_total{{route=\"{route}\",status=\"{status}\"}}");
        assert_eq!(samples[&requests], count, "{requests}");
        let durations = format!("http_request_duration_seconds_count{{route=\"{route}\"}}");
        assert_eq!(samples[&durations], count, "{durations}");
        let all = format!("http_request_duration_seconds_bucket{{route=\"{route}\",le=\"+Inf\"}}");
        assert_eq!(samples[&all], count, "{all}");
    }
    assert_eq!(samples["http_requests_in_flight"], 0.0);
}

#[test]
fn ten_thousand_unknown_paths_and_methods_are_one_series() {
    let server = Server::start();
    server.get("/plain").is(200);
    server.get("/nope").is(404);
    let before = samples(&server);
    let load = driver::Load {
        requests: 10_000,
        ..driver::Load::new(server.url("/{session}")) // a new one each time
    };
    let progress = driver::Progress::default();
    let sent = driver::run(&load, &progress, std::future::pending());
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let report = runtime.unwrap().block_on(sent).unwrap();
    assert_eq!((report.requests, report.ok), (10_000, 0));
    for method in ["BREW", "PROPFIND", "POST", "HEAD"] {
        ask(method.parse().unwrap(), &server.url("/plain"), &[]).is(404);
    }

    let after = samples(&server);
    assert_eq!(
        after.keys().collect::<Vec<_>>(),
        before.keys().collect::<Vec<_>>()
    );
    let unmatched = "http_requests_total{route=\"unmatched\",status=\"404\"}";
    assert_eq!(after[unmatched] - before[unmatched], 10_004.0);
    assert_eq!(server.health()["requests"], 1);
}

#[test]
fn what_the_ceiling_turns_away_is_counted_as_such_and_timed_by_nobody() {
    let server = Server::start();
    server.get("/plain").is(200);
    let held = std::hint::black_box(too_much());
    server.get("/plain").is(503);
    server.get("/item/1").is(503);
    server.get("/nope").is(503);
    let samples = samples(&server); // above the ceiling, too
    drop(held);
    let count = |route: &str, status: u16| {
        let name = format!("http_requests_total{{route=\"{route}\",status=\"{status}\"}}");
        samples.get(&name).copied()
    };
    assert_eq!(count("/plain", 200), Some(1.0));
    assert_eq!(count("/plain", 503), Some(1.0));
    assert_eq!(count("/item/{id}", 503), Some(1.0));
    assert_eq!(count("unmatched", 503), Some(1.0), "{samples:#?}");
    assert_eq!(
        samples["http_request_duration_seconds_count{route=\"/plain\"}"],
        1.0
    );
    assert!(!samples.contains_key("http_request_duration_seconds_count{route=\"/item/{id}\"}"));
    assert_eq!(server.health()["requests"], 1);
    #[expect(clippy::cast_precision_loss, reason = "a round number")]
    let ceiling = CEILING as f64;
    assert_eq!(samples["heap_ceiling_bytes"], ceiling);
    assert!(samples["heap_used_bytes"] > ceiling);
}

#[test]
fn the_shells_own_routes_are_not_counted() {
    let server = Server::start();
    for path in [
        "/",
        "/healthz",
        "/metrics",
        "/heapdump?name=a",
        "/heapdump/a.json",
    ] {
        server.get(path).is(200);
    }
    server.get("/heapdump/no/such").is(404);
    let counted = samples(&server)
        .into_keys()
        .filter(|name| name.starts_with("http_requests_total"));
    assert_eq!(counted.collect::<Vec<_>>(), [] as [&str; 0]);
}

#[test]
fn a_request_is_in_flight_until_it_is_answered() {
    let server = Server::start();
    let asker = server.ask_only("/held");
    server.wait_for_in_flight(1);
    assert_eq!(samples(&server)["http_requests_in_flight"], 1.0);
    LET_GO.add_permits(1);
    server.wait_for_in_flight(0);
    assert_eq!(samples(&server)["http_requests_in_flight"], 0.0);
    drop(asker);
}

#[test]
fn the_heap_is_told_and_what_was_allocated_only_rises() {
    let server = Server::start();
    let before = samples(&server);
    let held = vec![1_u8; 10_000_000];
    let during = samples(&server);
    drop(held);
    let after = samples(&server);
    let change =
        |name: &str, a: &BTreeMap<String, f64>, b: &BTreeMap<String, f64>| b[name] - a[name];
    let live = change("heap_live_bytes", &before, &during);
    assert!((9e6..11e6).contains(&live), "{live}");
    assert!(change("heap_live_bytes", &during, &after) < -9e6);
    assert!(during["heap_live_blocks"] > 100.0);
    for counter in ["heap_allocated_bytes_total", "heap_allocated_blocks_total"] {
        assert!(change(counter, &before, &during) > 0.0, "{counter}");
        assert!(change(counter, &during, &after) > 0.0, "{counter}");
        assert!(after[counter] > after["heap_live_blocks"], "{counter}");
    }
    assert!(change("heap_allocated_bytes_total", &before, &during) >= 1e7);
}

#[test]
fn snapshots_are_counted_with_their_pause_and_failures_apart() {
    let server = Server::start();
    let answer = server.get("/heapdump?name=a").is(200).json();
    let pause = answer["pause_us"].as_f64().unwrap() / 1e6;
    let first = samples(&server);
    assert_eq!(first["heap_snapshots_total"], 1.0);
    assert_eq!(first["heap_snapshot_failures_total"], 0.0);
    assert_eq!(first["heap_snapshot_pause_seconds_count"], 1.0);
    let told = first["heap_snapshot_pause_seconds_sum"];
    assert!((told - pause).abs() < 2e-6, "{told} {pause}");

    let writer = next_writer();
    let asker = server.ask_only("/heapdump?name=b");
    let writer = writer.stopped();
    server.get("/heapdump?name=c").refuses(409);
    nix::sys::signal::kill(writer, nix::sys::signal::Signal::SIGKILL).unwrap();
    server.get("/heapdump/b.json").refuses(500); // waits for it
    drop(asker);
    let second = samples(&server);
    assert_eq!(second["heap_snapshots_total"], 1.0);
    assert_eq!(second["heap_snapshot_failures_total"], 1.0, "busy is none");
    assert_eq!(second["heap_snapshot_pause_seconds_count"], 2.0);
}

#[test]
fn the_process_is_told_as_the_system_sees_it() {
    let server = Server::start();
    let samples = samples(&server);
    let rss = server.health()["rss_bytes"].as_f64().unwrap();
    assert!((samples["process_resident_memory_bytes"] - rss).abs() < 32e6);
    assert!(samples["process_virtual_memory_bytes"] >= samples["process_resident_memory_bytes"]);
    assert!(samples["process_cpu_seconds_total"] > 0.0);
    assert!(
        samples["process_threads"] >= 3.0,
        "two workers and this one"
    );
    let open = std::fs::read_dir("/proc/self/fd").unwrap().count();
    #[expect(clippy::cast_precision_loss, reason = "few")]
    let open = open as f64;
    assert!((samples["process_open_fds"] - open).abs() < 10.0);
    let now = std::time::SystemTime::now();
    let now = now.duration_since(std::time::UNIX_EPOCH).unwrap();
    let age = now.as_secs_f64() - samples["process_start_time_seconds"];
    assert!((-2.0..3600.0).contains(&age), "{age}");
}

#[test]
fn without_a_recorder_the_rest_is_told() {
    let server = Server::with(|config| config.heap = None);
    server.get("/plain").is(200);
    let samples = samples(&server);
    assert!(samples.contains_key("http_requests_in_flight"));
    assert!(samples.contains_key("process_threads"));
    for name in [
        "heap_live_bytes",
        "heap_allocated_bytes_total",
        "heap_ceiling_bytes",
    ] {
        assert!(!samples.contains_key(name), "{name}");
    }
}

#[test]
fn a_stranger_is_told_nothing() {
    let server = Server::start();
    ask_metrics(&server, &[("host", b"example.com")]).refuses(403);
    ask_metrics(&server, &[("sec-fetch-site", b"cross-site")]).refuses(403);
    ask_metrics(&server, &[("host", b"localhost:3000")]).is(200);
}

#[test]
fn where_there_is_a_token_prometheus_needs_it_and_may_come_from_anywhere() {
    let server = Server::with(|config| config.access = Access::Token(TOKEN.into()));
    server.get("/metrics").refuses(401);
    let headers: [(&str, &[u8]); 2] = [
        ("authorization", b"Bearer 0123456789abcdef"),
        ("host", b"example.com"),
    ];
    ask_metrics(&server, &headers).is(200);
}
