//! Snapshots from files, by the picker and by drag and drop.

use std::fs;

use tempfile::TempDir;

use crate::browser::{Element, Page, wait_for};
use crate::running::{Running, snapshot};
use crate::{alert, is_fine, open};

fn files() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mine.json"), snapshot(4000, 7)).unwrap();
    fs::write(folder.path().join("yours.json"), snapshot(9000, 9)).unwrap();
    fs::write(folder.path().join("holiday.json"), "{\"no\": \"snapshot\"}").unwrap();
    folder
}

/// What the button "Load …" opens: no user sees it, and the system's own dialog is none of the page's.
fn picker(page: &Page) -> Element<'_> {
    page.css("input[type=file]")
}

#[test]
fn an_empty_panel_says_what_to_do() {
    let panel = Running::start();
    let Some(page) = open(&panel) else { return };
    page.the("heading", "Find what a service keeps");
    page.the("button", "Load …");
    is_fine(&page, &panel);
}

#[test]
fn a_file_that_is_picked_is_listed_and_shown() {
    let (panel, files) = (Running::start(), files());
    let Some(page) = open(&panel) else { return };
    picker(&page).keys(files.path().join("mine.json").display().to_string());
    page.the("heading", "mine");
    let summary = wait_for("the summary", || {
        let text = page.the("tabpanel", "Summary").text();
        text.contains("4,000").then_some(text)
    });
    assert!(summary.contains("shop::buy"), "{summary}");
    assert_eq!(panel.labels(), ["mine"]);
    is_fine(&page, &panel);
}

#[test]
fn files_that_are_dropped_are_listed_and_the_page_stays() {
    let (panel, files) = (Running::start(), files());
    let Some(page) = open(&panel) else { return };
    page.the("heading", "Find what a service keeps");
    for name in ["mine", "yours"] {
        page.drop_file(&files.path().join(format!("{name}.json")));
        page.the("heading", name);
    }
    assert_eq!(panel.labels(), ["mine", "yours"]);
    is_fine(&page, &panel);
}

#[test]
fn a_file_that_is_no_snapshot_is_refused_with_the_reason_and_not_kept() {
    let (panel, files) = (Running::start(), files());
    let Some(page) = open(&panel) else { return };
    page.the("heading", "Find what a service keeps");
    page.drop_file(&files.path().join("holiday.json"));
    let said = alert(&page, "Cannot load holiday.json");
    assert!(said.contains("DHAT"), "{said}");
    page.screenshot("panel-refused-1000");
    assert!(panel.labels().is_empty());
    assert!(!panel.names().contains(&"holiday.json".to_owned()));

    page.the("button", "Dismiss").click();
    wait_for("it is dismissed", || {
        page.all("alert", "").is_empty().then_some(())
    });
    page.drop_file(&files.path().join("mine.json"));
    page.the("heading", "mine");
    // the browser notes each request that failed: this one, and no other
    let messages = page.console();
    let expected =
        |text: &str| text.contains("/api/snapshots?label=holiday.json") && text.contains(" 4");
    assert!(
        messages.len() == 1 && expected(&messages[0].text),
        "{messages:#?}"
    );
}
