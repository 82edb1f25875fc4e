//! The table of a view, read as a user reads it: heads, rows and what stands in their cells.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::browser::{Page, wait_for};

/// The columns of a comparison by the names that their heads have, and by their names in JSON.
pub(crate) const CHANGES: [(&str, &str); 9] = [
    ("# New", "new"),
    ("# Deleted", "deleted"),
    ("# Delta", "delta"),
    ("Alloc. Size", "alloc_size"),
    ("Freed Size", "freed_size"),
    ("Size Delta", "size_delta"),
    ("Grew in place", "grew_in_place"),
    ("Churned", "churned_bytes"),
    ("# Churned", "churned_blocks"),
];

/// What is in the document of the table that is in view.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Table {
    /// As many rows as are told to a screen reader; those beyond the screen are not in the document.
    pub(crate) count: usize,
    pub(crate) heads: Vec<Head>,
    pub(crate) rows: Vec<Row>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Head {
    pub(crate) name: String,
    /// `aria-sort`
    pub(crate) sort: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Row {
    /// The row's place in the whole table, from 0.
    pub(crate) at: usize,
    /// The text of its head, line by line: constructor, function, place.
    pub(crate) name: String,
    /// The texts of the cells by the names of their columns.
    pub(crate) cells: BTreeMap<String, String>,
}

const READ: &str = r#"
const table = [...document.querySelectorAll("table[aria-rowcount]")].find((table) => table.checkVisibility());
if (!table) return null;
const spoken = (element) => {
    const copy = element.cloneNode(true);
    for (const hidden of copy.querySelectorAll("[aria-hidden=true]")) hidden.remove();
    return copy.textContent.replace(/ (lower|upper) bound$/, "").trim();
};
const heads = [...table.tHead.rows[0].cells];
const names = heads.map(spoken);
const rows = [...table.tBodies[0].rows].filter((row) => row.ariaRowIndex);
return {
    count: Number(table.getAttribute("aria-rowcount")) - 1,
    heads: heads.map((head, at) => ({ name: names[at], sort: head.getAttribute("aria-sort") })),
    rows: rows.map((row) => ({
        at: Number(row.ariaRowIndex) - 2,
        name: row.cells[0].innerText.trim(),
        cells: Object.fromEntries([...row.cells].slice(1).map((cell, at) => [names[at + 1], cell.innerText.trim()])),
    })),
};"#;

impl Table {
    /// The table that is in view; waits until there is one.
    #[track_caller]
    pub(crate) fn of(page: &Page) -> Self {
        wait_for("a table", || page.js::<Option<Self>>(READ, &[]))
    }

    /// The table in view as soon as it is as expected.
    #[track_caller]
    pub(crate) fn once(page: &Page, what: &str, is: impl Fn(&Self) -> bool) -> Self {
        wait_for(what, || Some(Self::of(page)).filter(|table| is(table)))
    }

    /// The head that the table is sorted by, and how: exactly one is.
    #[track_caller]
    pub(crate) fn sorted_by(&self) -> (&str, &str) {
        let sorted: Vec<_> = self
            .heads
            .iter()
            .filter_map(|head| Some((head.name.as_str(), head.sort.as_deref()?)))
            .collect();
        assert_eq!(sorted.len(), 1, "{:?}", self.heads);
        sorted[0]
    }

    /// The numbers of a column, row by row.
    #[track_caller]
    pub(crate) fn numbers(&self, column: &str) -> Vec<i64> {
        self.rows.iter().map(|row| row.number(column)).collect()
    }
}

impl Row {
    /// The number in a cell, without its separators and its unit.
    #[track_caller]
    pub(crate) fn number(&self, column: &str) -> i64 {
        let cell = self.cells.get(column);
        let cell = cell.unwrap_or_else(|| panic!("{column} is not in {:?}", self.cells));
        let digits = cell.replace([',', '+'], "").replace('\u{2212}', "-");
        digits
            .parse()
            .unwrap_or_else(|_| panic!("{column}: {cell:?}"))
    }
}

/// The numbers of a member, row by row, of `heapdiff`'s JSON.
#[track_caller]
pub(crate) fn numbers(json: &Value, member: &str) -> Vec<i64> {
    let rows = json["rows"].as_array().expect("rows");
    let number = |row: &Value| row[member].as_i64().expect("a number");
    rows.iter().map(number).collect()
}
