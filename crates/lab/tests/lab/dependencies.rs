//! The cold build is part of the product: no dependency is built twice, neither for two of our crates that want
//! different features of it, nor again for a server after the lab itself.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

use crate::Lab;

/// All but the benchmarks.
const PROGRAMS: [&str; 6] = [
    "lab",
    "leaky-server",
    "fixed-server",
    "driver",
    "heapdiff",
    "panel",
];

/// Builds programs and returns cargo's messages on what was built.
fn build(mut cargo: Command, programs: &[&str]) -> Vec<Value> {
    cargo
        .args(["build", "--release", "--quiet", "--message-format", "json"])
        .args(programs.iter().flat_map(|program| ["--bin", program]));
    let output = cargo.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|message| message["reason"] == "compiler-artifact")
        .collect()
}

#[test]
fn no_dependency_is_built_twice() {
    let lab = Lab::new();
    let cargo = || lab.scratch.command(env!("CARGO"));
    let mut libraries: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for artifact in build(cargo(), &PROGRAMS) {
        let kind = artifact["target"]["kind"][0].as_str().unwrap();
        if kind == "bin" || kind == "custom-build" {
            continue;
        }
        let package = artifact["package_id"].to_string();
        // What the build itself runs (procedural macros and what they use) is another build by nature.
        let profile = artifact["profile"].to_string();
        let key = (
            package + artifact["target"]["name"].as_str().unwrap(),
            profile,
        );
        libraries
            .entry(key)
            .or_default()
            .push(artifact["features"].to_string());
    }
    let twice: Vec<_> = libraries
        .iter()
        .filter(|(_, builds)| builds.len() > 1)
        .collect();
    assert!(libraries.len() > 50 && twice.is_empty(), "{twice:#?}");

    for program in PROGRAMS {
        for artifact in build(cargo(), &[program]) {
            assert_eq!(artifact["fresh"], true, "for {program}: {artifact:#}");
        }
    }
}
