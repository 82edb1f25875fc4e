//! What people and programs see of a verdict, in each format.

use serde_json::Value;

use crate::common::fixtures;
use crate::series::{FILLING_CACHE, FULL_CACHE, HOSTILE, LABELS, LIST, Site, TABLE, verdict};

const ALL: [Site; 4] = [LIST, LABELS, FULL_CACHE, TABLE];

fn printed(args: &str, sites: &[Site]) -> String {
    let run = verdict(&format!("{args} --source-root"), sites).arg(&fixtures());
    let (_, stdout, stderr) = run.output();
    assert_eq!(stderr, "");
    stdout
}

#[test]
fn a_leak_as_text() {
    insta::assert_snapshot!("leak", printed("--width 120", &ALL));
    insta::assert_snapshot!("leak_60", printed("--width 60", &ALL));
}

#[test]
fn an_open_verdict_as_text() {
    insta::assert_snapshot!(
        "inconclusive",
        printed("--width 100", &[FILLING_CACHE, TABLE])
    );
}

#[test]
fn a_leak_as_json() {
    insta::assert_snapshot!("leak_json", printed("--format json", &ALL));
}

#[test]
fn a_leak_as_junit() {
    insta::assert_snapshot!("leak_junit", printed("--format junit", &ALL));
}

#[test]
fn a_leak_as_sarif() {
    let sarif = printed("--format sarif", &ALL);
    insta::assert_snapshot!(
        "leak_sarif",
        sarif.replace(env!("CARGO_PKG_VERSION"), "VERSION")
    );
}

#[test]
fn junit_counts_what_it_lists() {
    for sites in [&ALL[..], &[FILLING_CACHE], &[HOSTILE], &[]] {
        let xml = printed("--format junit", sites);
        let document = roxmltree::Document::parse(&xml).expect("XML");
        let count = |name: &str| {
            document
                .descendants()
                .filter(|node| node.has_tag_name(name))
                .count()
        };
        for suite in ["testsuites", "testsuite"] {
            let suite = document
                .descendants()
                .find(|node| node.has_tag_name(suite))
                .expect("a suite");
            let says = |name: &str| {
                suite
                    .attribute(name)
                    .expect("a count")
                    .parse::<usize>()
                    .expect("a number")
            };
            assert_eq!(says("tests"), count("testcase"));
            assert_eq!(says("failures"), count("failure"));
            assert_eq!(says("errors"), count("error"));
            assert_eq!(says("skipped"), count("skipped"));
        }
    }
}

#[test]
fn names_are_data_in_every_format() {
    for format in ["text", "json", "junit", "sarif"] {
        let printed = printed(&format!("--format {format}"), &[HOSTILE]);
        assert!(
            printed.chars().all(|c| c == '\n' || !c.is_control()),
            "{printed:?}"
        );
        match format {
            "junit" => {
                let document = roxmltree::Document::parse(&printed).expect("XML");
                let failure = document
                    .descendants()
                    .find(|node| node.has_tag_name("failure"));
                assert!(
                    failure
                        .and_then(|node| node.text())
                        .expect("a failure")
                        .contains("<b>&\"")
                );
            }
            "json" | "sarif" => {
                serde_json::from_str::<Value>(&printed).expect("JSON");
            }
            _ => {}
        }
    }
}

#[test]
fn sarif_names_the_line_as_the_repository_spells_it() {
    let sarif: Value =
        serde_json::from_str(&printed("--format sarif", &[LIST, HOSTILE])).expect("JSON");
    assert_eq!(sarif["version"], "2.1.0");
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    let uris: Vec<&str> = results
        .iter()
        .map(|result| {
            let place = &result["locations"][0]["physicalLocation"];
            assert!(place["region"]["startLine"].as_u64() >= Some(1));
            place["artifactLocation"]["uri"].as_str().expect("a URI")
        })
        .collect();
    assert_eq!(
        uris,
        ["orders/src/main.rs", "a%20%3Cb%3E%26%22/%C3%BC%20c.rs"]
    );
    let unlined = Site {
        frames: [LABELS.frames[0], "0xb: shop::unlined (shop/src/a.rs:0:0)"],
        ..LABELS
    };
    let other: Value = serde_json::from_str(&printed("--format sarif", &[unlined])).expect("JSON");
    let place = &other["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["region"], serde_json::json!({ "startLine": 1 }));
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"]
        .as_array()
        .expect("rules");
    for result in results {
        let at = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small");
        assert_eq!(rules[at]["id"], result["ruleId"]);
    }
}
