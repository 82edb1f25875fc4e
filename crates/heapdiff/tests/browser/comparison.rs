//! Comparison: the rows, their order, what is left of them, how they are grouped.

use crate::report::Report;
use crate::table::{CHANGES, Table, numbers};

#[test]
fn the_first_row_by_allocated_size_is_the_leak_and_nothing_is_asked_or_complained_of() {
    let Some(report) = Report::orders() else {
        return;
    };
    let table = Table::of(&report.page);
    assert_eq!(table.sorted_by(), ("Alloc. Size", "descending"));
    let first = &table.rows[0];
    for part in [
        "Vec<Arc<Redundant>>",
        "orders::handle",
        "orders/src/main.rs:36:14",
    ] {
        assert!(first.name.contains(part), "{first:?}");
    }
    assert_eq!(first.number("Size Delta"), 917_504);

    report.page.said_nothing();
    let requests = report.page.requests();
    assert_eq!(requests.len(), 1, "{requests:?}");
    assert!(requests[0].ends_with("/report.html"), "{requests:?}");
    assert!(
        report.made.size() < 2_000_000,
        "{} bytes",
        report.made.size()
    );
}

#[test]
fn every_column_sorts_and_says_so_and_has_the_numbers_of_the_json() {
    let Some(report) = Report::orders() else {
        return;
    };
    report.page.size(2200, 3000);
    let json = report.compare(&[]);
    for (head, member) in CHANGES {
        let mut expected = numbers(&json, member);
        expected.sort_unstable_by(|a, b| b.cmp(a));
        // what it is sorted by already would be turned over
        if Table::of(&report.page).sorted_by().0 != head {
            report.page.the("columnheader", head).click();
        }
        let sorted = |direction| move |table: &Table| table.sorted_by() == (head, direction);
        let table = Table::once(&report.page, head, sorted("descending"));
        assert_eq!(table.numbers(head), expected, "{head}");

        report.page.the("columnheader", head).click();
        let table = Table::once(&report.page, head, sorted("ascending"));
        expected.reverse();
        assert_eq!(table.numbers(head), expected, "{head}");
    }
    report.page.said_nothing();
}
