//! The Memory panel on the running server, in a browser and by clicks alone: to the line that leaks.
#![cfg(target_os = "linux")]

#[path = "../../../../tests/common/browser/mod.rs"]
mod browser;
mod cost;
#[path = "../../../service/tests/harness/mod.rs"]
mod harness;
#[path = "../program/mod.rs"]
mod program;
#[path = "../../../panel/tests/it/running.rs"]
#[allow(dead_code, reason = "these tests use their part")]
mod running;
mod status;
#[path = "../../../heapdiff/tests/browser/table.rs"]
#[allow(dead_code, reason = "these tests use their part")]
mod table;

use std::path::Path;

use nix::sys::signal::Signal;
use panel::ServerConfig;

use browser::{Page, wait_for};
use program::{Launch, Program};
use running::Running;
use table::Table;

fn server() -> Program {
    Launch::new(
        env!("CARGO_BIN_EXE_leaky-server"),
        "--listen 127.0.0.1:0 --workers 1",
    )
    .start()
}

/// A panel on it that finds the source.
fn panel_on(server: &Program) -> Running {
    Running::with(|config| {
        config.servers.push(ServerConfig::new(&server.url).unwrap());
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("");
        config.source_roots.push(crates);
    })
}

fn open(panel: &Running) -> Option<Page> {
    let page = Page::open()?;
    page.goto(&format!("{}/", panel.url));
    Some(page)
}

/// Clicks, and waits until the panel has so many snapshots and shows the last.
#[track_caller]
fn take_snapshot(page: &Page, panel: &Running, nth: usize) -> String {
    page.the("button", "Take snapshot").click();
    let taken = wait_for("the snapshot", || {
        let labels = panel.labels();
        (labels.len() == nth).then(|| labels[nth - 1].clone())
    });
    page.the("heading", &taken);
    taken
}

#[test]
fn two_snapshots_and_their_comparison_by_clicks_alone_show_the_line_that_leaks() {
    let server = server();
    let panel = panel_on(&server);
    let Some(page) = open(&panel) else { return };
    server.sizes(2, 5);
    let first = take_snapshot(&page, &panel, 1);
    let said = page.the("region", "Servers").text();
    assert!(
        said.contains("leaky-server") && said.contains("paused"),
        "{said}"
    );
    server.sizes(2, 20);
    take_snapshot(&page, &panel, 2);

    page.the("tab", "Comparison").click();
    let base = page.the("combobox", "compared with");
    assert_eq!(
        base.js::<String>("return it.selectedOptions[0].text"),
        first
    );
    let table = Table::once(&page, "the comparison", |table| {
        table.sorted_by().0 == "Alloc. Size"
    });
    let top = &table.rows[0];
    assert!(top.name.starts_with("Vec<Arc<Redundant>>"), "{top:?}");
    assert!(
        top.name.contains("lab1::bloat_my_server") && top.name.contains("src/lab1.rs:"),
        "{top:?}"
    );
    let head = page.the("region", "What the comparison says").text();
    assert!(head.contains("over 40 requests"), "{head}");

    page.the("button", "Vec<Arc<Redundant>>").click();
    let excerpt = page.the("group", "src/lab1.rs, line ").text();
    assert!(
        excerpt.contains("references.push(Arc::clone(&object));"),
        "{excerpt}"
    );
    for scheme in ["light", "dark"] {
        page.colour_scheme(scheme);
        for (width, height) in [(375, 812), (1000, 800), (1600, 1000)] {
            page.size(width, height).js::<()>("scrollTo(0, 0)", &[]);
            page.screenshot(&format!("lab1-{width}-{scheme}"));
        }
    }
    page.said_nothing();
}

#[test]
fn a_server_that_is_killed_while_it_takes_a_snapshot_is_told_and_the_panel_goes_on() {
    let mut server = server();
    let panel = panel_on(&server);
    let Some(page) = open(&panel) else { return };
    server.sizes(1, 2);
    let taken = take_snapshot(&page, &panel, 1);
    // stands still in the midst of it, as if it took long
    server.signal(Signal::SIGSTOP);
    page.the("button", "Take snapshot").click();
    page.the("progressbar", "Taking a snapshot");
    server.signal(Signal::SIGKILL);
    server.ended();
    wait_for("the alert", || {
        let mut alerts = page.all("alert", "").into_iter().map(|it| it.text());
        alerts.find(|text| text.starts_with("No snapshot of leaky-server"))
    });
    page.screenshot("lab1-killed-1000");
    wait_for("it is marked", || {
        page.the("region", "Servers")
            .text()
            .contains("gone")
            .then_some(())
    });
    assert_eq!(panel.labels(), [taken]);
    page.the("tab", "Flame graph").click();
    page.the("button", "all, ");
    let unexpected: Vec<_> = page
        .console()
        .into_iter()
        .filter(|it| !(it.text.contains("/api/servers/0/snapshots") && it.text.contains("502")))
        .collect();
    assert!(unexpected.is_empty(), "{unexpected:#?}");
}
