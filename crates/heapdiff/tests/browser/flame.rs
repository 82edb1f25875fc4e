//! The flame graphs: which there are, zoom, search, keyboard.

use crate::browser::{Element, Key, Page, wait_for};
use crate::report::Report;

/// What all else stands on.
fn whole(page: &Page) -> Element<'_> {
    page.the("button", "all, ")
}

/// All boxes that are drawn, as they are read out: name, amount, share.
fn boxes(page: &Page) -> Vec<String> {
    page.js(
        "const graph = [...document.querySelectorAll('svg[role=group]')].find(it => it.checkVisibility());
         return [...graph.querySelectorAll('[role=button]')].map(it => it.getAttribute('aria-label'))",
        &[],
    )
}

fn opened(report: &Report) -> &Page {
    report.page.the("tab", "Flame graph").click();
    whole(&report.page);
    &report.page
}

#[test]
fn the_graphs_of_both_snapshots_and_of_their_difference_are_there_in_bytes_and_blocks() {
    let Some(report) = Report::orders() else {
        return;
    };
    let page = opened(&report);
    let starts_with = |amount: &str| {
        wait_for(amount, || {
            boxes(page).into_iter().find(|it| it.contains(amount))
        })
    };
    page.the("button", "After").click();
    starts_with("1,898,605 bytes, 100.0 %");
    page.the("button", "blocks").click();
    starts_with("11,203 blocks, 100.0 %");
    page.the("button", "Before").click();
    starts_with("1,037 blocks, 100.0 %");
    page.the("button", "bytes").click();
    starts_with("199,085 bytes, 100.0 %");
    page.the("button", "What changed").click();
    let handler = starts_with("orders::handle");
    assert!(
        boxes(page).iter().any(|it| it.contains("917,504 bytes")),
        "{handler}"
    );
    page.said_nothing();
}

#[test]
fn a_click_zooms_in_and_the_button_zooms_out() {
    let Some(report) = Report::orders() else {
        return;
    };
    let page = opened(&report);
    let all = boxes(page);
    assert!(all.len() > 20, "{all:#?}");
    let narrow = all
        .iter()
        .find(|it| it.starts_with("orders::round"))
        .expect("the shop's work");
    let width = || {
        page.the("button", narrow)
            .js::<f64>("return it.getBoundingClientRect().width")
    };
    let before = width();
    page.the("button", narrow).click();
    wait_for("it is wide", || (width() > 3.0 * before).then_some(()));
    assert!(
        !boxes(page)
            .iter()
            .any(|it| it.contains("Vec<Arc<Redundant>>") || it.contains("917,504 bytes"))
    );
    page.screenshot("report-flame-zoomed-1000");

    page.the("button", "Reset zoom").click();
    wait_for("all of it", || (boxes(page) == all).then_some(()));
    page.said_nothing();
}

#[test]
fn the_search_marks_what_it_finds_and_says_how_much_that_is() {
    let Some(report) = Report::orders() else {
        return;
    };
    let page = opened(&report);
    let status = |expected: &str| {
        wait_for(expected, || {
            let all = page.all("status", "").into_iter().map(|it| it.text());
            all.into_iter().find(|text| text.contains(expected))
        })
    };
    let field = page.the("searchbox", "Search frames");
    let opacity = "return [...document.querySelectorAll('svg[role=group] [role=button]')]
        .filter(it => it.getAttribute('aria-label').includes(arguments[0])).map(it => getComputedStyle(it.querySelector('rect')))
        .map(style => [style.fill, style.opacity, style.stroke, style.filter].join())[0]";
    let look = |name: &str| page.js::<String>(opacity, &[name.into()]);
    let before = look("orders::handle");
    field.keys("HANDLE");
    let matched = status("matched ");
    let share: f64 = matched
        .trim_start_matches("matched ")
        .trim_end_matches(" %")
        .parse()
        .expect("a share");
    assert!((50.0..100.0).contains(&share), "{matched}");
    assert_ne!(
        (look("orders::handle"), look("orders::round")),
        (before.clone(), before),
        "nothing is marked"
    );
    field.clear().keys("no such frame");
    status("no match");
    page.said_nothing();
}

#[test]
fn the_graph_is_walked_through_with_the_keyboard() {
    let Some(report) = Report::orders() else {
        return;
    };
    let page = opened(&report);
    let all = boxes(page);
    for _ in 0..40 {
        page.keys(Key::Tab);
        if page
            .focused()
            .js::<bool>("return Boolean(it.closest('svg'))")
        {
            break;
        }
    }
    let name = || {
        page.focused()
            .attribute("aria-label")
            .expect("a box has the focus")
    };
    assert_eq!(name(), whole(page).attribute("aria-label").expect("a name"));
    page.keys(Key::Up);
    let first = name();
    page.keys(Key::Up).keys(Key::Up).keys(Key::Down);
    let second = name();
    assert_ne!(first, second);
    page.keys(Key::Enter);
    wait_for("zoomed", || (boxes(page).len() < all.len()).then_some(()));
    assert_eq!(name(), second, "the focus stays with the box");
    page.keys(Key::Escape);
    wait_for("all of it", || (boxes(page) == all).then_some(()));
    page.said_nothing();
}
