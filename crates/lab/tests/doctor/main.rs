//! `cargo lab doctor` on real servers: it finds the leak and its line, lets the innocent go, and says what is in the way.
#![cfg(target_os = "linux")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../../../service/tests/harness/mod.rs"]
mod harness;
#[path = "../../../leaky-server/tests/program/mod.rs"]
mod program;
#[path = "../monitoring/servers.rs"]
mod servers;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use program::Program;
use serde_json::Value;
use servers::Servers;

/// What the doctor says, and how it exits.
struct Said {
    json: Value,
    stdout: String,
    stderr: String,
    code: Option<i32>,
}

/// `cargo lab doctor URL ARGS…`; its snapshots go to a folder of their own.
fn doctor(url: &str, args: &[&str]) -> Said {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
    command.args(["doctor", url]).args(args);
    command.arg("--to").arg(folder.path().join("snapshots"));
    command.env_remove("LEAKLAB_TOKEN").stdin(Stdio::null());
    let output = command.output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    Said {
        json: serde_json::from_str(&stdout).unwrap_or_default(),
        stdout,
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        code: output.status.code(),
    }
}

impl Said {
    /// The finding of this kind.
    fn found(&self, kind: &str) -> Option<&Value> {
        let mut findings = self.json["findings"].as_array().into_iter().flatten();
        findings.find(|found| found["kind"] == kind)
    }

    /// Asserts that it could not look, and why.
    fn refuses(&self, why: &str) {
        assert_eq!(self.code, Some(2), "{}{}", self.stdout, self.stderr);
        assert!(self.stderr.contains(why), "{}", self.stderr);
    }
}

const DRIVEN: [&str; 4] = ["--drive", "/bloatMyServer", "--format", "json"];

#[test]
fn the_leak_is_found_at_its_line_and_the_fixed_server_is_fine() {
    let servers = Servers::build();
    let leaky = servers.leaky.start("");
    let said = doctor(&leaky.url, &DRIVEN);
    assert_eq!(said.code, Some(1), "{}{}", said.stdout, said.stderr);
    let leak = said.found("heap-grows").expect(&said.stdout);
    let place = leak["site"]["place"].as_str().unwrap();
    assert!(place.ends_with("leaky-server/src/lab1.rs:20:20"), "{place}");
    assert!(
        leak["next"]
            .as_str()
            .unwrap()
            .starts_with("cargo heapdiff verdict /")
    );
    let ceiling = said.found("near-ceiling").expect(&said.stdout);
    assert!(
        ceiling["evidence"][0].as_str().unwrap().contains("1.0 GiB"),
        "{ceiling}"
    );

    let fixed = servers.fixed.start("");
    let said = doctor(&fixed.url, &DRIVEN);
    assert_eq!(said.code, Some(0), "{}{}", said.stdout, said.stderr);
    assert!(said.found("fine").is_some(), "{}", said.stdout);
    assert!(
        said.json["requests"].as_u64() >= Some(100),
        "{}",
        said.stdout
    );
}

#[test]
fn a_small_ceiling_is_not_reached_and_the_leak_is_found_all_the_same() {
    let servers = Servers::build();
    let mut leaky = servers.leaky.start("--max-heap 96MiB");
    let said = doctor(&leaky.url, &DRIVEN);
    assert_eq!(said.code, Some(1), "{}{}", said.stdout, said.stderr);
    assert_eq!(leaky.get("/healthz").status, 200, "the patient lives");
    leaky.signal(nix::sys::signal::Signal::SIGTERM);
    leaky.ended();
}

#[test]
fn under_nobody_elses_traffic_it_says_how_to_get_some_and_under_a_load_it_judges() {
    let servers = Servers::build();
    let leaky = servers.leaky.start("");
    let said = doctor(&leaky.url, &["--for", "2s", "--format", "json"]);
    assert_eq!(said.code, Some(3), "{}{}", said.stdout, said.stderr);
    let few = said.found("too-little").expect(&said.stdout);
    assert!(few["next"].as_str().unwrap().contains("--drive"), "{few}");

    let load = driver_load(&leaky, "/bloatMyServer");
    let said = doctor(&leaky.url, &["--for", "12s", "--format", "json"]);
    drop(load);
    assert_eq!(said.code, Some(1), "{}{}", said.stdout, said.stderr);
    let leak = said.found("heap-grows").expect(&said.stdout);
    assert!(
        leak["site"]["place"].as_str().unwrap().contains("lab1.rs:"),
        "{leak}"
    );
}

#[test]
fn a_spike_that_leaves_rss_high_and_no_heap_is_no_leak() {
    let servers = Servers::build();
    let leaky = servers.leaky.start("");
    // Warm, and its largest report made: only what the allocator keeps is to come.
    let path = "/report?shop=corner&orders=20";
    let load = driver_load(&leaky, path);
    let said = thread::scope(|scope| {
        let watching = scope.spawn(|| doctor(&leaky.url, &["--for", "8s", "--format", "json"]));
        wait_until(&leaky, "heap_snapshots_total 2");
        assert_eq!(leaky.get("/report?shop=everybody&orders=25000").status, 200);
        watching.join().unwrap()
    });
    drop(load);
    assert!(
        said.found("rss-alone").is_some(),
        "{}{}",
        said.stdout,
        said.stderr
    );
    assert!(said.found("heap-grows").is_none(), "{}", said.stdout);
}

