//! Growth: the verdict on a series, a card and a chart for each site; and that the address keeps what was chosen.

use serde_json::Value;

use crate::browser::{Key, Page, wait_for};
use crate::series::{FILLING_CACHE, FULL_CACHE, LABELS, LIST, verdict};
use crate::table::Table;
use crate::verdict_page::{ALL, VerdictPage};

/// What a card says: its class, all its text, and the rows of its table.
fn cards(page: &Page) -> Vec<(String, String, Vec<Vec<String>>)> {
    page.js(
        "return [...document.querySelectorAll('.growth-site')].map(card => [
            card.querySelector('.badge').innerText, card.innerText,
            [...card.querySelectorAll('tbody tr')].map(row => [...row.cells].map(cell => cell.innerText))])",
        &[],
    )
}

fn classes(page: &Page) -> Vec<String> {
    cards(page).into_iter().map(|(class, ..)| class).collect()
}

/// As the page says it.
fn thousands(number: &Value) -> String {
    heapdiff::terminal::thousands(number.as_u64().expect("a number"))
}

#[test]
fn every_site_of_the_judgement_is_there_with_its_numbers_the_leaks_first() {
    let Some(made) = VerdictPage::of(&ALL) else {
        return;
    };
    let page = &made.page;
    made.shows("5 sites");
    let cards = cards(page);
    let seen: Vec<&str> = cards.iter().map(|(class, ..)| class.as_str()).collect();
    assert_eq!(seen, ["leak", "leak", "unclear", "bounded", "one-time"]);
    for site in made.json()["sites"].as_array().expect("sites") {
        let text = |key: &str| site[key].as_str().expect("a text");
        let place = format!("{}:{}", text("file"), site["line"]);
        let card = cards.iter().find(|(_, said, _)| said.contains(&place));
        let (class, said, rows) = card.unwrap_or_else(|| panic!("no card for {place}"));
        assert_eq!(class, text("class"));
        let rate = heapdiff::terminal::rate(site["bytes_per_request"].as_f64().expect("a rate"));
        assert!(
            said.contains(&format!("{rate} bytes per request")),
            "{said}"
        );
        assert_eq!(
            said.contains("grows in place"),
            site["grows_in_place"].as_bool().expect("a fact")
        );
        if let Some(reason) = site["reason"].as_str() {
            assert!(said.contains(reason), "{said}");
        }
        let evidence = site["evidence"].as_array().expect("evidence").iter();
        let expected: Vec<Vec<String>> = evidence
            .map(|at| {
                ["requests", "live_bytes", "live_blocks"]
                    .map(|key| thousands(&at[key]))
                    .to_vec()
            })
            .collect();
        assert_eq!(rows, &expected, "{place}");
    }
    page.said_nothing();
    assert_eq!(page.requests().len(), 1, "{:?}", page.requests());
}

#[test]
fn every_chart_has_a_name_a_description_and_a_table() {
    let Some(made) = VerdictPage::of(&ALL) else {
        return;
    };
    let page = &made.page;
    made.shows("5 sites");
    for name in [
        "The whole heap against requests",
        "Vec<Arc<Redundant>> in orders::handle (orders/src/main.rs:36) against requests",
        "String in metrics::label (orders/src/metrics.rs:7) against requests",
    ] {
        let chart = page.the("image", name);
        let description = chart.js::<String>("return it.querySelector('desc').textContent");
        assert!(description.contains(" at 100 requests, "), "{description}");
        assert!(description.contains(" at 800, +"), "{description}");
    }
    assert_eq!(page.all("image", "").len(), 6);
    for name in ["The whole heap at each snapshot", "String at each snapshot"] {
        page.the("table", name);
    }
    let legends = page.js::<String>(
        "return [...document.querySelectorAll('.growth-heap .chart-text')].map(it => it.textContent.trim()).join('|')",
        &[],
    );
    for text in ["live heap", "RSS", "requests", " MiB"] {
        assert!(legends.contains(text), "{text} in {legends}");
    }
}

#[test]
fn a_straight_line_is_drawn_for_what_may_leak_and_bars_where_it_grows_in_place() {
    let Some(made) = VerdictPage::of(&ALL) else {
        return;
    };
    made.shows("5 sites");
    let drawn = made.page.js::<Vec<(bool, usize, usize)>>(
        "return [...document.querySelectorAll('.growth-site svg')].map(svg => [
            svg.querySelector('.tone-trend') !== null,
            svg.querySelectorAll('.chart-bar').length, svg.querySelectorAll('.chart-point').length])",
        &[],
    );
    // one more of each is in the legend
    assert_eq!(
        drawn,
        [
            (true, 5, 5),
            (true, 0, 5),
            (true, 0, 5),
            (false, 0, 5),
            (false, 0, 5)
        ]
    );
}

