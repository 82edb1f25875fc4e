//! The command: exit codes, what it prints where, and how it takes a signal.

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::harness::{Driver, wait_until};
use crate::server::{Answer, Server};

#[test]
fn a_good_run_prints_its_report_and_nothing_else() {
    let server = Server::good();
    Driver::new(&server.url("/"), "--requests 1200 --connections 3")
        .run()
        .code(0)
        .stdout("1,200 sent, 1,200 ok\nconnections  3, closed loop\n")
        .quiet();
    assert_eq!(server.connections(), 3);
}

#[test]
fn secrets_of_a_url_are_in_no_report_and_no_error() {
    let server = Server::good();
    let url = server
        .url("/?token=open-sesame")
        .replace("http://", "http://me:open-sesame@");
    for (url, arguments) in [
        (url.as_str(), "--requests 10 --json"),
        (&url, "--requests 10"),
        (&url.replace("http:", "https:"), ""),
        ("http://me:open-sesame@127.0.0.1:99999/", ""),
        ("http://me:open-sesame@127.0.0.1/{nothing}", ""),
        ("http://me:open-sesame@127.0.0.1:1/", "--requests 1"),
    ] {
        Driver::new(url, arguments)
            .run()
            .does_not_print("open-sesame");
    }
}

#[test]
fn a_server_error_is_reported_with_its_reason_and_fails() {
    let server = Server::start(|_| Answer::Status(500, "out of cheese"));
    Driver::new(&server.url("/"), "--requests 10")
        .run()
        .code(1)
        .stdout("10 × HTTP 500: out of cheese\n");
}

#[test]
fn a_server_that_dies_fails_with_what_was_measured() {
    let server = Server::start(|request| match request.number {
        50 => Answer::Die,
        _ => Answer::Good,
    });
    Driver::new(&server.url("/"), "--requests 100000")
        .run()
        .code(1)
        .stdout("of 100,000 sent, ")
        .stdout("p99.9")
        .stdout("stopped      gave up after")
        .stdout("of 100,000 requests: server refuses connections\n");
}

#[test]
fn json_is_one_object_of_these_keys() {
    let server = Server::start(|request| match request.number {
        0 => Answer::Status(500, "out of cheese"),
        _ => Answer::Good,
    });
    let url = server.url("/?q={word}");
    let json = Driver::new(&url, "--json --requests 20 --rate 500 --seed 7")
        .run()
        .code(1)
        .json();
    assert_eq!(json["url"], url);
    assert_eq!(
        (&json["planned"], &json["requests"], &json["ok"]),
        (&20.into(), &20.into(), &19.into())
    );
    assert_eq!(json["errors"][0]["kind"], "HTTP 500");
    assert_eq!(json["errors"][0]["count"], 1);
    assert_eq!(json["errors"][0]["example"], "out of cheese");
    assert!(json["elapsed_s"].as_f64().unwrap() > 0.0);
    assert!(json["requests_per_second"].as_f64().unwrap() > 0.0);
    for key in ["min", "mean", "p50", "p90", "p99", "p99_9", "max"] {
        assert!(json["latency_us"][key].as_f64().unwrap() > 0.0, "{key}");
    }
    assert_eq!(json["bytes_received"], 19 * 14);
    assert_eq!(
        (&json["connections"], &json["rate"], &json["seed"]),
        (&8.into(), &500.0.into(), &7.into())
    );
    assert_eq!(json["stopped"], Value::Null);
    assert_eq!(json["urls"], serde_json::json!([url]));
    assert_eq!(json["turned_away"], 0);
    assert_eq!(json.as_object().unwrap().len(), 15);
}

#[test]
fn several_urls_are_asked_in_turn() {
    let server = Server::good();
    let (one, two) = (server.url("/one/{id}"), server.url("/two"));
    let json = Driver::new(&one, &format!("{two} --json --requests 6 --connections 1"))
        .run()
        .code(0)
        .json();
    assert_eq!(
        server.paths(),
        ["/one/0", "/one/2", "/one/4", "/two", "/two", "/two"]
    );
    assert_eq!(json["url"], one);
    assert_eq!(json["urls"], serde_json::json!([one, two]));
}

#[test]
fn who_is_turned_away_is_answered_if_that_was_to_be_accepted() {
    let busy = |request: crate::server::Request| match request.number % 4 {
        0 => Answer::Status(503, "later"),
        _ => Answer::Good,
    };
    let server = Server::start(busy);
    let json = Driver::new(&server.url("/"), "--accept 503 --requests 100 --json")
        .run()
        .code(0)
        .json();
    assert_eq!(
        (&json["ok"], &json["turned_away"]),
        (&75.into(), &25.into())
    );
    assert_eq!(json["errors"], serde_json::json!([]));
    Driver::new(&server.url("/"), "--accept 503 --requests 100")
        .run()
        .code(0)
        .stdout("100 sent, 75 ok, 25 turned away\n");
    Driver::new(&server.url("/"), "--accept 429 --requests 100")
        .run()
        .code(1)
        .stdout("25 × HTTP 503: later");
}

#[test]
fn a_signal_stops_it_with_what_was_measured() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let server = Server::start(|request| match request.number {
            0..100 => Answer::Good,
            _ => Answer::Never,
        });
        let running = Driver::new(&server.url("/"), "--requests 500").start();
        wait_until(|| server.requests() == 108); // 100 answered, 8 in flight
        running
            .signal(signal)
            .wait()
            .code(130)
            .stdout("100 of 500 sent, 100 ok\n")
            .stdout("stopped      interrupted after 100 of 500 requests\n");
    }
}

#[test]
fn json_says_when_it_was_interrupted() {
    let server = Server::start(|_| Answer::Never);
    let running = Driver::new(&server.url("/"), "--json").start();
    wait_until(|| server.requests() == 8);
    let json = running.signal(Signal::SIGINT).wait().code(130).json();
    assert_eq!(json["stopped"], "interrupted");
    assert_eq!(json["latency_us"], Value::Null);
}

#[test]
fn bad_arguments_are_told_from_failed_requests() {
    let bad = |url, arguments| Driver::new(url, arguments).run().code(2);
    bad("https://127.0.0.1/", "").stderr(r#"its scheme is "https""#);
    bad("127.0.0.1:3000/", "").stderr("http://127.0.0.1:3000/path");
    bad("http://127.0.0.1/{nope}", "").stderr("unknown placeholder {nope}");
    bad("http://127.0.0.1/{\u{1b}[2J}", "").stderr(r"unknown placeholder {\u{1b}[2J}");
    bad("http://127.0.0.1/", "--requests 0").stderr("at least 1");
    bad("http://127.0.0.1/", "--connections 0").stderr("at least 1");
    bad("http://127.0.0.1/", "--rate 0").stderr("positive");
    bad("http://127.0.0.1/", "--accept 200").stderr("from 300 to 599");
    bad("http://127.0.0.1/", "--timeout 0s").stderr("longer than zero");
    bad("http://127.0.0.1/", "--timeout soon").stderr("--timeout");
}

#[test]
fn a_proxy_in_the_environment_is_not_asked() {
    let server = Server::good();
    Driver::new(&server.url("/"), "--requests 10")
        .env("http_proxy", "http://127.0.0.1:1")
        .env("HTTP_PROXY", "http://127.0.0.1:1")
        .run()
        .code(0);
}
