//! The list of snapshots: choose, rename, delete, bring back, download.

use std::fs;

use crate::browser::{Key, wait_for};
use crate::running::{Running, snapshot};
use crate::{alert, is_fine, open};

fn two() -> Running {
    let panel = Running::start();
    panel.put("one.json", &snapshot(1000, 1));
    panel.put("two.json", &snapshot(5000, 2));
    panel
}

/// Waits until the panel has snapshots of these names and no other.
#[track_caller]
fn has(panel: &Running, labels: &[&str]) {
    wait_for(&format!("{labels:?}"), || {
        (panel.labels() == labels).then_some(())
    });
}

#[test]
fn a_snapshot_is_renamed_with_the_keyboard_and_escape_leaves_it_as_it_was() {
    let panel = two();
    let Some(page) = open(&panel) else { return };
    page.the("button", "Rename one").click();
    let field = page.the("textbox", "New name");
    assert_eq!(field.js::<String>("return it.value"), "one");
    page.keys("the first (one)").keys(Key::Enter);
    has(&panel, &["the first (one)", "two"]);
    page.the("button", "Rename the first (one)");

    page.the("button", "Rename two").click();
    page.the("textbox", "New name");
    page.keys("never mind").keys(Key::Escape);
    page.the("button", "Rename two");
    has(&panel, &["the first (one)", "two"]);
    is_fine(&page, &panel);
}

#[test]
fn a_name_that_cannot_be_is_refused_with_the_reason() {
    let panel = two();
    let Some(page) = open(&panel) else { return };
    page.the("button", "Rename one").click();
    page.the("textbox", "New name");
    page.keys("../<b>one</b>").keys(Key::Enter);
    let said = alert(&page, "Cannot rename one");
    assert!(said.contains("letters, digits, spaces"), "{said}");
    has(&panel, &["one", "two"]);
    page.the("button", "Rename one");
    let messages = page.console();
    assert!(
        messages.len() == 1 && messages[0].text.contains(" 400 "),
        "{messages:#?}"
    );
}

#[test]
fn a_deleted_snapshot_comes_back_by_undo_and_by_restore() {
    let panel = two();
    let Some(page) = open(&panel) else { return };
    page.the("button", "Delete one").click();
    has(&panel, &["two"]);
    page.the("button", "Undo").click();
    has(&panel, &["one", "two"]);

    page.the("button", "Delete two").click();
    has(&panel, &["one"]);
    page.css("details.trash > summary").click();
    page.the("button", "Restore two").click();
    has(&panel, &["one", "two"]);
    is_fine(&page, &panel);
}

#[test]
fn a_downloaded_snapshot_is_the_file_to_the_byte() {
    let panel = two();
    let Some(page) = open(&panel) else { return };
    let folder = tempfile::tempdir().unwrap();
    page.download_to(folder.path());
    page.the("link", "Download two").click();
    // The browser makes an empty file of that name first.
    let text = wait_for("the download", || {
        let text = fs::read_to_string(folder.path().join("two.json")).ok();
        text.filter(|text| !text.is_empty())
    });
    assert_eq!(text, snapshot(5000, 2));
    is_fine(&page, &panel);
}

#[test]
fn what_comes_and_goes_in_the_folder_comes_and_goes_on_the_page() {
    let panel = two();
    let Some(page) = open(&panel) else { return };
    page.the("button", "Rename two");
    panel.put("three.json", &snapshot(9000, 3));
    page.the("button", "Rename three");
    panel.put(
        "broken.json",
        &snapshot(9000, 4).replace("\"fs\":[1,2]", "\"fs\":[1,7]"),
    );
    let broken = page.the("button", "broken");
    assert!(
        broken.text().contains("cannot be read"),
        "{}",
        broken.text()
    );
    broken.click();
    page.the("heading", "broken");
    fs::remove_file(panel.path("broken.json")).unwrap();
    wait_for("it is gone", || {
        page.all("button", "Rename broken").is_empty().then_some(())
    });
    page.the("heading", "three");
    is_fine(&page, &panel);
}

#[test]
fn a_half_typed_name_survives_the_list_being_asked_for_anew() {
    let panel = two();
    let Some(page) = open(&panel) else { return };
    page.the("button", "Rename one").click();
    page.the("textbox", "New name");
    page.keys("half");
    panel.put("three.json", &snapshot(9000, 3));
    page.the("button", "Rename three");
    page.keys(" typed").keys(Key::Enter);
    has(&panel, &["half typed", "two", "three"]);
    is_fine(&page, &panel);
}
