//! The page, and the documents that it shows.

use serde_json::Value;

use crate::running::{Running, snapshot, uncounted};

fn with_two() -> (Running, String, String) {
    let panel = Running::start();
    panel.put("a.json", &snapshot(1000, 1));
    panel.put("b.json", &snapshot(5000, 5));
    let (a, b) = (panel.id("a"), panel.id("b"));
    (panel, a, b)
}

#[test]
fn the_page_is_there_with_its_files() {
    let panel = Running::start();
    let page = panel.get("/").is(200).text();
    assert!(page.starts_with("<!"), "{page}");
    for asset in heapdiff::page::ASSETS {
        let path = format!("/assets/{}", asset.name);
        assert_eq!(panel.get(&path).is(200).text(), asset.body);
    }
    let policy = |panel: &Running| {
        let (_, headers) = panel.ask(reqwest::Method::GET, "/").send_for_headers();
        let mut lines = headers.lines().map(str::to_owned);
        lines.find(|line| line.starts_with("content-security-policy: "))
    };
    assert_ne!(policy(&panel), policy(&panel), "each page has its own");
}

#[test]
fn a_comparison_is_of_the_two_that_are_asked_for() {
    let (panel, a, b) = with_two();
    let path = format!("/api/comparison?base={a}&snapshot={b}");
    let comparison = panel.get(&path).is(200).json();
    assert_eq!(comparison["before"]["label"], "a");
    assert_eq!(comparison["after"]["label"], "b");
    assert_eq!(comparison["requests"], 4);
}

#[test]
fn a_comparison_shows_the_line_where_its_source_is() {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(root.path().join("shop/src")).unwrap();
    let source = "//\n\nfn buy() {\n    basket.push(0);\n}\n";
    std::fs::write(root.path().join("shop/src/main.rs"), source).unwrap();
    let panel = Running::with(|config| config.source_roots = vec![root.path().to_owned()]);
    panel.put("a.json", &snapshot(1000, 1));
    panel.put("b.json", &snapshot(5000, 5));
    let path = format!(
        "/api/comparison?base={}&snapshot={}",
        panel.id("a"),
        panel.id("b")
    );
    let comparison = panel.get(&path).is(200).text();
    assert!(comparison.contains("basket.push(0)"), "{comparison}");
}

#[test]
fn a_renamed_snapshot_is_compared_under_its_new_name() {
    let (panel, a, b) = with_two();
    let path = format!("/api/comparison?base={a}&snapshot={b}");
    panel.get(&path).is(200);
    panel.rename(&a, "start").is(200);
    assert_eq!(panel.get(&path).is(200).json()["before"]["label"], "start");
}

#[test]
fn a_summary_is_of_the_file_as_it_is_now() {
    let (panel, a, _) = with_two();
    let path = format!("/api/snapshots/{a}/summary");
    assert_eq!(panel.get(&path).is(200).json()["total_bytes"], 1000);
    panel.put("a.json", &snapshot(77, 1));
    assert_eq!(panel.get(&path).is(200).json()["total_bytes"], 77);
}

#[test]
fn a_flame_graph_is_of_one_or_of_two() {
    let (panel, a, b) = with_two();
    for path in [
        format!("/api/flamegraph?snapshot={b}"),
        format!("/api/flamegraph?snapshot={b}&count=blocks"),
        format!("/api/flamegraph?base={a}&snapshot={b}&count=bytes"),
    ] {
        let (answer, headers) = panel.ask(reqwest::Method::GET, &path).send_for_headers();
        assert!(answer.is(200).text().contains("<svg"), "{path}");
        assert!(headers.contains("content-type: image/svg+xml"), "{headers}");
    }
}

#[test]
fn what_cannot_be_shown_is_told() {
    let (panel, a, _) = with_two();
    panel.get("/api/comparison").refuses(400);
    panel.get(&format!("/api/comparison?base={a}")).refuses(400);
    let nobody = format!("/api/comparison?base={a}&snapshot=nobody");
    panel.get(&nobody).refuses(404);
    panel.get("/api/flamegraph?snapshot=nobody").refuses(404);
    panel
        .get(&format!("/api/flamegraph?snapshot={a}&count=cats"))
        .refuses(400);
    panel.get("/api/snapshots/nobody/summary").refuses(404);
}

#[test]
fn names_in_a_snapshot_are_data() {
    let panel = Running::start();
    let hostile = snapshot(1000, 1)
        .replace("shop::buy", "<script>alert(1)</script>")
        .replace("\"shop\"", "\"<script>alert(2)</script>\"");
    panel.put("a.json", &hostile);
    let id = panel.id("a");
    assert_eq!(panel.card("a")["server"], "<script>alert(2)</script>");
    let path = format!("/api/snapshots/{id}/summary");
    assert_ne!(panel.get(&path).is(200).json(), Value::Null);
    let svg = panel
        .get(&format!("/api/flamegraph?snapshot={id}"))
        .is(200)
        .text();
    assert!(!svg.contains("<script>alert"), "{svg}");
}

#[test]
fn a_verdict_is_of_the_series_that_is_asked_for() {
    let panel = Running::start();
    for requests in [1, 2, 4, 8] {
        panel.put(
            &format!("s{requests}.json"),
            &snapshot(1000 * requests, requests),
        );
    }
    let ids = [1, 2, 4, 8].map(|requests| panel.id(&format!("s{requests}")));
    let path = |ids: &[String]| format!("/api/verdict?snapshots={}", ids.join(","));
    let verdict = panel.get(&path(&ids)).is(200).json();
    assert_eq!(verdict["verdict"], "leak");
    assert_eq!(verdict["heap"][3]["path"], "s8");
    assert_eq!(verdict["sites"][0]["bytes_per_request"], 1000.0);
    let chart = verdict["sites"][0]["chart"].as_str().unwrap();
    assert!(chart.starts_with("<svg "), "{chart}");
    let other = panel.get(&path(&ids[1..])).is(200).json();
    assert_eq!(other["heap"].as_array().unwrap().len(), 3);
}

#[test]
fn snapshots_that_are_no_series_are_told() {
    let panel = Running::start();
    for requests in [1, 2, 4] {
        panel.put(&format!("s{requests}.json"), &snapshot(1000, requests));
    }
    panel.put("unknown.json", &uncounted(1000));
    let id = |name: &str| panel.id(name);
    let refuses = |status: u16, ids: &[String]| {
        let path = format!("/api/verdict?snapshots={}", ids.join(","));
        panel.get(&path).refuses(status)
    };
    panel.get("/api/verdict").refuses(400);
    refuses(404, &[id("s1"), id("s2"), "nobody".to_owned()]);
    let few = refuses(422, &[id("s1"), id("s2")]);
    assert!(few.contains("at least 3 snapshots"), "{few}");
    let fall = refuses(422, &[id("s4"), id("s2"), id("s1")]);
    assert!(fall.contains("must rise"), "{fall}");
    let untold = refuses(422, &[id("s1"), id("s2"), id("unknown")]);
    assert!(
        untold.contains("does not say how many requests"),
        "{untold}"
    );
    let many = refuses(422, &vec![id("s1"); 25]);
    assert!(many.contains("choose fewer"), "{many}");
}
