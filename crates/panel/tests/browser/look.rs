//! The panel's pictures, narrow and wide, light and dark; and that none scrolls sideways.

use crate::browser::{Page, wait_for};
use crate::fake::{Fake, respond};
use crate::running::{Running, snapshot};
use crate::{is_fine, open};

const SIZES: [(u32, u32); 3] = [(375, 812), (1000, 800), (1600, 1000)];

/// Three snapshots, one of them with a long name, and two servers, one of them gone.
fn busy() -> Running {
    let server = Fake::start(|_, stream| {
        let body = r#"{"server":"leaky-server","live_bytes":130023424,"live_blocks":2408,"requests":800,"rss_bytes":180023424}"#;
        respond(stream, "200 OK", body);
    });
    let panel = Running::on(&server.url);
    for (n, bytes) in [(1, 1_000_000), (2, 65_000_000), (3, 130_023_424)] {
        panel.put(&format!("s{n}.json"), &snapshot(bytes, 400 + n));
    }
    let long = "a name that is longer than the sidebar is wide ".repeat(2);
    panel.rename(&panel.id("s2"), long.trim()).is(200);
    panel
}

#[track_caller]
fn is_not_too_wide(page: &Page, when: &str) {
    let sideways = page.sideways();
    assert!(sideways.is_empty(), "{when}: {sideways:#?}");
}

#[test]
fn every_view_is_kept_as_a_picture_and_none_scrolls_sideways_or_is_faint() {
    let panel = busy();
    let Some(page) = open(&panel) else { return };
    for scheme in ["light", "dark"] {
        page.colour_scheme(scheme);
        for (width, height) in SIZES {
            page.size(width, height);
            for tab in ["Summary", "Comparison", "Flame graph"] {
                page.the("tab", tab).click();
                let loaded = || {
                    let text = page.the("tabpanel", tab).text();
                    (text.contains("shop::buy") || text.contains("130,023,424")).then_some(())
                };
                wait_for(tab, loaded);
                page.js::<()>("scrollTo(0, 0)", &[]);
                let name = tab.to_lowercase().replace(' ', "-");
                page.screenshot(&format!("panel-{name}-{width}-{scheme}"));
                is_not_too_wide(&page, &format!("{tab} at {width} px"));
                let faint = page.faint();
                assert!(
                    faint.is_empty(),
                    "{tab} at {width} px, {scheme}: {faint:#?}"
                );
            }
        }
    }
    is_fine(&page, &panel);
}

#[test]
fn on_a_narrow_screen_the_list_is_put_away_and_fetched_with_a_button() {
    let panel = busy();
    let Some(page) = open(&panel) else { return };
    page.size(375, 812);
    page.the("heading", "s3");
    let drawer = page.the("button", "Snapshots and servers");
    assert_eq!(drawer.attribute("aria-expanded").as_deref(), Some("false"));
    assert!(page.all("button", "Rename s1").is_empty());
    drawer.click();
    assert_eq!(drawer.attribute("aria-expanded").as_deref(), Some("true"));
    page.the("button", "Rename s1");
    page.screenshot("panel-list-375-light");
    is_not_too_wide(&page, "with the list");
    page.the("button", "s1").click();
    page.the("heading", "s1");
    wait_for("it is put away", || {
        page.all("button", "Rename s1").is_empty().then_some(())
    });
    is_fine(&page, &panel);
}
