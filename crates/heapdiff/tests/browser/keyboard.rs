//! The report without a mouse.

use crate::browser::{Key, Page};
use crate::report::Report;
use crate::table::Table;

/// Presses Tab until the focus is at what a script calls so.
#[track_caller]
fn tab_to(page: &Page, what: &str, is: &str) {
    for _ in 0..60 {
        page.keys(Key::Tab);
        if page.focused().js::<bool>(&format!("return Boolean({is})")) {
            return;
        }
    }
    panic!("{what} cannot be reached");
}

#[test]
fn everything_is_reached_and_used_with_the_keyboard() {
    let Some(report) = Report::orders() else {
        return;
    };
    let page = &report.page;
    let first = Table::of(page);

    tab_to(
        page,
        "the tabs",
        "it.role === 'tab' || it.getAttribute('role') === 'tab'",
    );
    page.keys(Key::Right);
    assert_eq!(page.focused().text(), "Summary");
    page.keys(Key::Left);
    assert_eq!(page.focused().text(), "Comparison");

    tab_to(page, "the filter", "it.type === 'search'");
    page.keys("vec<");
    let filtered = Table::once(page, "the filter", |table| table.count < first.count);

    tab_to(page, "the switch", "it.getAttribute('role') === 'switch'");
    page.keys(" ");
    assert!(page.focused().js::<bool>("return it.checked"));
    page.keys(" ");

    tab_to(
        page,
        "a head",
        "it.closest('th[scope=col]') && it.innerText.includes('# Delta')",
    );
    page.keys(Key::Enter);
    Table::once(page, "another order", |table| {
        table.sorted_by().0 == "# Delta"
    });
    assert!(
        page.focused().text().contains("# Delta"),
        "the focus stays where it was"
    );

    tab_to(page, "a row", "it.closest('th[scope=row]')");
    let (one, two) = (page.focused().text(), page.keys(Key::Down).focused().text());
    assert_ne!(one, two);
    page.keys(Key::End);
    let last = page
        .focused()
        .js::<usize>("return Number(it.closest('tr').ariaRowIndex) - 2");
    assert_eq!(last, filtered.count - 1);
    page.keys(Key::Home).keys(Key::Enter);
    assert_eq!(page.focused().text(), one);
    assert_eq!(
        page.focused().attribute("aria-expanded").as_deref(),
        Some("true")
    );
    tab_to(
        page,
        "the folded frames",
        "it.innerText.includes('frames of std')",
    );
    page.keys(Key::Enter);
    assert_eq!(
        page.focused().attribute("aria-expanded").as_deref(),
        Some("true")
    );
    page.said_nothing();
}

#[test]
fn the_focus_is_seen_wherever_it_is() {
    let Some(report) = Report::orders() else {
        return;
    };
    let page = &report.page;
    Table::of(page);
    let mut seen = Vec::new();
    for _ in 0..25 {
        page.keys(Key::Tab);
        let (name, outlined) = page.focused().js::<(String, bool)>(
            "const style = getComputedStyle(it);
             const around = it.closest('label') ? getComputedStyle(it.closest('label')) : style;
             const outlined = [style, around].some(({ outlineStyle, outlineWidth, boxShadow }) =>
                 outlineStyle !== 'none' && parseFloat(outlineWidth) > 0 || boxShadow !== 'none');
             return [it.outerHTML.slice(0, 200), outlined];",
        );
        assert!(
            outlined || name.starts_with("<body"),
            "no focus is seen at {name}"
        );
        seen.push(name);
    }
    assert!(seen.len() > 10);
}
