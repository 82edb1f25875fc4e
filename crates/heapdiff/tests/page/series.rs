//! The page of a verdict: its document says what the judgement says, and no name in a series does harm.

use heapdiff::verdict::{self, judge_as_told};
use heapdiff::{InApp, Profile, page};
use serde_json::{Value, json};

use crate::{HOSTILE, named};

/// A series in which this name is wherever one can be, and its page.
fn named_series(name: &str) -> String {
    let series = [1, 2, 4, 8].map(|requests| named(name, requests));
    let series: Vec<&Profile> = series.iter().collect();
    let judgement = judge_as_told(&series, &InApp::default()).expect("a series");
    page::series_report(&series, &judgement, &InApp::default(), &|_| None).expect("a page")
}

#[test]
fn no_name_in_a_series_becomes_markup() {
    // whose code it is depends on the name, and so does what the head says of it
    let tags = |html: &str| {
        [
            "<script", "</script", "<style", "</style", "<title", "<svg", "<!--",
        ]
        .map(|tag| html.matches(tag).count())
    };
    let harmless = tags(&named_series("a"));
    for name in HOSTILE {
        let html = named_series(name);
        assert_eq!(tags(&html), harmless, "{name}");
        assert!(
            !html.contains("window.pwned=1>") && !html.contains("<img"),
            "{name}"
        );
    }
    let long = "x".repeat(100_000);
    let html = named_series(&long);
    assert!(html.len() < 2_500_000, "{}", html.len());
}

#[test]
fn the_document_of_a_verdict_is_the_judgement_as_programs_read_it() {
    let series = [1, 2, 4, 8].map(|requests| named("a", requests));
    let series: Vec<&Profile> = series.iter().collect();
    let judgement = judge_as_told(&series, &InApp::default()).expect("a series");
    let told: Value = serde_json::from_str(&verdict::json::render(&judgement)).expect("JSON");
    let shown: Value = serde_json::from_str(&page::growth(&judgement, &|_| None)).expect("JSON");
    for (key, value) in told.as_object().expect("an object") {
        if key != "sites" {
            assert_eq!(&shown[key], value, "{key}");
        }
    }
    let sites = |document: &Value| document["sites"].as_array().expect("sites").clone();
    assert_eq!(sites(&shown).len(), sites(&told).len());
    for (shown, told) in sites(&shown).iter().zip(sites(&told)) {
        for (key, value) in told.as_object().expect("an object") {
            assert_eq!(&shown[key], value, "{key}");
        }
    }
    for chart in [&shown["chart"], &shown["sites"][0]["chart"]] {
        roxmltree::Document::parse(chart.as_str().expect("an SVG")).expect("XML");
    }
}

#[test]
fn of_a_heap_with_thousands_of_sites_those_that_leak_are_shown() {
    let snapshot = |requests: u64| {
        let point = |at: u64| {
            let live = if at == 999 {
                100 * requests
            } else {
                64 + requests.min(2)
            };
            json!({ "tb": live, "tbk": requests, "eb": live, "ebk": requests, "fs": [at] })
        };
        let file = json!({
            "dhatFileVersion": 2, "mode": "rust-heap", "bklt": true, "cmd": "a",
            "pps": (0..1000).map(point).collect::<Vec<_>>(),
            "ftbl": (0..1000).map(|at| format!("0x1: shop::f{at} (shop/src/a.rs:{}:1)", at + 1)).collect::<Vec<_>>(),
            "heapshot": { "metadata": { "requests": requests } },
        });
        Profile::parse(file.to_string().as_bytes()).expect("a snapshot")
    };
    let series = [1, 10, 100, 1000].map(snapshot);
    let series: Vec<&Profile> = series.iter().collect();
    let judgement = judge_as_told(&series, &InApp::default()).expect("a series");
    let shown: Value = serde_json::from_str(&page::growth(&judgement, &|_| None)).expect("JSON");
    assert_eq!(shown["sites"].as_array().expect("sites").len(), 300);
    assert_eq!(shown["sites_left_out"], 700);
    assert_eq!(shown["sites"][0]["function"], "shop::f999");
    assert_eq!(shown["sites"][0]["class"], "leak");
}
