//! The tab "Status" in front of servers that tell what a test wants. (In front of real ones, under load: leaky-server's
//! tests.)

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use panel::ServerConfig;

use crate::browser::{Element, Key, Page, wait_for};
use crate::fake::{Fake, respond};
use crate::running::{Running, snapshot};
use crate::{is_fine, open};

/// What one of our own servers told once.
const METRICS: &str = include_str!("../metrics/classic.txt");

/// A server whose heap grows with every look at it.
fn growing() -> Fake {
    let looks = AtomicU64::new(0);
    Fake::start(move |head, stream| {
        if head.starts_with("GET /metrics ") {
            let look = looks.fetch_add(1, Ordering::SeqCst);
            let live = format!("heap_live_bytes {}", (4 + look) << 20);
            let told = METRICS.replace("heap_live_bytes 554836", &live);
            respond(stream, "200 OK", &told);
        } else {
            let body = r#"{"server":"shop","live_bytes":1,"live_blocks":1,"requests":5}"#;
            respond(stream, "200 OK", body);
        }
    })
}

/// The card of a server, when it has this in it.
#[track_caller]
fn card<'a>(page: &'a Page, name: &str, part: &str) -> Element<'a> {
    wait_for(&format!("{part:?} in the card of {name}"), || {
        let card = page.the("article", name);
        card.text().contains(part).then_some(card)
    })
}

/// Counts the connections on which the page is told of servers.
fn count_sources(page: &Page) {
    page.run_first(
        "globalThis.sources = new Set();
         globalThis.EventSource = class extends EventSource {
           constructor(url) { super(url); sources.add(this); }
           close() { sources.delete(this); super.close(); }
         };",
    );
}

fn sources(page: &Page) -> u64 {
    page.js("return sources.size", &[])
}

#[test]
fn a_panel_without_snapshots_begins_with_the_status_and_its_numbers_change() {
    let server = growing();
    let panel = Running::on(&server.url);
    let Some(page) = open(&panel) else { return };
    let tab = page.the("tab", "Status");
    assert_eq!(tab.attribute("aria-selected").as_deref(), Some("true"));
    let text = || card(&page, "shop", "live heap").text();
    let first = text();
    for part in ["Memory", "Latency", "p99", "CPU", "ceiling", "1.0 GiB"] {
        assert!(first.contains(part), "{part} in {first}");
    }
    wait_for("other numbers", || (text() != first).then_some(()));
    // one, and drawn anew every second: it is waited for, as it may go while it is looked at
    page.the("image", "Memory, the last minute");
    let table = page.the("table", "Memory in numbers").text();
    assert!(
        table.contains("live heap") && table.contains("RSS"),
        "{table}"
    );
    is_fine(&page, &panel);
}

#[test]
fn the_range_is_chosen_with_the_keyboard_and_kept_in_the_address() {
    let server = growing();
    let panel = Running::on(&server.url);
    panel.put("s1.json", &snapshot(1000, 1));
    let Some(page) = open(&panel) else { return };
    page.the("heading", "s1");
    let summary = page.the("tab", "Summary");
    summary.js::<()>("it.focus()");
    page.keys(Key::Left);
    assert_eq!(page.focused().text(), "Status");
    card(&page, "shop", "live heap");
    assert!(
        page.all("heading", "s1").is_empty(),
        "it is not about a snapshot"
    );
    let five = page.the("button", "5 min");
    five.js::<()>("it.focus()");
    page.keys(Key::Enter);
    page.the("image", "Memory, the last 5 minutes");
    assert_eq!(five.attribute("aria-pressed").as_deref(), Some("true"));
    page.reload();
    page.the("image", "Memory, the last 5 minutes");
    is_fine(&page, &panel);
}

#[test]
fn a_page_that_nobody_sees_holds_no_connection() {
    let server = growing();
    let panel = Running::on(&server.url);
    panel.put("s1.json", &snapshot(1000, 1));
    let Some(page) = Page::open() else { return };
    count_sources(&page);
    page.goto(&format!("{}/", panel.url));
    page.the("heading", "s1");
    assert_eq!(sources(&page), 0);
    page.the("tab", "Status").click();
    card(&page, "shop", "live heap");
    assert_eq!(sources(&page), 1);
    page.the("button", "15 min").click();
    page.the("image", "Memory, the last 15 minutes");
    assert_eq!(sources(&page), 1);
    let is_seen = |state: &str| {
        let script = format!(
            "Object.defineProperty(document, 'visibilityState', {{ value: '{state}', configurable: true }});
             document.dispatchEvent(new Event('visibilitychange'));"
        );
        page.js::<()>(&script, &[]);
    };
    is_seen("hidden");
    assert_eq!(sources(&page), 0);
    is_seen("visible");
    assert_eq!(sources(&page), 1);
    page.the("tab", "Summary").click();
    page.the("heading", "s1");
    assert_eq!(sources(&page), 0);
    is_fine(&page, &panel);
}

