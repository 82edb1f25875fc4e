//! The web page's documents say what the model says, and a report carries them whatever the snapshots hold.

#[path = "../common/mod.rs"]
mod common;
mod series;

use std::collections::BTreeMap;
use std::io::Read as _;

use base64::Engine as _;
use common::{PAIRS, fixture, fixtures, served};
use flate2::read::DeflateDecoder;
use heapdiff::page::{self, Card};
use heapdiff::source::Finder;
use heapdiff::{GroupBy, Options, Profile, View, compare, inventory, json};
use serde_json::{Value, json};

fn pair(names: (&str, &str)) -> (Profile, Profile) {
    let read = |name| {
        Profile::parse(&fixture(name))
            .expect("a snapshot")
            .labelled(name)
    };
    (read(names.0), read(names.1))
}

fn comparison_document(before: &Profile, after: &Profile) -> Value {
    let model = compare(before, after, &Options::default()).expect("a comparison");
    let cards = [Card::of("a", &model.before), Card::of("b", &model.after)];
    let document = page::comparison(model, &cards[0], &cards[1], &|_| None);
    serde_json::from_str(&document).expect("JSON")
}

fn report(before: &Profile, after: &Profile) -> String {
    let options = Options::default();
    let model = compare(before, after, &options).expect("a comparison");
    let sources = Finder::new([fixtures()]);
    page::report(
        [before, after],
        model,
        &View::default(),
        &options.in_app,
        &|file| sources.find(file),
    )
}

/// What a report carries, by URL.
fn documents(html: &str) -> BTreeMap<String, String> {
    let unpack = |packed: &str| {
        let packed = base64::engine::general_purpose::STANDARD
            .decode(packed)
            .expect("Base64");
        let mut text = String::new();
        DeflateDecoder::new(packed.as_slice())
            .read_to_string(&mut text)
            .expect("DEFLATE of a text");
        text
    };
    html.split("data-url=\"")
        .skip(1)
        .map(|rest| {
            let (url, rest) = rest.split_once("\">").expect("the tag's end");
            let packed = rest.split('<').next().expect("a text");
            (url.replace("&#38;", "&"), unpack(packed))
        })
        .collect()
}

/// The rows, those that are written as the number of their only stack in full.
fn rows(document: &Value, by: &str) -> Vec<Value> {
    let rows = document["rows"][by].as_array().expect("rows");
    rows.iter()
        .map(|row| {
            let Some(number) = row.as_u64() else {
                return row.clone();
            };
            let stack = &document["stacks"][usize::try_from(number).expect("an index")];
            let mut row = stack.as_array().expect("a stack")[1..].to_vec();
            row.extend([json!([number]), json!(1)]);
            Value::Array(row)
        })
        .collect()
}

fn integer(value: &Value) -> i64 {
    value.as_i64().expect("an integer")
}

/// Where CHANGE holds each number of `--format json`.
const CHANGE: [&str; 9] = [
    "new",
    "deleted",
    "delta",
    "alloc_size",
    "freed_size",
    "size_delta",
    "grew_in_place",
    "churned_bytes",
    "churned_blocks",
];

#[test]
fn the_rows_are_those_of_the_json_in_every_grouping() {
    for names in PAIRS {
        let (before, after) = pair(names);
        let document = comparison_document(&before, &after);
        for (by, key) in [
            (GroupBy::Site, "site"),
            (GroupBy::Type, "type"),
            (GroupBy::Stack, "stack"),
        ] {
            let options = Options {
                by,
                ..Options::default()
            };
            let model = compare(&before, &after, &options).expect("a comparison");
            let expected: Value =
                serde_json::from_str(&json::render(&model, &View::default())).expect("JSON");
            let expected = expected["rows"].as_array().expect("rows");
            let rows = rows(&document, key);
            assert_eq!(rows.len(), expected.len(), "{names:?} {key}");
            for (row, expected) in rows.iter().zip(expected) {
                let site = &document["sites"][usize::try_from(integer(&row[0])).expect("an index")];
                assert_eq!(site[0], expected["type"]);
                for (at, column) in CHANGE.iter().enumerate() {
                    assert_eq!(row[1][at], expected[column], "{names:?} {key} {column}");
                }
                assert_eq!(row[2][2], expected["live_bytes"]);
                assert_eq!(row[4], expected["sites"]);
            }
        }
    }
}

