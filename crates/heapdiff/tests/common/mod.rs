//! What the integration tests share: the fixtures, and metadata as heapshot writes it.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

pub(crate) const PAIRS: [(&str, &str); 3] = [
    ("orders-v0-before.json", "orders-v0-after.json"),
    ("orders-legacy-before.json", "orders-legacy-after.json"),
    ("leak-before.json", "leak-after.json"),
];

pub(crate) fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

pub(crate) fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(fixtures().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A snapshot as heapshot would have written it after so many requests and seconds.
pub(crate) fn served(snapshot: &[u8], requests: u64, seconds: u64) -> Vec<u8> {
    let mut json: Value = serde_json::from_slice(snapshot).expect("a fixture is JSON");
    json["cmd"] = json!("./orders");
    json["heapshot"] = json!({
        "format_version": 1,
        "time": format!("2026-01-02T03:04:{seconds:02}.5Z"),
        "uptime_us": seconds * 1_000_000,
        "pause_us": 1234,
        "rss_bytes": 12_000_000 + requests * 1000,
        "metadata": { "requests": requests, "requests_by_route": { "/orders": requests }, "server": "orders" },
    });
    serde_json::to_vec(&json).expect("JSON stays JSON")
}

/// What the program prints, run in a folder; it must succeed.
pub(crate) fn heapdiff(folder: &Path, args: &[&str]) -> Vec<u8> {
    let output = Command::new(env!("CARGO_BIN_EXE_heapdiff"))
        .args(args)
        .current_dir(folder)
        .output()
        .expect("heapdiff runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {stderr}");
    output.stdout
}
