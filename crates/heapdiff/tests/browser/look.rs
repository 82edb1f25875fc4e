//! How the report looks, where that can be computed: width, darkness, contrast, paper. The rest is in screenshots.

use crate::browser::{Page, wait_for};
use crate::report::Report;
use crate::table::Table;

const TABS: [&str; 3] = ["Comparison", "Summary", "Flame graph"];

/// Opens a tab, and waits until it shows what it has.
fn open(page: &Page, tab: &str) {
    page.the("tab", tab).click();
    if tab == "Flame graph" {
        page.css("svg [tabindex], svg rect");
    } else {
        Table::of(page);
    }
}

#[test]
fn no_width_scrolls_sideways() {
    let Some(report) = Report::orders() else {
        return;
    };
    let page = &report.page;
    page.the("button", "orders/src/main.rs:36:14").click();
    for (width, height) in [(320, 640), (375, 800), (1000, 800), (1600, 900)] {
        page.size(width, height);
        for tab in TABS {
            open(page, tab);
            let sideways = page.sideways();
            assert!(sideways.is_empty(), "{tab} at {width} px: {sideways:#?}");
        }
    }
}

#[test]
fn every_view_is_kept_as_a_picture_narrow_and_wide_light_and_dark() {
    let Some(report) = Report::orders() else {
        return;
    };
    let page = &report.page;
    for scheme in ["light", "dark"] {
        page.colour_scheme(scheme);
        for (width, height) in [(375, 812), (1000, 800), (1600, 1000)] {
            page.size(width, height);
            for tab in TABS {
                open(page, tab);
                if tab == "Comparison" {
                    page.js::<()>("scrollTo(0, 0)", &[]); // with the head
                }
                let name = tab.to_lowercase().replace(' ', "-");
                page.screenshot(&format!("report-{name}-{width}-{scheme}"));
            }
        }
    }
    open(page, "Comparison");
    page.size(1000, 1600).colour_scheme("light");
    page.the("button", "orders/src/main.rs:36:14").click();
    page.screenshot("report-row-1000-light");
    page.size(375, 1600)
        .colour_scheme("dark")
        .screenshot("report-row-375-dark");
    page.said_nothing();
}

#[test]
fn light_is_light_and_dark_is_dark_and_all_text_can_be_read_on_it() {
    let Some(report) = Report::orders() else {
        return;
    };
    let page = report.page.size(1600, 1200);
    page.the("button", "orders/src/main.rs:36:14").click();
    for (scheme, range) in [("light", 200.0..256.0), ("dark", 0.0..60.0)] {
        page.colour_scheme(scheme);
        wait_for(scheme, || range.contains(&page.lightness()).then_some(()));
        for tab in TABS {
            open(page, tab);
            let faint = page.faint();
            assert!(faint.is_empty(), "{tab}, {scheme}: {faint:#?}");
        }
    }
    // and one may choose otherwise than the system
    page.the("button", "Use the light colours").click();
    wait_for("light", || (page.lightness() > 200.0).then_some(()));
    page.reload();
    wait_for("light again", || (page.lightness() > 200.0).then_some(()));
}

#[test]
fn paper_has_the_rows_and_not_the_controls() {
    let Some(report) = Report::orders() else {
        return;
    };
    let page = report.page.size(1000, 800);
    let first = Table::of(page);
    let pdf = page.print();
    assert!(pdf.starts_with(b"%PDF"), "{} bytes", pdf.len());
    page.print_media();
    wait_for("no filter on paper", || {
        page.all("searchbox", "").is_empty().then_some(())
    });
    let text = page.js::<String>("return document.body.innerText", &[]);
    assert!(
        text.contains("Vec<Arc<Redundant>>") && text.contains("exactly heap after"),
        "{text}"
    );
    assert!(page.lightness() > 200.0);
    assert_eq!(Table::of(page).count, first.count);
    page.said_nothing();
}