/// Waits until the server's metrics have this line.
fn wait_until(server: &Program, line: &str) {
    let deadline = Instant::now() + Duration::from_secs(60);
    let told = || String::from_utf8(server.get("/metrics").body).unwrap();
    while !told().lines().any(|told| told == line) {
        assert!(Instant::now() < deadline, "waited too long for {line}");
        thread::park_timeout(Duration::from_millis(20));
    }
}

/// A load of somebody else's, until it is dropped.
struct OthersLoad(Option<(tokio::sync::oneshot::Sender<()>, thread::JoinHandle<()>)>);

fn driver_load(server: &Program, path: &str) -> OthersLoad {
    let load = driver::Load {
        requests: u64::MAX,
        connections: 1,
        rate: Some(100.0),
        ..driver::Load::new(format!("{}{path}", server.url))
    };
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let thread = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let stopped = async { drop(stopped.await) };
        runtime
            .block_on(driver::run(&load, &driver::Progress::default(), stopped))
            .unwrap();
    });
    OthersLoad(Some((stop, thread)))
}

impl Drop for OthersLoad {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.0.take() {
            drop(stop);
            let _ = thread.join();
        }
    }
}

#[test]
fn what_is_in_the_way_is_said_with_what_to_do() {
    let servers = Servers::build();
    let secret = "0123456789abcdef";
    let fixed = servers.fixed.start(&format!("--token {secret}"));
    doctor(&fixed.url, &["--for", "2s"]).refuses("give it with --token");
    doctor(&fixed.url, &["--drive", "/nowhere", "--token", secret]).refuses("HTTP 404");
    let said = doctor(&fixed.url, &[&DRIVEN[..], &["--token", secret]].concat());
    assert_eq!(said.code, Some(0), "{}{}", said.stdout, said.stderr);
    assert!(!said.stdout.contains(secret) && !said.stderr.contains(secret));

    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    doctor(&format!("http://{free}"), &["--for", "2s"]).refuses("connection refused");
    doctor("https://127.0.0.1", &[]).refuses("http");
    doctor("http://127.0.0.1:1", &["--for", "1s"]).refuses("from 2s to 24h");
    doctor("http://127.0.0.1:1", &["--drive", "path"]).refuses("begins with a slash");
}

#[test]
fn a_server_that_tells_nothing_of_heaps_is_told_apart_from_one_without_metrics() {
    let other = answering(|path| match path {
        "/metrics" => (200, "go_goroutines 7\n"),
        _ => (404, "no"),
    });
    doctor(&other, &["--for", "2s"]).refuses("neither heap_live_bytes nor");
    let none = answering(|_| (404, "no"));
    doctor(&none, &["--for", "2s"]).refuses("it has no /metrics there");
    // No /heapdump: what its metrics show is said, and that no snapshots were to be had.
    let mute = answering(|path| match path {
        "/metrics" => (200, "http_requests_total 500\nheap_live_bytes 1000000\n"),
        _ => (404, "no"),
    });
    let said = doctor(&mute, &["--for", "2s", "--format", "json"]);
    assert_eq!(said.code, Some(3), "{}{}", said.stdout, said.stderr);
    assert!(said.found("too-little").is_some(), "{}", said.stdout);
}

#[test]
fn a_server_that_was_started_anew_is_told_and_one_that_is_gone_ends_it() {
    static ASKED: AtomicU32 = AtomicU32::new(0);
    let anew = answering(|path| match path {
        "/metrics" if ASKED.fetch_add(1, Ordering::SeqCst) < 3 => (
            200,
            "process_start_time_seconds 1000\nheap_live_bytes 9000000\nhttp_requests_total 900\n",
        ),
        "/metrics" => (
            200,
            "process_start_time_seconds 2000\nheap_live_bytes 1000000\nhttp_requests_total 10\n",
        ),
        _ => (404, "no"),
    });
    let said = doctor(&anew, &["--for", "3s", "--format", "json"]);
    assert_eq!(said.code, Some(3), "{}{}", said.stdout, said.stderr);
    let restarted = said.found("restarted").expect(&said.stdout);
    assert!(
        restarted["evidence"][0]
            .as_str()
            .unwrap()
            .contains("1 time;"),
        "{restarted}"
    );

    let servers = Servers::build();
    let mut leaky = servers.leaky.start("");
    let url = leaky.url.clone();
    let said = thread::scope(|scope| {
        let watching = scope.spawn(|| doctor(&url, &["--for", "60s"]));
        wait_until(&leaky, "heap_snapshots_total 1");
        leaky.signal(nix::sys::signal::Signal::SIGTERM);
        leaky.ended();
        watching.join().unwrap()
    });
    said.refuses("connection refused");
    assert!(
        said.stderr.contains("it was watched for"),
        "{}",
        said.stderr
    );
}

/// A server of somebody else's: what it answers to a path. It ends with the test's process.
fn answering(answer: fn(&str) -> (u16, &'static str)) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            thread::spawn(move || serve(&connection, answer));
        }
    });
    url
}

fn serve(mut connection: &TcpStream, answer: fn(&str) -> (u16, &'static str)) {
    let mut lines = BufReader::new(connection).lines();
    while let Some(Ok(first)) = lines.next() {
        while lines
            .next()
            .is_some_and(|line| line.is_ok_and(|line| !line.is_empty()))
        {}
        let path = first.split(' ').nth(1).unwrap_or_default();
        let (status, body) = answer(path.split('?').next().unwrap_or_default());
        let length = body.len();
        let written = write!(
            connection,
            "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        if written.is_err() {
            return;
        }
    }
}