#[test]
fn a_class_is_chosen_and_the_address_keeps_it() {
    let Some(made) = VerdictPage::of(&ALL) else {
        return;
    };
    let page = &made.page;
    page.the("button", "leak 2").click();
    made.shows("2 of 5 sites");
    assert_eq!(classes(page), ["leak", "leak"]);
    page.reload();
    made.shows("2 of 5 sites");
    assert_eq!(
        page.the("button", "leak 2")
            .attribute("aria-pressed")
            .as_deref(),
        Some("true")
    );
    page.the("button", "one-time 1").keys(Key::Enter);
    made.shows("1 of 5 sites");
    page.the("button", "all 5").click();
    made.shows("5 sites");
    page.said_nothing();
}

#[test]
fn what_is_allowed_is_marked_with_its_reason_and_stands_behind_what_counts() {
    let allow = "[[allow]]\nfile = 'src/main.rs'\nreason = 'shown <b>on purpose</b>'\n";
    let run = verdict("--allow allow.toml", &[LIST, LABELS, FULL_CACHE]);
    let Some(made) = VerdictPage::opened(run.file("allow.toml", allow)) else {
        return;
    };
    let page = &made.page;
    made.shows("3 sites");
    let cards = cards(page);
    assert!(cards[0].1.contains("metrics::label") && !cards[0].1.contains("llowed"));
    let allowed = &cards[1].1;
    assert!(
        allowed.contains("Allowed: shown <b>on purpose</b>"),
        "{allowed}"
    );
    let head = page.the("region", "The verdict").text();
    assert!(head.contains("20 bytes per request, at 1 site"), "{head}");
    assert!(head.contains("allowed: Vec<Arc<Redundant>>"), "{head}");
    page.said_nothing();
}

#[test]
fn the_head_says_the_verdict_in_words() {
    for (sites, words) in [
        (&[LIST, LABELS][..], ["Leak", "1,331 bytes per request"]),
        (
            &[FULL_CACHE],
            ["No leak", "No site grows with the requests"],
        ),
        (&[FILLING_CACHE], ["Inconclusive", "take one more doubling"]),
        (&[], ["No leak", "the live heap kept its size"]),
    ] {
        let Some(made) = VerdictPage::of(sites) else {
            return;
        };
        let head = made.page.the("region", "The verdict").text();
        for word in words {
            assert!(head.contains(word), "{word}: {head}");
        }
        assert!(head.contains("100 to 800 requests"), "{head}");
        if sites.len() == 2 {
            assert!(head.contains("leak.push(object.clone());"), "{head}");
            assert!(head.contains("1,048,576 bytes held here"), "{head}");
            made.page.the("tab", "Growth");
        }
        if sites.is_empty() {
            wait_for("nothing to show", || {
                let text = made.page.the("tabpanel", "Growth").text();
                text.contains("No site grew or shrank.").then_some(())
            });
        }
        made.page.said_nothing();
    }
}

#[test]
fn the_first_is_compared_with_the_last_in_the_other_tabs() {
    let Some(made) = VerdictPage::of(&ALL) else {
        return;
    };
    let page = made.page.size(1600, 1200);
    let growth = page.the("tab", "Growth");
    assert_eq!(growth.attribute("aria-selected").as_deref(), Some("true"));
    growth.keys(Key::Right);
    assert_eq!(page.focused().text(), "Comparison");
    let table = Table::of(page);
    let list = table
        .rows
        .iter()
        .find(|row| row.name.contains("main.rs:36"));
    let list = list.expect("the list");
    assert_eq!(list.number("Size Delta"), 1_048_576 - 131_072);
    page.the("tab", "Summary").click();
    Table::once(page, "the last snapshot", |table| {
        table
            .rows
            .iter()
            .any(|row| row.name.contains("main.rs:36") && row.number("Live bytes") == 1_048_576)
    });
    page.the("tab", "Flame graph").click();
    page.css("svg[role=group] [role=button]");
    page.back().back().back();
    made.shows("5 sites");
    page.said_nothing();
}

#[test]
fn classes_are_chosen_without_a_mouse_and_the_focus_is_seen() {
    let Some(made) = VerdictPage::of(&ALL) else {
        return;
    };
    let page = &made.page;
    made.shows("5 sites");
    let mut reached = Vec::new();
    for _ in 0..20 {
        page.keys(Key::Tab);
        let (name, outlined) = page.focused().js::<(String, bool)>(
            "const { outlineStyle, outlineWidth } = getComputedStyle(it);
             return [it.innerText.trim(), outlineStyle !== 'none' && parseFloat(outlineWidth) > 0];",
        );
        let is_last = name == "one-time 1";
        assert!(outlined, "no focus is seen at {name:?}");
        reached.push(name);
        if is_last {
            break;
        }
    }
    for name in ["1 more leak", "Growth", "all 5", "leak 2", "one-time 1"] {
        assert!(reached.iter().any(|it| it == name), "{name}: {reached:?}");
    }
    page.keys(" ");
    made.shows("1 of 5 sites");
    assert_eq!(page.focused().text(), "one-time 1", "the focus stays");
    page.said_nothing();
}
