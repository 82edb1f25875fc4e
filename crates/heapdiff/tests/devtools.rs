//! What Chrome's Memory tab shows of an export is what `heapdiff` says: DevTools' own code loads the files, sums them
//! up and compares them (`tests/devtools` at the root of the repository), in Node.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{PAIRS, fixture, heapdiff};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Snapshots in a folder, and what DevTools shows of their export.
struct Shown {
    folder: TempDir,
    names: Vec<String>,
    devtools: Value,
}

impl Shown {
    /// `None` if this machine cannot tell, which it says.
    fn of(snapshots: &[Vec<u8>], args: &[&str]) -> Option<Self> {
        let script = script()?;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let names: Vec<String> = (1..=snapshots.len()).map(|n| n.to_string()).collect();
        let inputs: Vec<String> = names.iter().map(|name| format!("{name}.json")).collect();
        for (input, snapshot) in inputs.iter().zip(snapshots) {
            fs::write(folder.path().join(input), snapshot).expect("a snapshot");
        }
        let mut command = vec!["export", "--to", "chrome", "-o", "."];
        command.extend(
            args.iter()
                .copied()
                .chain(inputs.iter().map(String::as_str)),
        );
        heapdiff(folder.path(), &command);
        let output = Command::new("node")
            .arg(script)
            .args(names.iter().map(|name| format!("{name}.heapsnapshot")))
            .current_dir(folder.path())
            .output()
            .expect("node runs");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "DevTools: {stderr}");
        Some(Self {
            devtools: serde_json::from_slice(&output.stdout).expect("JSON"),
            folder,
            names,
        })
    }

    /// Summary: constructor, objects and shallow size of each snapshot are the blocks and bytes that live.
    fn has_the_summaries_of_show(&self) -> &Self {
        for (at, name) in self.names.iter().enumerate() {
            let file = format!("{name}.json");
            let shown = self.ask(&["show", &file, "--by", "type", "--format", "json"]);
            let expected = rows(&shown["rows"], "type", &["live_blocks", "live_bytes"]);
            let summary = &self.devtools["snapshots"][at];
            assert_eq!(rows(&summary["rows"], "name", &["count", "self"]), expected);
            assert_eq!(summary["total"], shown["snapshot"]["live_bytes"]);
        }
        self
    }

    /// Comparison: these columns of every row are those of `compare`; DevTools has no row where nothing changed.
    fn has_the_comparisons_of_compare(&self, columns: &[&str]) -> &Self {
        for (at, pair) in self.names.windows(2).enumerate() {
            let files = [0, 1].map(|side| format!("{}.json", pair[side]));
            let args = [
                "compare", &files[0], &files[1], "--by", "type", "--format", "json",
            ];
            let changed = |rows: BTreeMap<String, Vec<i64>>| -> BTreeMap<_, _> {
                let changes = |row: &Vec<i64>| row.iter().any(|number| *number != 0);
                rows.into_iter().filter(|(_, row)| changes(row)).collect()
            };
            let expected = changed(rows(&self.ask(&args)["rows"], "type", columns));
            let shown = changed(rows(&self.devtools["comparisons"][at], "name", columns));
            assert!(!expected.is_empty());
            assert_eq!(shown, expected);
        }
        self
    }

    /// "Objects allocated between": all that Comparison calls new, and nothing else.
    fn has_all_new_objects_between_the_snapshots(&self) -> &Self {
        for at in 0..self.names.len() - 1 {
            let new = rows(
                &self.devtools["comparisons"][at],
                "name",
                &["new", "alloc_size"],
            );
            let new: BTreeMap<_, _> = new.into_iter().filter(|(_, row)| row[0] > 0).collect();
            let allocated = &self.devtools["allocated"][at];
            assert_eq!(rows(allocated, "name", &["count", "self"]), new);
        }
        self
    }

    /// The Retainers of the largest object of a type, in the last snapshot: function and place, innermost first.
    fn retainers(&self, of: &str) -> Vec<(String, String)> {
        let last = &self.devtools["snapshots"][self.names.len() - 1];
        let chain = last["retainers"][of].as_array().expect(of);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        chain
            .iter()
            .map(|step| (text(&step["function"]), text(&step["place"])))
            .collect()
    }

    fn ask(&self, args: &[&str]) -> Value {
        serde_json::from_slice(&heapdiff(self.folder.path(), args)).expect("JSON")
    }
}

