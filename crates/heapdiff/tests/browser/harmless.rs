//! Snapshots that wish ill do none: nothing is executed or asked for, all is shown as what it is.

use crate::browser::{Page, wait_for};
use crate::hostile::{FILES, NAMES, snapshot};
use crate::report::Report;
use crate::run::Run;
use crate::table::Table;
use crate::verdict_page::VerdictPage;

/// Nothing was executed, and nothing that could be is in the document.
#[track_caller]
fn is_unharmed(page: &Page, when: &str) {
    let found = page.js::<Vec<String>>(
        r#"
        const found = [...document.querySelectorAll("img, iframe, frame, object, embed, base, form, meta[http-equiv=refresh], math")];
        for (const element of document.querySelectorAll("*")) {
            for (const { name, value } of element.attributes) {
                if (name.startsWith("on") || /^\s*(javascript|data:text\/html)/i.test(value) && ["href", "src", "action", "xlink:href"].includes(name)) found.push(element);
            }
        }
        const harm = found.map(element => element.outerHTML.slice(0, 200));
        if (window.pwned !== undefined || Object.prototype.pwned !== undefined) harm.push("executed");
        if (/[\0-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]/.test(document.body.innerText)) harm.push("control characters");
        return harm;
        "#,
        &[],
    );
    assert!(found.is_empty(), "{when}: {found:#?}");
}

#[test]
fn nothing_that_a_snapshot_says_is_executed() {
    let Some(report) = Report::of(&snapshot(1), &snapshot(2)) else {
        return;
    };
    let page = report.page.size(1000, 6000);
    is_unharmed(page, "at first");
    for by in ["type", "stack", "site"] {
        page.the("button", by).click();
        let expected = report.compare(&["--by", by]);
        let rows = expected["rows"].as_array().expect("rows").len();
        Table::once(page, by, |table| table.count == rows);
        open_all(page);
        is_unharmed(page, by);
    }
    for tab in ["Summary", "Flame graph", "Comparison"] {
        page.the("tab", tab).click();
        wait_for(tab, || {
            (!page.the("tabpanel", tab).text().is_empty()).then_some(())
        });
        if tab == "Summary" {
            Table::once(page, tab, |table| table.sorted_by().0 == "Live bytes");
            open_all(page);
        } else if tab == "Flame graph" {
            page.css("svg rect");
        }
        is_unharmed(page, tab);
    }
    page.said_nothing();
    assert_eq!(page.requests().len(), 1, "{:?}", page.requests());
}

#[test]
fn nothing_that_a_series_says_is_executed() {
    let run = (1..=4).fold(
        Run::new("verdict 1.json 2.json 3.json 4.json"),
        |run, round| run.file(&format!("{round}.json"), snapshot(round)),
    );
    let Some(made) = VerdictPage::opened(run) else {
        return;
    };
    let page = made.page.size(1000, 6000);
    let expected = made.json()["sites"].as_array().expect("sites").len();
    made.shows(&format!("{expected} sites"));
    page.js::<()>(
        "for (const folded of document.querySelectorAll('details')) folded.open = true",
        &[],
    );
    while let [more] = &page.all("button", "Show ")[..] {
        more.click();
    }
    let shown = page.js::<usize>("return document.querySelectorAll('h3').length", &[]);
    let charts = page.js::<usize>("return document.querySelectorAll('svg.chart').length", &[]);
    assert_eq!((shown, charts), (expected, expected + 1));
    is_unharmed(page, "growth");
    for name in [NAMES[0], NAMES[1], NAMES[3], NAMES[12]] {
        page.js::<()>(
            "if (![...document.querySelectorAll('h3')].some(it => it.innerText.includes(arguments[0]))) throw arguments[0]",
            &[format!("Vec<{name}>").into()],
        );
    }
    assert!(page.sideways().is_empty(), "{:#?}", page.sideways());
    for tab in ["Comparison", "Growth"] {
        page.the("tab", tab).click();
        is_unharmed(page, tab);
    }
    for hash in [
        "class=<img src=x onerror=window.pwned=1>",
        "class=__proto__",
    ] {
        page.js::<()>("location.hash = arguments[0]", &[hash.into()]);
        made.shows(&format!("{expected} sites"));
        is_unharmed(page, hash);
    }
    assert!(made.size() < 3_000_000, "{} bytes", made.size());
    page.said_nothing();
    assert_eq!(page.requests().len(), 1, "{:?}", page.requests());
    page.screenshot("verdict-hostile-1000");
}

