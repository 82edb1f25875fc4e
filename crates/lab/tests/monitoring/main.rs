//! `docs/monitoring` works as it stands: its rules and their tests, and all of it in a real Prometheus that watches the
//! leaky and the fixed server under the same load. Needs Debian's package `prometheus`, which has `promtool`.
//!
//! The windows of the rules are minutes. Here a twentieth of each is run ([`faster`]): the expressions are those that
//! are shipped, and what would take a quarter of an hour takes under a minute.
#![cfg(target_os = "linux")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../../../service/tests/harness/mod.rs"]
mod harness;
#[path = "../../../leaky-server/tests/program/mod.rs"]
mod program;

mod dashboard;
mod faster;
mod hammer;
mod prometheus;
mod servers;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use common::cannot_run;
use dashboard::Dashboard;
use faster::faster;
use hammer::Hammer;
use prometheus::Prometheus;
use servers::Servers;

/// How long the leaky server may go on until it is told.
const TWO_MINUTES: Duration = Duration::from_secs(120);

const ALERTS: [&str; 2] = [
    "HeapGrowsWithEveryRequest",
    "HeapWillHitCeilingWithinTheHour",
];

/// As long as an alert needs to fire once there are bytes per request: five minutes and three, a twentieth of each.
const JUDGED: &str = "24s";

fn monitoring() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/monitoring")
}

fn shipped(name: &str) -> String {
    std::fs::read_to_string(monitoring().join(name)).unwrap()
}

/// Whether there is a Prometheus; a skipped test says so.
fn prometheus_is_there() -> bool {
    for tool in ["prometheus", "promtool"] {
        let found = Command::new(tool).arg("--version").output();
        if !found.is_ok_and(|output| output.status.success()) {
            cannot_run(&format!(
                "{tool}, of Debian's package prometheus, is missing"
            ));
            return false;
        }
    }
    true
}

/// Waits for an answer until `deadline`, without haste.
#[track_caller]
fn wait_until<T>(deadline: Instant, what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited too long for {what}");
        thread::park_timeout(Duration::from_millis(100));
    }
}

#[test]
fn promtool_accepts_what_is_shipped_and_the_rules_pass_their_tests() {
    if !prometheus_is_there() {
        return;
    }
    for arguments in [
        ["check", "config", "prometheus.yml"],
        ["check", "rules", "rules.yml"],
        ["test", "rules", "rules.test.yml"],
    ] {
        let mut promtool = Command::new("promtool");
        let output = promtool.args(arguments).current_dir(monitoring()).output();
        let output = output.unwrap();
        let said =
            String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "promtool {arguments:?}: {said}");
        assert!(said.contains("SUCCESS"), "promtool {arguments:?}: {said}");
    }
}

#[test]
fn a_real_prometheus_tells_the_leaky_server_from_the_fixed_one() {
    if !prometheus_is_there() {
        return;
    }
    let servers = Servers::build();
    let [leaky, fixed] =
        [&servers.leaky, &servers.fixed].map(|server| server.start("--max-heap 512MiB"));
    let deadline = Instant::now() + TWO_MINUTES;
    let hammers = [&leaky, &fixed].map(|server| Hammer::start(&server.url));
    let config = faster(&shipped("prometheus.yml"))
        .replace("127.0.0.1:3000", leaky.url.trim_start_matches("http://"))
        .replace("127.0.0.1:3001", fixed.url.trim_start_matches("http://"));
    let prometheus = Prometheus::start(&config, &[("rules.yml", &faster(&shipped("rules.yml")))]);

    let firing = |server: &str, alert: &str| {
        // Ever, not only now.
        let alerts =
            format!("ALERTS{{alertstate=\"firing\",server=\"{server}\",alertname=\"{alert}\"}}");
        !prometheus
            .query(&format!("max_over_time({alerts}[10m])"))
            .is_empty()
    };
    let began = Instant::now();
    for alert in ALERTS {
        wait_until(deadline, alert, || {
            firing("leaky-server", alert).then_some(())
        });
        println!("{alert} fires after {:.0?}", began.elapsed());
    }
    // The fixed one has had its chance to fire when it was judged for as long.
    let growth = "instance:heap_bytes_per_request:growth5m{server=\"fixed-server\"}";
    let judged = format!("{growth} offset {JUDGED}");
    wait_until(deadline, "the fixed server to be judged", || {
        (!prometheus.query(&judged).is_empty()).then_some(())
    });
    for alert in ALERTS {
        assert!(
            !firing("fixed-server", alert),
            "{alert} of the fixed server"
        );
    }
    for server in ["leaky-server", "fixed-server"] {
        let growth = format!("instance:heap_bytes_per_request:growth5m{{server=\"{server}\"}}");
        println!(
            "{server}: {:.0?} bytes per request",
            prometheus.query(&growth)
        );
    }

    // Both are scraped, in the format that Prometheus prefers and reads strictly.
    wait_until(deadline, "both to be up", || {
        (prometheus.query("count(up == 1)") == [2.0]).then_some(())
    });

    leaky.get("/heapdump?name=mark").is(200);
    fixed.get("/heapdump?name=mark").is(200);
    for expression in Dashboard::shipped().expressions("30s") {
        wait_until(deadline, &expression, || {
            (!prometheus.query(&expression).is_empty()).then_some(())
        });
    }
    for hammer in hammers {
        hammer.end();
    }
}

#[test]
fn prometheus_gets_in_with_the_token_and_not_without() {
    if !prometheus_is_there() {
        return;
    }
    let servers = Servers::build();
    let token = "0123456789abcdef";
    let server = servers.fixed.start(&format!("--token {token}"));
    let address = server.url.trim_start_matches("http://");
    let without = faster(&shipped("prometheus.yml"))
        .replace("127.0.0.1:3000", address)
        .replace("127.0.0.1:3001", "localhost:1"); // nobody
    let with = without.replace("# authorization:", "authorization:");
    assert!(with != without);
    for (config, up) in [(with, 1.0), (without, 0.0)] {
        let files = [
            ("rules.yml", &*faster(&shipped("rules.yml"))),
            ("token", token),
        ];
        let prometheus = Prometheus::start(&config, &files);
        let deadline = Instant::now() + TWO_MINUTES;
        let told = wait_until(deadline, "a scrape", || {
            prometheus.query("up{server=\"leaky-server\"}").pop()
        });
        assert_eq!(told.to_bits(), f64::to_bits(up));
    }
}