/// The script that runs DevTools' code; without Node or the package it says why there is none, and in CI it fails.
fn script() -> Option<PathBuf> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/devtools");
    let node = Command::new("node").arg("--version").output();
    let why = if !node.is_ok_and(|output| output.status.success()) {
        "there is no node"
    } else if !package
        .join("node_modules/chrome-devtools-frontend")
        .is_dir()
    {
        "DevTools is not installed: run `npm ci` in tests/devtools"
    } else {
        return Some(package.join("rows.mjs"));
    };
    assert!(std::env::var_os("CI").is_none(), "{why}");
    eprintln!("SKIPPED: {why}");
    None
}

/// Numbers of rows by their names.
fn rows(rows: &Value, name: &str, columns: &[&str]) -> BTreeMap<String, Vec<i64>> {
    let numbers = |row: &Value| columns.iter().filter_map(|key| row[key].as_i64()).collect();
    let rows = rows.as_array().expect("rows").iter();
    rows.map(|row| {
        (
            row[name].as_str().expect("a name").trim_start().to_owned(),
            numbers(row),
        )
    })
    .collect()
}

/// A snapshot of a shop: the function that allocates, the type, live bytes and live blocks.
fn shop(stacks: &[(&str, &str, u64, u64)]) -> Vec<u8> {
    let mut frames = vec!["0x1: shop::main (shop/src/main.rs:5:1)".to_owned()];
    let mut points = Vec::new();
    for (function, ty, bytes, blocks) in stacks {
        frames.push(format!("0x2: <{ty}>::new (alloc/src/lib.rs:1:1)"));
        frames.push(format!(
            "0x3: shop::{function} (shop/src/{function}.rs:7:9)"
        ));
        let stack = [frames.len() - 2, frames.len() - 1, 0];
        points.push(json!({"tb": bytes, "tbk": blocks, "eb": bytes, "ebk": blocks, "fs": stack}));
    }
    let file = json!({"dhatFileVersion": 2, "mode": "rust-heap", "bklt": true, "pps": points, "ftbl": frames});
    file.to_string().into_bytes()
}

const VEC: &str = "alloc::vec::Vec<shop::Item>";
const ARC: &str = "alloc::sync::Arc<shop::Item>";
const STRING: &str = "alloc::string::String";
const BOX: &str = "alloc::boxed::Box<shop::Cart>";

#[test]
fn the_leak_is_the_first_row_by_allocated_size() {
    let pair = ["orders-v0-before.json", "orders-v0-after.json"].map(fixture);
    if let Some(shown) = Shown::of(&pair, &[]) {
        let rows = shown.devtools["comparisons"][0].as_array().expect("rows");
        let first = rows.iter().max_by_key(|row| row["alloc_size"].as_i64());
        assert_eq!(first.expect("a row")["name"], "Vec<Arc<Redundant>>");
        assert_eq!(
            shown.retainers("Vec<Arc<Redundant>>")[0].1,
            "orders/src/main.rs:36:14"
        );
    }
}

/// Frees, growth and shrinkage in place, blocks of several sizes, a type of two sites, a type that goes.
fn busy_shop() -> [Vec<u8>; 3] {
    [
        shop(&[
            ("add", VEC, 64, 1),
            ("list", VEC, 1000, 10),
            ("add_item", ARC, 6400, 100),
            ("label", STRING, 333, 10),
            ("cart", BOX, 80, 2),
        ]),
        shop(&[
            ("add", VEC, 4096, 1),
            ("list", VEC, 700, 10),
            ("add_item", ARC, 3200, 50),
            ("label", STRING, 200, 12),
        ]),
        shop(&[
            ("add", VEC, 2048, 1),
            ("list", VEC, 9000, 3),
            ("add_item", ARC, 12_800, 200),
            ("label", STRING, 77, 3),
            ("cart", BOX, 40, 1),
        ]),
    ]
}

