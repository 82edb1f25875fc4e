//! Growth: which snapshots are judged together, and what is said where that cannot be.

use crate::browser::{Page, wait_for};
use crate::fake::{Fake, respond};
use crate::running::{Running, snapshot, uncounted};
use crate::{is_fine, open};

/// A list that doubles its room: 16 bytes a request.
fn leak(requests: u64) -> String {
    snapshot(16 * (100 * requests).next_power_of_two(), requests)
}

/// Snapshots of one run after so many requests, under names that say so.
fn series(requests: &[u64]) -> Running {
    let panel = Running::start();
    for requests in requests {
        panel.put(&format!("after{requests}.json"), &leak(*requests));
    }
    panel
}

fn opened(panel: &Running) -> Option<Page> {
    let page = open(panel)?;
    page.the("tab", "Growth").click();
    Some(page)
}

/// The tab's text as soon as it has a part.
#[track_caller]
fn shows(page: &Page, part: &str) -> String {
    wait_for(&format!("{part:?} in Growth"), || {
        let text = page.the("tabpanel", "Growth").text();
        text.contains(part).then_some(text)
    })
}

fn unfold(page: &Page) {
    page.css("details.series summary").click();
}

#[test]
fn all_snapshots_of_the_run_are_judged_and_a_new_one_joins_them() {
    let panel = series(&[1, 2, 4, 8]);
    let Some(page) = opened(&panel) else { return };
    let text = shows(&page, "Vec<u8>");
    assert!(
        text.contains("Series: 4 of 4 snapshots, 1 to 8 requests"),
        "{text}"
    );
    assert!(text.contains("from 1 to 8 requests"), "{text}");
    page.the("region", "The verdict");
    page.the("image", "The whole heap against requests");
    page.the(
        "image",
        "Vec<u8> in shop::buy (shop/src/main.rs:3) against requests",
    );

    panel.put("after16.json", &leak(16));
    let text = shows(&page, "1 to 16 requests");
    assert!(text.contains("Series: 5 of 5"), "{text}");
    is_fine(&page, &panel);
}

#[test]
fn boxes_choose_others_and_the_address_keeps_them() {
    let panel = series(&[1, 2, 4, 8, 9]);
    let Some(page) = opened(&panel) else { return };
    shows(&page, "from 8 to 9 the requests did not double");
    unfold(&page);
    page.the("checkbox", "after9").click();
    let text = shows(&page, "Series: 4 of 5 snapshots, 1 to 8 requests");
    assert!(text.contains("all 1"), "{text}");
    wait_for("the other verdict", || {
        let text = page.the("tabpanel", "Growth").text();
        (!text.contains("did not double") && text.contains("Vec<u8>")).then_some(())
    });
    page.reload();
    shows(&page, "Series: 4 of 5 snapshots");
    unfold(&page);
    assert!(
        !page
            .the("checkbox", "after9")
            .js::<bool>("return it.checked")
    );
    page.the("button", "All of this run").click();
    shows(&page, "Series: 5 of 5 snapshots");
    is_fine(&page, &panel);
}

#[test]
fn what_is_missing_for_a_verdict_is_said_in_words() {
    let panel = series(&[1, 2]);
    panel.put("unknown.json", &uncounted(5000));
    let Some(page) = opened(&panel) else { return };
    shows(&page, "does not say how many requests were served");
    page.the("button", "after2").click();
    let text = shows(&page, "at least three snapshots");
    assert!(text.contains("there are 2"), "{text}");
    unfold(&page);
    assert!(
        page.the("checkbox", "unknown")
            .js::<bool>("return it.disabled")
    );
    panel.put("after4.json", &leak(4));
    shows(&page, "Vec<u8>");
    page.the("checkbox", "after4").click();
    shows(&page, "at least three snapshots");
    is_fine(&page, &panel);
}

#[test]
fn a_server_that_was_started_again_begins_a_series_of_its_own() {
    let panel = Running::start();
    // the minute of a snapshot is its number of requests
    for (minute, requests) in [(1, 1), (2, 2), (3, 4), (4, 8), (5, 1), (6, 3), (7, 6)] {
        let file =
            leak(requests).replace(&format!("03:{requests:02}:"), &format!("03:{minute:02}:"));
        panel.put(&format!("m{minute}.json"), &file);
    }
    let Some(page) = opened(&panel) else { return };
    shows(&page, "Series: 3 of 7 snapshots, 1 to 6 requests");
    page.the("button", "m2").click();
    shows(&page, "Series: 4 of 7 snapshots, 1 to 8 requests");
    unfold(&page);
    page.the("checkbox", "m5").click();
    let text = shows(&page, "requests must rise");
    assert!(text.contains("m5 (1) comes after m4 (8)"), "{text}");
    is_fine(&page, &panel);
}

#[test]
fn names_in_a_series_are_data() {
    let panel = Running::start();
    let evil = "<img src=x onerror=window.pwned=1>";
    for requests in [1, 2, 4, 8] {
        let file = leak(requests)
            .replace("shop::buy", evil)
            .replace("Vec<u8>", evil);
        panel.put(&format!("{evil}{requests}.json"), &file);
    }
    let Some(page) = opened(&panel) else { return };
    let text = shows(&page, "all 1");
    assert!(text.contains(evil), "{text}");
    unfold(&page);
    let harm = "return window.pwned !== undefined || document.querySelector('img') !== null";
    assert!(!page.js::<bool>(harm, &[]));
    is_fine(&page, &panel);
}

#[test]
fn growth_is_kept_as_a_picture_and_never_scrolls_sideways_nor_is_faint() {
    let server = Fake::start(|_, stream| {
        respond(
            stream,
            "200 OK",
            r#"{"server":"shop","live_bytes":1,"requests":8}"#,
        );
    });
    let panel = Running::on(&server.url);
    for requests in [1, 2, 4, 8] {
        panel.put(&format!("after{requests}.json"), &leak(requests));
    }
    let Some(page) = opened(&panel) else { return };
    shows(&page, "Vec<u8>");
    unfold(&page);
    for scheme in ["light", "dark"] {
        page.colour_scheme(scheme);
        for (width, height) in [(375, 1600), (1000, 1200), (1600, 1000)] {
            page.size(width, height);
            page.js::<()>("scrollTo(0, 0)", &[]);
            page.screenshot(&format!("panel-growth-{width}-{scheme}"));
            let sideways = page.sideways();
            assert!(sideways.is_empty(), "at {width} px: {sideways:#?}");
            let faint = page.faint();
            assert!(faint.is_empty(), "at {width} px, {scheme}: {faint:#?}");
        }
    }
    is_fine(&page, &panel);
}
