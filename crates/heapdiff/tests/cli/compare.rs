//! `heapdiff compare` and `show`: what they print.

use crate::common::{PAIRS, fixtures};
use crate::run::Run;

#[test]
fn both_snapshots_of_every_pair_can_be_shown_and_compared() {
    for (before, after) in PAIRS {
        Run::new(&format!("show {before}")).prints(&["Live heap by site"]);
        for by in ["site", "type", "stack"] {
            Run::new(&format!("compare {before} {after} --by {by}"))
                .prints(&["exactly heap after − heap before"]);
            Run::new(&format!("compare {after} {before} --by {by}"))
                .prints(&["exactly heap after − heap before"]);
        }
    }
}

#[test]
fn the_first_row_is_the_leak_in_the_users_code() {
    let json =
        Run::new("compare orders-v0-before.json orders-v0-after.json --format json").prints(&[]);
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let row = &json["rows"][0];
    assert_eq!(
        (&row["type"], &row["file"], &row["line"]),
        (
            &"Vec<Arc<Redundant>>".into(),
            &"orders/src/main.rs".into(),
            &36.into()
        )
    );
    assert_eq!(row["in_app"], true);
    assert_eq!(row["grew_in_place"], row["size_delta"]);
    let sum: i64 = json["rows"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| row["size_delta"].as_i64().expect("bytes"))
        .sum();
    assert_eq!(json["size_delta"], sum);
}

#[test]
fn the_source_is_quoted_where_it_is_found() {
    let compare = "compare orders-v0-before.json orders-v0-after.json --source-root";
    Run::new(compare).arg(&fixtures()).prints(&[
        "--> orders/src/main.rs:36",
        "leak.push(object.clone());",
        "bytes held here",
    ]);
    assert!(
        !Run::new("compare orders-v0-before.json orders-v0-after.json")
            .prints(&[])
            .contains("-->")
    );
}

#[test]
fn a_snapshot_compared_with_itself_shows_nothing() {
    Run::new("compare leak-after.json leak-after.json").prints(&[
        "Nothing was allocated or freed",
        "Σ Size Delta 0 bytes, Σ # Delta 0 blocks",
    ]);
}

#[test]
fn by_type_any_site_of_a_row_can_match_the_filter() {
    let (before, after) = PAIRS[0];
    let rows = |options: &str| {
        let run = Run::new(&format!("compare {before} {after} --format json {options}"));
        let json: serde_json::Value = serde_json::from_str(&run.prints(&[])).expect("JSON");
        json["rows"].as_array().expect("rows").clone()
    };
    let (types, sites) = (rows("--by type"), rows(""));
    // a site in another function than the one that its type's row shows
    let hidden = sites.iter().find(|site| {
        let shown = |row: &&serde_json::Value| row["type"] == site["type"];
        let row = types.iter().find(shown).expect("the type's row");
        row["function"] != site["function"] && site["in_app"] == true
    });
    let hidden = hidden.expect("a type of several functions");
    let function = hidden["function"].as_str().expect("a name");
    let found = rows(&format!("--by type --filter {function}"));
    assert!(
        found.iter().any(|row| row["type"] == hidden["type"]),
        "{function}: {found:?}"
    );
}

#[test]
fn options_choose_what_is_shown() {
    let orders = "orders-v0-before.json orders-v0-after.json";
    Run::new(&format!("compare {orders} --top 3")).prints(&["--top 26 shows all"]);
    Run::new(&format!("compare {orders} --filter HashMap"))
        .prints(&["HashMap<u64, String>", "other rows left out"]);
    Run::new(&format!("compare {orders} --filter nosuchthing"))
        .prints(&["No row matches \"nosuchthing\""]);
    Run::new(&format!("compare {orders} --in-app dhat --width 80"))
        .prints(&["Not shown at this width"]);
    for sort in ["alloc", "delta", "new", "freed", "churn"] {
        Run::new(&format!("compare {orders} --sort {sort}"))
            .prints(&["Constructor", "… 16 more rows"]);
    }
    assert!(
        Run::new("show leak-after.json --format json --top 1")
            .prints(&["\"rows_hidden\": 1"])
            .contains("grow")
    );
}