#[test]
fn a_row_is_the_sum_of_its_stacks() {
    for names in PAIRS {
        let (before, after) = pair(names);
        let document = comparison_document(&before, &after);
        for key in ["site", "type", "stack"] {
            for row in rows(&document, key) {
                let stacks = row[3].as_array().expect("stacks");
                for column in 0..CHANGE.len() {
                    let sum: i64 = stacks
                        .iter()
                        .map(|at| {
                            let at = usize::try_from(integer(at)).expect("an index");
                            integer(&document["stacks"][at][2][column])
                        })
                        .sum();
                    assert_eq!(sum, integer(&row[1][column]), "{names:?} {key}");
                }
            }
        }
    }
}

#[test]
fn a_summary_holds_the_heap_and_how_long_blocks_lived() {
    for (_, name) in PAIRS {
        let profile = Profile::parse(&fixture(name)).expect("a snapshot");
        let model = inventory(&profile, &Options::default());
        let card = Card::of("a", &model.snapshot);
        let document: Value =
            serde_json::from_str(&page::summary(model, &card, &|_| None)).expect("JSON");
        for key in ["site", "type", "stack"] {
            let rows = rows(&document, key);
            let live: i64 = rows.iter().map(|row| integer(&row[1][0])).sum();
            assert_eq!(
                live,
                profile.totals.live_bytes.cast_signed(),
                "{name} {key}"
            );
            let shares: f64 = rows.iter().filter_map(|row| row[1][2].as_f64()).sum();
            assert!((shares - 1.0).abs() < 1e-9, "{name} {key}");
        }
        let file: Value = serde_json::from_slice(&fixture(name)).expect("JSON");
        let points = file["pps"].as_array().expect("points");
        let at_peak: i64 = points.iter().map(|point| integer(&point["gb"])).sum();
        let rows = rows(&document, "stack");
        let shown: i64 = rows.iter().map(|row| integer(&row[1][5])).sum();
        assert!(shown <= at_peak && shown > 0, "{name}");
        let unit = document["time_unit"].as_str().expect("a unit");
        assert!(["µs", "instructions"].contains(&unit), "{unit}");
    }
}

#[test]
fn what_a_snapshot_does_not_tell_is_null() {
    let file = json!({
        "dhatFileVersion": 2, "mode": "rust-heap", "bklt": true,
        "pps": [{ "tb": 9, "tbk": 3, "eb": 6, "ebk": 2, "tl": 10, "fs": [0] }], "ftbl": ["f (a.rs:1:1)"],
    });
    let profile = Profile::parse(file.to_string().as_bytes()).expect("a snapshot");
    let model = inventory(&profile, &Options::default());
    let card = Card::of("a", &model.snapshot);
    let document: Value =
        serde_json::from_str(&page::summary(model, &card, &|_| None)).expect("JSON");
    assert_eq!(
        rows(&document, "site")[0][1],
        json!([6, 2, 1.0, 3, null, null, null, 9, 3, 0.0, 0.0])
    );
    assert_eq!(document["time_unit"], Value::Null);
    assert_eq!(document["snapshot"]["requests"], Value::Null);
}

