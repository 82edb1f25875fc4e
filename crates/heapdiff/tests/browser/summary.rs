//! Summary: what either snapshot holds, as `heapdiff show` says.

use serde_json::Value;

use crate::report::Report;
use crate::table::{Table, numbers};

#[test]
fn the_summary_of_either_snapshot_has_the_numbers_of_show() {
    let Some(report) = Report::orders() else {
        return;
    };
    let page = report.page.size(2200, 6000);
    page.the("tab", "Summary").click();
    for snapshot in ["after", "before"] {
        page.the("button", snapshot).click();
        for by in ["site", "type", "stack"] {
            page.the("button", by).click();
            let json = report.show(&format!("{snapshot}.json"), &["--by", by]);
            let bytes = numbers(&json, "live_bytes");
            let table = Table::once(page, &format!("{snapshot} by {by}"), |table| {
                table.count == bytes.len()
                    && table
                        .rows
                        .iter()
                        .any(|row| row.number("Live bytes") == bytes[0])
            });
            assert_eq!(table.sorted_by(), ("Live bytes", "descending"));
            assert_eq!(table.numbers("Live bytes"), bytes);
            assert_eq!(
                sorted(table.numbers("# Blocks")),
                sorted(numbers(&json, "live_blocks"))
            );
            assert_eq!(table.rows[0].cells["Share"], share(&json));
        }
    }
    page.said_nothing();
}

/// Equal sizes may come in any order.
fn sorted(mut numbers: Vec<i64>) -> Vec<i64> {
    numbers.sort_unstable();
    numbers
}

fn share(json: &Value) -> String {
    let share = json["rows"][0]["share"].as_f64().expect("a share");
    format!("{:.1} %", 100.0 * share)
}

#[test]
fn the_summary_says_what_the_snapshot_knows_of_itself() {
    let Some(report) = Report::orders() else {
        return;
    };
    report.page.the("tab", "Summary").click();
    Table::once(&report.page, "the summary", |table| {
        table.sorted_by().0 == "Live bytes"
    });
    let text = report.page.the("tabpanel", "Summary").text();
    for part in [
        "1,898,605 bytes",
        "11,203",
        "1,100",
        "13,100,000 bytes",
        "1.2 ms",
        "orders",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
}