/// Opens all rows of the table in view, and all that is folded in them.
fn open_all(page: &Page) {
    page.js::<()>(
        r#"
        const table = [...document.querySelectorAll("table[aria-rowcount]")].find(table => table.checkVisibility());
        for (let round = 0; round < 3; round++) {
            for (const button of table.querySelectorAll("tbody [aria-expanded=false]")) button.click();
        }
        "#,
        &[],
    );
}

#[test]
fn what_looks_like_markup_is_shown_as_it_is_written() {
    let Some(report) = Report::of(&snapshot(1), &snapshot(2)) else {
        return;
    };
    let page = report.page.size(1600, 6000);
    let table = Table::once(page, "all rows", |table| table.rows.len() == table.count);
    let shown = |text: &str| table.rows.iter().any(|row| row.name.contains(text));
    // heapdiff shortens some: `${…}` is a closure, `<A as B>` a type
    for name in [
        NAMES[0], NAMES[1], NAMES[3], NAMES[8], NAMES[11], NAMES[12], NAMES[13],
    ] {
        assert!(shown(&format!("Vec<{name}>")), "{name} in {table:#?}");
    }
    for file in FILES {
        assert!(shown(&format!("{file}:7:9")), "{file} in {table:#?}");
    }
    assert!(shown("\\u{202e}"));

    page.the("searchbox", "Filter").keys("<script>window");
    let expected = report.compare(&["--filter", "<script>window"]);
    let rows = expected["rows"].as_array().expect("rows").len();
    Table::once(page, "the filter", |table| table.count == rows);
    page.reload();
    Table::once(page, "the filter from the address", |table| {
        table.count == rows
    });
    is_unharmed(page, "filtered");
    page.said_nothing();
}

#[test]
fn names_of_a_hundred_kilobytes_make_neither_the_file_nor_the_page_burst() {
    let Some(report) = Report::of(&snapshot(1), &snapshot(2)) else {
        return;
    };
    assert!(
        report.made.size() < 2_000_000,
        "{} bytes",
        report.made.size()
    );
    let page = report.page.size(1000, 800);
    let table = Table::of(page);
    let first = &table.rows[0];
    let long = table.rows.iter().map(|row| row.name.len()).max();
    assert!(long < Some(2_000), "a name of {long:?} bytes in a row");
    let height = page
        .the("button", "Vec<u8>")
        .js::<f64>("return it.closest('tr').offsetHeight");
    assert!(height < 120.0, "a row of {height} px: {first:?}");

    page.the("button", &format!("Vec<{}>", NAMES[0])).click();
    let sideways = page.js::<bool>(
        "return document.scrollingElement.scrollWidth > innerWidth",
        &[],
    );
    assert!(!sideways, "the page scrolls sideways");
    page.screenshot("report-hostile-1000");
    page.size(375, 800).screenshot("report-hostile-375");
}

#[test]
fn an_address_that_wishes_ill_does_none() {
    let Some(report) = Report::orders() else {
        return;
    };
    let page = &report.page;
    let all = Table::of(page).count;
    let file = format!("file://{}", report.made.file().display());
    for hash in [
        "tab=<img src=x onerror=window.pwned=1>&by=__proto__&sort=-constructor.name&of=x&q=",
        "sort=__proto__&order=toString&by=constructor&tab=__proto__",
        "%E0%A4%A&=&&==#",
    ] {
        page.goto("about:blank").goto(&format!("{file}#{hash}"));
        assert_eq!(Table::of(page).count, all, "{hash}");
        is_unharmed(page, hash);
    }
    page.goto("about:blank")
        .goto(&format!("{file}#q=<script>window.pwned=1</script>&own=1"));
    page.the("button", "Show all rows");
    is_unharmed(page, "a filter in the address");
    page.said_nothing();
}