#[test]
fn a_report_carries_every_document_and_the_source() {
    let read = |name, requests, seconds| {
        Profile::parse(&served(&fixture(name), requests, seconds)).expect("a snapshot")
    };
    let (before, after) = (
        read(PAIRS[0].0, 0, 1).labelled("x/before.json"),
        read(PAIRS[0].1, 1000, 9).labelled("x/after.json"),
    );
    let html = report(&before, &after);
    let documents = documents(&html);
    let urls: Vec<&str> = documents.keys().map(String::as_str).collect();
    assert_eq!(
        urls,
        [
            "api/comparison?base=before&snapshot=after",
            "api/flamegraph?base=before&snapshot=after&count=blocks",
            "api/flamegraph?base=before&snapshot=after&count=bytes",
            "api/flamegraph?snapshot=after&count=blocks",
            "api/flamegraph?snapshot=after&count=bytes",
            "api/flamegraph?snapshot=before&count=blocks",
            "api/flamegraph?snapshot=before&count=bytes",
            "api/snapshots",
            "api/snapshots/after/summary",
            "api/snapshots/before/summary",
        ]
    );
    for (url, document) in &documents {
        if url.contains("flamegraph") {
            let svg = roxmltree::Document::parse_with_options(
                document,
                roxmltree::ParsingOptions {
                    allow_dtd: true,
                    ..roxmltree::ParsingOptions::default()
                },
            )
            .expect("XML");
            let starts = |node: roxmltree::Node<'_, '_>| {
                node.has_tag_name("script") || node.attributes().any(|it| it.name() == "onload")
            };
            assert!(!svg.descendants().any(starts), "{url}");
        } else {
            serde_json::from_str::<Value>(document).expect("JSON");
        }
    }
    let comparison: Value =
        serde_json::from_str(&documents["api/comparison?base=before&snapshot=after"])
            .expect("JSON");
    assert_eq!(comparison["requests"], 1000);
    assert_eq!(comparison["before"]["label"], "before.json");
    let excerpts = comparison["sources"].as_object().expect("excerpts");
    let pushed = excerpts.values().any(|excerpt| {
        let lines = excerpt[2].as_array().expect("lines");
        lines
            .iter()
            .any(|line| line.as_str().is_some_and(|line| line.contains("leak.push")))
    });
    assert!(pushed, "{excerpts:?}");
    assert!(
        html.contains("<mark>push</mark>") || html.contains("<mark>leak</mark>"),
        "no answer"
    );
    assert!(html.len() < 2_000_000, "{}", html.len());
}

#[test]
fn two_reports_differ_by_their_nonce_alone() {
    let (before, after) = pair(PAIRS[0]);
    let without_nonce = |html: String| {
        let nonce = html
            .split("nonce-")
            .nth(1)
            .and_then(|rest| rest.split('&').next());
        let nonce = nonce.expect("a nonce").to_owned();
        assert!(nonce.len() >= 22, "{nonce}");
        html.replace(&nonce, "")
    };
    let (one, other) = (report(&before, &after), report(&before, &after));
    assert_ne!(one, other);
    assert_eq!(without_nonce(one), without_nonce(other));
}

/// Names that mean something to HTML, to a script, to JSON or to a URL.
const HOSTILE: [&str; 6] = [
    "<script>window.pwned=1</script>",
    "\"><img src=x onerror=window.pwned=1>",
    "</script><script>window.pwned=1</script>",
    "<!--<script>",
    "]]></title></style><svg onload=window.pwned=1>",
    "{{7*7}}${7*7}\u{2028}\u{202e}",
];

#[test]
fn no_name_in_a_snapshot_becomes_markup() {
    for name in HOSTILE {
        let html = report(&named(name, 1), &named(name, 1000));
        let harmless = report(&named("a", 1), &named("a", 1000));
        let tags = |html: &str| html.matches('<').count();
        assert_eq!(tags(&html), tags(&harmless), "{name}");
        assert!(
            !html.contains("window.pwned=1>") && !html.contains("<img"),
            "{name}"
        );
    }
}

/// A snapshot with this name wherever one can be.
fn named(name: &str, live: u64) -> Profile {
    let file = json!({
        "dhatFileVersion": 2, "mode": "rust-heap", "bklt": true, "cmd": name, "tu": name,
        "pps": [{ "tb": live, "tbk": 1, "eb": live, "ebk": 1, "fs": [0, 1] }],
        "ftbl": [format!("0x1: {name} ({name}.rs:1:1)"), format!("0x2: f<{name}>::g")],
        "heapshot": { "metadata": { "server": name, "requests": live, "requests_by_route": { name: 1 } } },
    });
    Profile::parse(file.to_string().as_bytes())
        .expect("a snapshot")
        .labelled(name)
}

#[test]
fn a_name_of_a_hundred_kilobytes_does_not_blow_up_a_report() {
    let long = "x".repeat(100_000);
    let html = report(&named(&long, 1), &named(&long, 1000));
    assert!(html.len() < 1_500_000, "{}", html.len());
}
