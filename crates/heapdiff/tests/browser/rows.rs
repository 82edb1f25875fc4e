//! What a row shows when it is opened: names in full, call paths, folded frames, source.

use crate::browser::wait_for;
use crate::report::Report;
use crate::table::Table;

const LEAK: &str = "orders/src/main.rs:36:14";

#[test]
fn an_opened_row_shows_the_call_path_with_the_source_and_folds_what_is_not_ones_own() {
    let Some(report) = Report::orders() else {
        return;
    };
    let page = &report.page;
    let row = page.the("button", LEAK);
    assert_eq!(row.attribute("aria-expanded").as_deref(), Some("false"));
    row.click();
    assert_eq!(row.attribute("aria-expanded").as_deref(), Some("true"));

    let excerpt = page.the("group", "orders/src/main.rs, line 36");
    let text = excerpt.text();
    for part in [
        "leak.push(object.clone());",
        "1,048,576 bytes held here",
        "bytes per request",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    assert_eq!(
        excerpt.js::<String>("return it.querySelector('mark').textContent"),
        "push"
    );

    // innermost first, from the push to main
    let path = || page.css("tr.below ol").text();
    let shown = path();
    let places: Vec<_> = [":36:14", ":50:14", ":94:9"]
        .map(|place| shown.find(place))
        .into();
    assert!(
        places.iter().all(Option::is_some) && places.is_sorted(),
        "{shown}"
    );
    assert!(!shown.contains("grow_amortized"), "{shown}");

    let fold = page.the("button", "frames of std and libraries");
    assert_eq!(fold.attribute("aria-expanded").as_deref(), Some("false"));
    fold.click();
    assert_eq!(fold.attribute("aria-expanded").as_deref(), Some("true"));
    assert!(path().contains("grow_amortized"), "{}", path());
    fold.click();
    assert!(!path().contains("grow_amortized"), "{}", path());

    row.click();
    assert_eq!(page.all("group", "orders/src/main.rs, line 36").len(), 0);
    page.said_nothing();
}

#[test]
fn an_opened_row_stays_open_wherever_the_order_puts_it() {
    let Some(report) = Report::orders() else {
        return;
    };
    let page = report.page.size(1600, 3000);
    page.the("button", LEAK).click();
    page.the("button", "# Delta").click();
    Table::once(page, "another order", |table| {
        table.sorted_by().0 == "# Delta"
    });
    let below = |place: &str| {
        page.the("button", place)
            .js::<bool>("return it.closest('tr').nextElementSibling.matches('.below')")
    };
    assert!(below(LEAK));
    assert!(!below("orders/src/main.rs:40:15"));
}

#[test]
fn by_type_an_opened_row_shows_its_sites() {
    let Some(report) = Report::orders() else {
        return;
    };
    let page = report.page.size(1600, 3000);
    let json = report.compare(&["--by", "type"]);
    let rows = json["rows"].as_array().expect("rows").iter();
    let several = rows
        .filter(|row| row["sites"].as_u64() > Some(1))
        .max_by_key(|row| row["sites"].as_u64());
    let several = several.expect("a type of several sites");
    let (constructor, sites) = (several["type"].as_str().expect("a type"), &several["sites"]);

    page.the("button", "type").click();
    let row = wait_for(constructor, || {
        let rows = page.all("button", constructor).into_iter();
        let mut of_it = rows.filter(|row| row.text().lines().next() == Some(constructor));
        of_it.next()
    });
    row.click();
    let below = page.css("tr.below").text();
    assert!(below.contains(&format!("{sites} sites")), "{below}");
    page.said_nothing();
}