const EXACT: [&str; 2] = ["delta", "size_delta"];

#[test]
fn chrome_shows_real_pairs_as_heapdiff_does() {
    for (before, after) in PAIRS {
        let Some(shown) = Shown::of(&[fixture(before), fixture(after)], &[]) else {
            return;
        };
        shown
            .has_the_summaries_of_show()
            .has_the_comparisons_of_compare(&EXACT)
            .has_all_new_objects_between_the_snapshots();
    }
}

#[test]
fn chrome_shows_frees_growth_and_shrinkage_in_place_as_heapdiff_does() {
    let Some(shown) = Shown::of(&busy_shop(), &[]) else {
        return;
    };
    shown
        .has_the_summaries_of_show()
        .has_the_comparisons_of_compare(&EXACT)
        .has_all_new_objects_between_the_snapshots();
    // the list that doubled and, of ten lists that lost 300 of 1000 bytes, the four that can have lost them
    let moved = rows(
        &shown.devtools["comparisons"][0],
        "name",
        &["new", "deleted"],
    );
    assert_eq!(moved["Vec<Item>"], [5, 5]);
}

#[test]
fn all_columns_are_equal_where_blocks_only_come_or_go() {
    let before = shop(&[("add_item", ARC, 6400, 100), ("label", STRING, 1000, 10)]);
    let after = shop(&[
        ("add_item", ARC, 9600, 150),
        ("label", STRING, 300, 3),
        ("cart", BOX, 80, 2),
    ]);
    if let Some(shown) = Shown::of(&[before, after], &[]) {
        let columns = [
            "new",
            "deleted",
            "delta",
            "alloc_size",
            "freed_size",
            "size_delta",
        ];
        shown.has_the_comparisons_of_compare(&columns);
    }
}

#[test]
fn retainers_show_the_call_path_down_to_the_line() {
    if let Some(shown) = Shown::of(&busy_shop(), &[]) {
        let step = |function: &str, place: &str| (function.to_owned(), place.to_owned());
        assert_eq!(
            shown.retainers("Arc<Item>"),
            [
                step("shop::add_item", "shop/src/add_item.rs:7:9"),
                step("shop::main", "shop/src/main.rs:5:1")
            ]
        );
    }
}

#[test]
fn folded_heaps_keep_their_sizes() {
    if let Some(shown) = Shown::of(&busy_shop(), &["--max-nodes", "40"]) {
        shown
            .has_the_comparisons_of_compare(&["size_delta"])
            .has_all_new_objects_between_the_snapshots();
        let objects = |row: &Value| row["count"].as_i64().unwrap_or(0);
        for snapshot in shown.devtools["snapshots"].as_array().expect("snapshots") {
            let rows = snapshot["rows"].as_array().expect("rows");
            assert!(rows.iter().map(objects).sum::<i64>() <= 40);
        }
    }
}

#[test]
fn names_that_chrome_takes_for_elements_of_a_page_stay_whole() {
    let at = |n: u64| {
        let names = [
            "f<<A as B>>",
            "<A as B> x::<C as D> y",
            "Detached <div a> b",
            "Object",
            "<script>\"\\\u{1}</script>",
        ];
        let stacks: Vec<_> = names
            .iter()
            .map(|name| (*name, "dyn x", 10 * n, n))
            .collect();
        shop(&stacks)
    };
    if let Some(shown) = Shown::of(&[at(1), at(3)], &[]) {
        shown
            .has_the_summaries_of_show()
            .has_the_comparisons_of_compare(&EXACT);
    }
}
