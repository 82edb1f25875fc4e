//! What is shown of the chosen snapshot, and of the one it is compared with.

use crate::browser::{Page, wait_for};
use crate::running::{Running, snapshot};
use crate::{is_fine, open};

fn three() -> Running {
    let panel = Running::start();
    for (n, bytes) in [(1, 1000), (2, 5000), (3, 6500)] {
        panel.put(&format!("s{n}.json"), &snapshot(bytes, n));
    }
    panel
}

/// The tab's text as soon as it has a part.
#[track_caller]
fn shows(page: &Page, tab: &str, part: &str) -> String {
    wait_for(&format!("{part:?} in {tab}"), || {
        let text = page.the("tabpanel", tab).text();
        text.contains(part).then_some(text)
    })
}

#[test]
fn the_newest_is_compared_with_the_one_before_or_with_the_one_that_is_chosen() {
    let panel = three();
    let Some(page) = open(&panel) else { return };
    page.the("heading", "s3");
    page.the("tab", "Comparison").click();
    shows(&page, "Comparison", "+1,500");
    let base = page.the("combobox", "compared with");
    base.js::<()>("it.focus()");
    base.keys("s1");
    let text = shows(&page, "Comparison", "+5,500");
    assert!(text.contains("over 2 requests"), "{text}");

    page.reload();
    shows(&page, "Comparison", "+5,500");
    page.the("button", "Rename s2"); // the list is there
    page.the("button", "s2").click();
    shows(&page, "Comparison", "+4,000");
    page.back();
    shows(&page, "Comparison", "+5,500");
    is_fine(&page, &panel);
}

#[test]
fn what_is_compared_can_be_chosen_however_often_the_list_is_asked_for() {
    let panel = three();
    let Some(page) = open(&panel) else { return };
    for tab in ["Comparison", "Flame graph"] {
        page.the("tab", tab).click();
        let base = page.the("combobox", "compared with");
        let asked = || {
            let requests = page.requests().into_iter();
            requests
                .filter(|url| url.ends_with("/api/snapshots"))
                .count()
        };
        let before = asked();
        wait_for("the list twice", || (asked() > before + 1).then_some(()));
        assert!(base.is_displayed(), "{tab}");
    }
    is_fine(&page, &panel);
}

#[test]
fn the_first_snapshot_says_that_a_comparison_needs_another() {
    let panel = Running::start();
    panel.put("s1.json", &snapshot(1000, 1));
    let Some(page) = open(&panel) else { return };
    page.the("tab", "Comparison").click();
    shows(&page, "Comparison", "needs a second snapshot");
    panel.put("s2.json", &snapshot(1700, 2));
    page.the("button", "Rename s2");
    shows(&page, "Comparison", "+700");
    is_fine(&page, &panel);
}

#[test]
fn summary_and_flame_graph_follow_what_is_chosen() {
    let panel = three();
    let Some(page) = open(&panel) else { return };
    shows(&page, "Summary", "6,500");
    page.the("button", "s1").click();
    shows(&page, "Summary", "1,000");
    page.the("tab", "Flame graph").click();
    page.the("button", "all, 1,000 bytes");
    page.the("button", "s2").click();
    page.the("button", "all, 4,000 bytes");
    is_fine(&page, &panel);
}

#[test]
fn what_a_snapshot_and_its_name_say_is_not_executed() {
    let evil = "<img src=x onerror=window.pwned=1>";
    let panel = three();
    let hostile = snapshot(9000, 4)
        .replace("shop::buy", evil)
        .replace("Vec<u8>", evil)
        .replace("./shop", evil);
    panel.put(
        &format!("{evil}.json"),
        &hostile.replace("\"server\":\"shop\"", &format!("\"server\":\"{evil}\"")),
    );
    let Some(page) = open(&panel) else { return };
    page.the("heading", evil);
    for tab in ["Summary", "Comparison", "Flame graph"] {
        page.the("tab", tab).click();
        wait_for(tab, || {
            (page.the("tabpanel", tab).text().len() > 40).then_some(())
        });
        let harm = "return window.pwned !== undefined || document.querySelector('img') !== null";
        assert!(!page.js::<bool>(harm, &[]), "{tab}");
    }
    is_fine(&page, &panel);
}
