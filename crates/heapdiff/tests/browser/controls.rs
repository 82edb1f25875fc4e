//! What is left of the rows: filter, grouping, "only my code"; and that the address keeps it.

use serde_json::{Value, json};

use crate::browser::{Key, Page};
use crate::report::Report;
use crate::table::{Table, numbers};

fn count(json: &Value) -> usize {
    json["rows"].as_array().expect("rows").len()
}

fn filter(page: &Page) -> crate::browser::Element<'_> {
    page.the("searchbox", "Filter")
}

#[test]
fn the_filter_works_as_one_types() {
    let Some(report) = Report::orders() else {
        return;
    };
    let page = report.page.size(1600, 3000);
    for text in ["RC<", "orders::round", "Main.RS:36", "\u{3c}"] {
        filter(page).clear().keys(text);
        let expected = report.compare(&["--filter", text]);
        let table = Table::once(page, text, |table| table.count == count(&expected));
        assert_eq!(
            table.numbers("Size Delta"),
            numbers(&expected, "size_delta"),
            "{text}"
        );
    }
    let all = report.compare(&[]);
    filter(page).clear().keys("a" + Key::Backspace);
    Table::once(page, "all rows", |table| table.count == count(&all));
    page.said_nothing();
}

#[test]
fn a_filter_that_matches_nothing_says_so_and_offers_all_rows() {
    let Some(report) = Report::orders() else {
        return;
    };
    let page = &report.page;
    let before = Table::of(page);
    filter(page).keys("no such <b>type</b>");
    page.the("button", "Show all rows").click();
    Table::once(page, "all rows", |table| table.count == before.count);
    assert_eq!(page.focused().attribute("type").as_deref(), Some("search"));
}

#[test]
fn rows_are_grouped_by_site_type_and_stack_as_in_json() {
    let Some(report) = Report::orders() else {
        return;
    };
    let page = report.page.size(2200, 6000);
    for by in ["type", "stack", "site"] {
        let button = page.the("button", by);
        button.click();
        let expected = report.compare(&["--by", by]);
        let table = Table::once(page, by, |table| table.count == count(&expected));
        assert_eq!(button.attribute("aria-pressed").as_deref(), Some("true"));
        assert_eq!(
            table.numbers("Alloc. Size"),
            numbers(&expected, "alloc_size"),
            "{by}"
        );
        assert_eq!(
            table.numbers("Size Delta"),
            numbers(&expected, "size_delta"),
            "{by}"
        );
        assert_eq!(
            table.numbers("# Delta"),
            numbers(&expected, "delta"),
            "{by}"
        );
    }
    page.said_nothing();
}

#[test]
fn only_my_code_leaves_the_rows_that_json_calls_in_app() {
    let Some(report) = Report::of(&mixed(1), &mixed(2)) else {
        return;
    };
    let page = report.page.size(1600, 3000);
    let json = report.compare(&[]);
    let rows = json["rows"].as_array().expect("rows");
    let own: Vec<i64> = rows
        .iter()
        .filter(|row| row["in_app"] == true)
        .filter_map(|row| row["size_delta"].as_i64())
        .collect();
    assert_eq!((own.len(), rows.len()), (1, 2));
    page.the("switch", "Only my code").click();
    let table = Table::once(page, "own rows", |table| table.count == own.len());
    assert_eq!(table.numbers("Size Delta"), own);
    page.the("switch", "Only my code").click();
    Table::once(page, "all rows", |table| table.count == rows.len());
}

/// What grows in the user's code, and what a library's thread, which nobody's code started, keeps.
fn mixed(round: u64) -> Vec<u8> {
    let point = |bytes: u64, stack: &[usize]| json!({"tb": bytes, "tbk": round, "eb": bytes, "ebk": round, "fs": stack});
    let file = json!({
        "dhatFileVersion": 2, "mode": "rust-heap", "bklt": true,
        "pps": [point(100 * round, &[0, 1]), point(5000 * round, &[0, 2])],
        "ftbl": [
            "0x1: <alloc::vec::Vec<u8>>::push (alloc/src/vec/mod.rs:1:1)",
            "0x2: shop::main (shop/src/main.rs:5:1)",
            "0x3: tokio::runtime::blocking::pool::run (tokio-1.54.0/src/runtime/blocking/pool.rs:2:2)",
        ],
    });
    file.to_string().into_bytes()
}

#[test]
fn what_was_chosen_survives_a_reload_and_the_back_button() {
    let Some(report) = Report::orders() else {
        return;
    };
    let page = report.page.size(1600, 3000);
    page.the("button", "type").click();
    page.the("button", "# Delta").click();
    filter(page).keys("vec<");
    page.the("switch", "Only my code").click();
    let expected = report.compare(&["--by", "type", "--filter", "vec<"]);
    let chosen = Table::once(page, "the filter", |table| table.count <= count(&expected));
    assert_eq!(chosen.sorted_by(), ("# Delta", "descending"));

    page.reload();
    let again = Table::once(page, "the same rows", |table| *table == chosen);
    assert_eq!(again.sorted_by(), ("# Delta", "descending"));
    assert_eq!(filter(page).js::<String>("return it.value"), "vec<");
    assert!(
        page.the("switch", "Only my code")
            .js::<bool>("return it.checked")
    );

    page.the("tab", "Summary").click();
    let shown = |name: &str| page.the("tab", name).attribute("aria-selected");
    assert_eq!(shown("Summary").as_deref(), Some("true"));
    page.back();
    assert_eq!(shown("Comparison").as_deref(), Some("true"));
    Table::once(page, "the comparison again", |table| *table == chosen);
    page.said_nothing();
}
