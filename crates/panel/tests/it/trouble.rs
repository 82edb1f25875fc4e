//! Servers that are gone, answer nonsense, or mean harm.

use std::io::Write;
use std::sync::Mutex;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use bytesize::ByteSize;
use panel::ServerConfig;
use serde_json::Value;

use crate::fake::{Fake, respond};
use crate::harness::LONG;
use crate::running::{Running, snapshot};

/// A server that takes snapshots, and hands them out as `download` does.
fn with_download(download: impl Fn(&mut std::net::TcpStream) + Send + Sync + 'static) -> Fake {
    Fake::start(move |head, stream| {
        if head.starts_with("GET /heapdump?") {
            respond(stream, "200 OK", r#"{"url":"/heapdump/x.json"}"#);
        } else if head.starts_with("GET /heapdump/x.json ") {
            download(stream);
        } else {
            respond(stream, "404 Not Found", "");
        }
    })
}

/// Nothing is kept, the panel goes on, and the next snapshot may be taken.
#[track_caller]
fn goes_on(panel: &Running) {
    assert_eq!(panel.names(), [] as [&str; 0]);
    assert_eq!(panel.list()["servers"][0]["capture"], Value::Null);
}

#[test]
fn a_server_that_is_gone_is_told_and_so_is_what_to_look_at() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let panel = Running::on(&url);
    let listed = panel.list()["servers"][0].clone();
    assert_eq!(listed["state"], "gone");
    assert_eq!(listed["detail"], "connection refused");
    let reason = panel.capture("{}").refuses(502);
    assert!(reason.contains("is it still running?"), "{reason}");
    goes_on(&panel);
}

#[test]
fn a_server_without_healthz_is_up_if_it_answers_at_all() {
    let server = Fake::start(|_, stream| respond(stream, "404 Not Found", "nope"));
    let panel = Running::on(&server.url);
    let listed = panel.list()["servers"][0].clone();
    assert_eq!(listed["state"], "up");
    assert_eq!(listed["name"], Value::Null);
    for _ in 0..20 {
        panel.list();
    }
    let asked = server.requests("GET /healthz ").len();
    assert!(asked < 20, "asked {asked} times");
    let reason = panel.capture("{}").refuses(502);
    assert!(reason.contains("docs/formats.md"), "{reason}");
}

