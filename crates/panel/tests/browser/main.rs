//! The panel in a real browser, in front of folders and of servers that behave as a test wants. (In front of a real
//! one: leaky-server's tests.)
#![cfg(target_os = "linux")]

#[path = "../../../../tests/common/browser/mod.rs"]
mod browser;
#[path = "../it/fake.rs"]
#[allow(dead_code, reason = "these tests use their part")]
mod fake;
#[path = "../../../service/tests/harness/mod.rs"]
mod harness;
#[path = "../it/running.rs"]
#[allow(dead_code, reason = "these tests use their part")]
mod running;

mod growth;
mod guard;
mod load;
mod look;
mod server;
mod snapshots;
mod status;
mod views;

use browser::{Page, wait_for};
use running::Running;

/// The panel's page; nothing where this machine has no browser.
fn open(panel: &Running) -> Option<Page> {
    let page = Page::open()?;
    page.goto(&format!("{}/", panel.url));
    Some(page)
}

/// The alert that has this in it.
#[track_caller]
fn alert(page: &Page, part: &str) -> String {
    wait_for(part, || {
        let alerts = page.all("alert", "").into_iter();
        alerts.map(|it| it.text()).find(|text| text.contains(part))
    })
}

/// Nothing went wrong in the page, and it asked nobody but the panel.
#[track_caller]
fn is_fine(page: &Page, panel: &Running) {
    page.said_nothing();
    let elsewhere: Vec<_> = page
        .requests()
        .into_iter()
        .filter(|url| !url.starts_with(&format!("{}/", panel.url)))
        .collect();
    assert!(elsewhere.is_empty(), "{elsewhere:#?}");
}
