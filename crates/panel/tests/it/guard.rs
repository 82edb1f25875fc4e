//! Who is turned away, and what keeps others out of the answers.

use reqwest::Method;

use crate::running::{Running, snapshot};

const PATHS: [&str; 4] = ["/", "/assets/main.js", "/api/snapshots", "/nowhere"];

#[test]
fn a_host_that_is_not_the_panel_gets_nothing() {
    let panel = Running::start();
    for path in PATHS {
        for host in [
            "example.com",
            "127.0.0.1",
            "localhost:1",
            "127.0.0.1.nip.io",
            "[::1]evil",
        ] {
            let request = panel.ask(Method::GET, path).header("host", host);
            let reason = request.send().refuses(403);
            assert!(reason.contains("Host"), "{reason}");
        }
    }
    let local = panel.url.replace("http://127.0.0.1", "localhost");
    panel
        .ask(Method::GET, "/api/snapshots")
        .header("host", &local)
        .send()
        .is(200);
}

#[test]
fn a_page_of_another_origin_gets_nothing_and_changes_nothing() {
    let panel = Running::start();
    panel.put("a.json", &snapshot(1, 1));
    let path = format!("/api/snapshots/{}", panel.id("a"));
    for origin in ["http://example.com", "null", "http://127.0.0.1:1"] {
        for path in PATHS {
            let request = panel.ask(Method::GET, path).header("origin", origin);
            request.send().refuses(403);
        }
        let delete = panel.ask(Method::DELETE, &path).header("origin", origin);
        delete.send().refuses(403);
        let upload = panel.ask(Method::POST, "/api/snapshots");
        let upload = upload.header("origin", origin).body(snapshot(1, 1));
        upload.send().refuses(403);
    }
    assert_eq!(panel.names(), ["a.json"]);
}

#[test]
fn a_change_without_an_origin_needs_the_browsers_word() {
    let panel = Running::start();
    let upload = || {
        panel
            .ask(Method::POST, "/api/snapshots")
            .without("origin")
            .body(snapshot(1, 1))
    };
    let reason = upload().send().refuses(403);
    assert!(reason.contains("Origin: http://127.0.0.1:PORT"), "{reason}");
    for site in ["none", "same-site", "cross-site"] {
        upload().header("sec-fetch-site", site).send().refuses(403);
    }
    upload()
        .header("sec-fetch-site", "same-origin")
        .send()
        .is(200);
}

#[test]
fn another_site_can_link_to_the_page_and_no_more() {
    let panel = Running::start();
    let link = |path| {
        panel
            .ask(Method::GET, path)
            .header("sec-fetch-site", "cross-site")
            .header("sec-fetch-mode", "navigate")
            .header("sec-fetch-dest", "document")
    };
    link("/").send().is(200);
    for path in &PATHS[1..] {
        link(path).send().refuses(403);
    }
    link("/")
        .header("sec-fetch-dest", "iframe")
        .send()
        .refuses(403);
}

#[test]
fn every_answer_keeps_others_out() {
    let panel = Running::start();
    let foreign = panel.ask(Method::GET, "/").header("host", "example.com");
    let wrong = panel.ask(Method::PUT, "/api/comparison");
    let preflight = panel
        .ask(Method::OPTIONS, "/api/snapshots")
        .header("access-control-request-method", "POST");
    let asked = PATHS.map(|path| panel.ask(Method::GET, path));
    for request in asked.into_iter().chain([foreign, wrong, preflight]) {
        let (answer, headers) = request.send_for_headers();
        for header in [
            "cache-control: no-store",
            "referrer-policy: no-referrer",
            "x-content-type-options: nosniff",
            "cross-origin-resource-policy: same-origin",
            "cross-origin-opener-policy: same-origin",
            "frame-ancestors 'none'",
            "default-src 'none'",
        ] {
            assert!(headers.contains(header), "{header} {answer:?}\n{headers}");
        }
        assert!(!headers.contains("access-control"), "{headers}");
    }
}