#[test]
fn what_a_server_refuses_is_told_in_its_words_with_what_to_do() {
    for (status, body, says) in [
        ("401 Unauthorized", "", "--token TOKEN"),
        (
            "403 Forbidden",
            r#"{"error":"ask for localhost"}"#,
            "ask for localhost",
        ),
        ("409 Conflict", "", "try again"),
        ("501 Not Implemented", r#"{"error":"no heap"}"#, "no heap"),
        ("503 Service Unavailable", "", "try again later"),
        (
            "500 Internal Server Error",
            "disk full\nsecond line",
            "(disk full)",
        ),
        ("302 Found", "", "not followed"),
        ("200 OK", "hello", "docs/formats.md"),
        ("200 OK", "{}", "docs/formats.md"),
        ("200 OK", r#"{"url":"http://[broken"}"#, "docs/formats.md"),
    ] {
        let server = Fake::heapdump(status, body);
        let panel = Running::on(&server.url);
        let reason = panel.capture("{}").refuses(502);
        assert!(reason.contains(says), "{status}: {reason}");
        goes_on(&panel);
    }
}

#[test]
fn a_server_that_goes_away_before_during_or_after_its_answer_is_told() {
    let whole = snapshot(1, 1);
    let half = whole[..whole.len() / 2].to_owned();
    let servers = [
        Fake::start(|_, _| ()),
        Fake::start(|_, stream| {
            let _ = write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{{");
        }),
        with_download(|_| ()),
        with_download(move |stream| {
            let length = half.len() * 2;
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{half}"
            );
        }),
    ];
    for server in servers {
        let panel = Running::on(&server.url);
        let reason = panel.capture("{}").refuses(502);
        assert!(reason.contains("is it still running?"), "{reason}");
        goes_on(&panel);
    }
}

#[test]
fn a_download_that_is_no_snapshot_or_too_large_is_not_kept() {
    let cut = with_download(|stream| respond(stream, "200 OK", &snapshot(1, 1)[..100]));
    let panel = Running::on(&cut.url);
    assert!(panel.capture("{}").refuses(422).contains("cut short"));
    goes_on(&panel);

    let endless = with_download(|stream| {
        let _ = write!(stream, "HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(&[b' '; 4096]).is_ok() {}
    });
    let panel = Running::with(|config| {
        config.limits.snapshot = ByteSize::kib(64);
        config
            .servers
            .push(ServerConfig::new(&endless.url).unwrap());
    });
    assert!(panel.capture("{}").refuses(413).contains("larger than"));
    goes_on(&panel);
}

#[test]
fn a_download_that_stands_still_is_given_up_and_one_that_is_slow_is_not() {
    let (hang_up, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let still = with_download(move |stream| {
        let _ = write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{{");
        let _ = wait.lock().unwrap().recv_timeout(LONG);
    });
    let panel = Running::with(|config| {
        config.limits.idle = Duration::from_millis(100);
        config.servers.push(ServerConfig::new(&still.url).unwrap());
    });
    let reason = panel.capture("{}").refuses(504);
    assert!(reason.contains("is it still running?"), "{reason}");
    goes_on(&panel);
    drop(hang_up);

    let slow = with_download(|stream| {
        let file = snapshot(1, 1);
        let _ = write!(
            stream,
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n",
            file.len()
        );
        for part in file.as_bytes().chunks(file.len() / 25) {
            thread::park_timeout(Duration::from_millis(130));
            let _ = stream.write_all(part);
        }
    });
    let panel = Running::with(|config| {
        config.limits.idle = Duration::from_secs(3); // less than all parts take together
        config.servers.push(ServerConfig::new(&slow.url).unwrap());
    });
    panel.capture("{}").is(200);
}

#[test]
fn a_snapshot_that_takes_for_ever_is_given_up() {
    let never = Fake::start(|_, _| thread::park_timeout(LONG));
    let panel = Running::with(|config| {
        config.limits.answer = Duration::from_millis(50);
        config.servers.push(ServerConfig::new(&never.url).unwrap());
    });
    let reason = panel.capture("{}").refuses(504);
    assert!(reason.contains("no snapshot within"), "{reason}");
}

#[test]
fn a_url_that_names_another_host_is_fetched_from_the_server_itself() {
    let trap = Fake::start(|_, stream| respond(stream, "200 OK", &snapshot(666, 1)));
    let elsewhere = trap.url.clone();
    let server = Fake::start(move |head, stream| {
        if head.starts_with("GET /heapdump?") {
            let answer = format!(r#"{{"url":"{elsewhere}heapdump/x.json?y=1"}}"#);
            respond(stream, "200 OK", &answer);
        } else {
            respond(stream, "200 OK", &snapshot(1, 1));
        }
    });
    let panel = Running::with(|config| {
        let server = ServerConfig::new(&server.url).unwrap();
        config
            .servers
            .push(server.with_token("0123456789abcdef").unwrap());
    });
    let card = panel.capture("{}").is(200).json();
    assert_eq!(card["live_bytes"], 1);
    assert_eq!(trap.requests(""), [] as [&str; 0]);
    let asked = server.requests("GET /heapdump/x.json?y=1 ");
    assert!(
        asked[0].contains("authorization: Bearer 0123456789abcdef"),
        "{asked:?}"
    );
}

#[test]
fn a_redirect_is_not_followed() {
    let trap = Fake::start(|_, stream| respond(stream, "200 OK", &snapshot(666, 1)));
    let elsewhere = trap.url.clone();
    let server = with_download(move |stream| {
        let _ = write!(
            stream,
            "HTTP/1.1 302 Found\r\nlocation: {elsewhere}\r\ncontent-length: 0\r\n\r\n"
        );
    });
    let panel = Running::on(&server.url);
    assert!(panel.capture("{}").refuses(502).contains("not followed"));
    assert_eq!(trap.requests(""), [] as [&str; 0]);
    goes_on(&panel);
}

#[test]
fn a_token_that_a_server_repeats_is_not_passed_on() {
    let server = Fake::heapdump("403 Forbidden", "0123456789abcdef is not the token");
    let panel = Running::with(|config| {
        let server = ServerConfig::new(&server.url).unwrap();
        config
            .servers
            .push(server.with_token("0123456789abcdef").unwrap());
    });
    let reason = panel.capture("{}").refuses(502);
    assert!(reason.contains("TOKEN is not the token"), "{reason}");
    assert!(!reason.contains("0123456789abcdef"), "{reason}");
}

#[test]
fn a_server_below_a_path_is_asked_there() {
    let server = Fake::start(|_, stream| respond(stream, "404 Not Found", ""));
    let panel = Running::on(&format!("{}admin", server.url));
    panel.capture("{}").refuses(502);
    assert_eq!(server.requests("GET /admin/heapdump?name=panel-").len(), 1);
}