#[test]
fn metrics_that_cannot_be_read_are_told_with_what_to_do() {
    let named = |name: &'static str, status: &'static str, body: &'static str| {
        Fake::start(move |head, stream| {
            if head.starts_with("GET /healthz") {
                respond(stream, "200 OK", &format!(r#"{{"server":"{name}"}}"#));
            } else {
                respond(stream, status, body);
            }
        })
    };
    let without = named("old", "404 Not Found", "");
    let odd = named("odd", "200 OK", "<p>hello</p>");
    let panel = Running::with(|config| {
        for url in [&without.url, &odd.url] {
            config.servers.push(ServerConfig::new(url).unwrap());
        }
    });
    let Some(page) = open(&panel) else { return };
    let said = card(&page, "old", "no metrics").text();
    assert!(
        said.contains("it has no /metrics there: docs/formats.md"),
        "{said}"
    );
    let said = card(&page, "odd", "line 1 is none of Prometheus' text format").text();
    assert!(said.contains("no metrics"), "{said}");
    is_fine(&page, &panel);
}

#[test]
fn the_last_two_of_a_server_are_compared_and_not_those_of_its_namesake() {
    let taken = Arc::new(AtomicU64::new(0));
    let server = || {
        let taken = Arc::clone(&taken);
        Fake::start(move |head, stream| {
            if head.starts_with("GET /heapdump?") {
                respond(stream, "200 OK", r#"{"url":"/file"}"#);
            } else if head.starts_with("GET /file ") {
                let n = taken.fetch_add(1, Ordering::SeqCst) + 1;
                respond(stream, "200 OK", &snapshot(1000 * n * n, n));
            } else if head.starts_with("GET /metrics ") {
                respond(stream, "200 OK", METRICS);
            } else {
                respond(stream, "200 OK", r#"{"server":"shop"}"#);
            }
        })
    };
    let servers = [server(), server()];
    let panel = Running::with(|config| {
        for server in &servers {
            config.servers.push(ServerConfig::new(&server.url).unwrap());
        }
    });
    let Some(page) = open(&panel) else { return };
    let each = |name: &'static str| {
        wait_for(name, || {
            let both = page.all("button", name);
            (both.len() == 2).then_some(both)
        })
    };
    for (nth, at) in [0, 1, 0, 1].into_iter().enumerate() {
        each("Snapshot of shop")[at].click();
        wait_for("the snapshot", || {
            (panel.labels().len() == nth + 1).then_some(())
        });
        wait_for("the button", || {
            let button = &each("Snapshot of shop")[at];
            (button.attribute("aria-disabled").as_deref() == Some("false")).then_some(())
        });
    }
    // of the first server the first and the third: 1,000 and 9,000 bytes
    wait_for("the button", || {
        let compare = &each("Compare the last two of shop")[0];
        compare.attribute("disabled").is_none().then_some(())
    });
    each("Compare the last two of shop")[0].click();
    wait_for("the comparison", || {
        let text = page.the("tabpanel", "Comparison").text();
        text.contains("+8,000").then_some(())
    });
    page.back();
    each("Snapshot of shop");
    is_fine(&page, &panel);
}

#[test]
fn the_status_fits_and_can_be_read_in_every_size_and_in_both_colours() {
    let servers = [growing(), growing()];
    let panel = Running::with(|config| {
        for server in &servers {
            config.servers.push(ServerConfig::new(&server.url).unwrap());
        }
    });
    let Some(page) = open(&panel) else { return };
    for scheme in ["light", "dark"] {
        page.colour_scheme(scheme);
        for (width, height) in [(375, 812), (1000, 800), (1600, 1000)] {
            page.size(width, height);
            wait_for("both servers", || {
                let cards = page.all("article", "shop");
                let told = |it: &Element<'_>| it.text().contains("live heap");
                (cards.len() == 2 && cards.iter().all(told)).then_some(())
            });
            page.screenshot(&format!("panel-status-{width}-{scheme}"));
            let when = format!("at {width} px, {scheme}");
            let sideways = page.sideways();
            assert!(sideways.is_empty(), "{when}: {sideways:#?}");
            let faint = page.faint();
            assert!(faint.is_empty(), "{when}: {faint:#?}");
            let places = page.js::<Vec<[f64; 2]>>(
                "return [...document.querySelectorAll('.status-server')].map((it) => {
                   const box = it.getBoundingClientRect();
                   return [box.left, box.top];
                 })",
                &[],
            );
            let beside = (places[0][1] - places[1][1]).abs() < 1.0;
            assert_eq!(beside, width == 1600, "{when}: {places:?}");
        }
    }
    is_fine(&page, &panel);
}
