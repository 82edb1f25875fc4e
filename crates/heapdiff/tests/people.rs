//! What people and programs see, as snapshots: tables at several widths, JSON, the excerpt.

mod common;

use common::{fixture, fixtures, served};
use heapdiff::source::Finder;
use heapdiff::terminal::{self, Screen};
use heapdiff::{
    Comparison, GroupBy, Options, Profile, Sort, View, compare, excerpt, inventory, json,
};

fn profile(name: &str, requests: u64, seconds: u64) -> Profile {
    Profile::parse(&served(&fixture(name), requests, seconds))
        .expect(name)
        .labelled(name)
}

fn orders(by: GroupBy) -> Comparison {
    let (before, after) = (
        profile("orders-v0-before.json", 100, 10),
        profile("orders-v0-after.json", 1100, 20),
    );
    compare(
        &before,
        &after,
        &Options {
            by,
            ..Options::default()
        },
    )
    .expect("it adds up")
}

fn screen(width: usize) -> Screen {
    Screen {
        width,
        color: false,
    }
}

fn top(n: usize) -> View {
    View {
        top: Some(n),
        ..View::default()
    }
}

#[test]
fn a_comparison_at_every_width() {
    for width in [60, 80, 100, 120, 160, 200] {
        let text = terminal::render(&orders(GroupBy::Site), &top(5), &screen(width));
        for line in text.lines() {
            assert!(line.chars().count() <= width, "{width}: {line}");
        }
        insta::assert_snapshot!(format!("comparison_{width}"), text);
    }
}

#[test]
fn a_comparison_in_colour() {
    let text = terminal::render(
        &orders(GroupBy::Site),
        &top(2),
        &Screen {
            width: 120,
            color: true,
        },
    );
    insta::assert_snapshot!(text.replace('\u{1b}', "ESC"));
}

#[test]
fn a_comparison_by_type() {
    insta::assert_snapshot!(terminal::render(
        &orders(GroupBy::Type),
        &top(14),
        &screen(160)
    ));
}

#[test]
fn a_comparison_by_stack() {
    insta::assert_snapshot!(terminal::render(
        &orders(GroupBy::Stack),
        &top(2),
        &screen(100)
    ));
}

#[test]
fn a_comparison_sorted_and_filtered() {
    let view = View {
        sort: Sort::Churn,
        filter: Some("STRING".into()),
        top: Some(3),
    };
    insta::assert_snapshot!(terminal::render(
        &orders(GroupBy::Site),
        &view,
        &screen(120)
    ));
}

#[test]
fn a_comparison_of_what_valgrind_wrote() {
    let parse = |name: &str| Profile::parse(&fixture(name)).expect(name).labelled(name);
    let comparison = compare(
        &parse("leak-before.json"),
        &parse("leak-after.json"),
        &Options::default(),
    );
    insta::assert_snapshot!(terminal::render(
        &comparison.expect("it adds up"),
        &View::default(),
        &screen(120)
    ));
}

#[test]
fn a_comparison_the_wrong_way_round() {
    let (before, after) = (
        profile("orders-v0-before.json", 100, 10),
        profile("orders-v0-after.json", 1100, 20),
    );
    let comparison = compare(&after, &before, &Options::default()).expect("it adds up");
    insta::assert_snapshot!(terminal::render(&comparison, &top(3), &screen(120)));
}

#[test]
fn a_comparison_as_json() {
    insta::assert_snapshot!(json::render(&orders(GroupBy::Site), &top(2)));
}

#[test]
fn an_inventory_for_people_and_programs() {
    let inventory = inventory(
        &profile("orders-v0-after.json", 1100, 20),
        &Options::default(),
    );
    insta::assert_snapshot!(
        "inventory",
        terminal::render_inventory(&inventory, &top(5), &screen(100))
    );
    insta::assert_snapshot!(
        "inventory_json",
        json::render_inventory(&inventory, &top(1))
    );
}

#[test]
fn the_line_that_leaks() {
    let comparison = orders(GroupBy::Site);
    let excerpt = excerpt::render(
        &comparison,
        &comparison.rows[0],
        &Finder::new([fixtures()]),
        &screen(100),
    );
    insta::assert_snapshot!(excerpt.expect("the source is there"));
    let nowhere = excerpt::render(
        &comparison,
        &comparison.rows[0],
        &Finder::new([fixtures().join("leak")]),
        &screen(100),
    );
    assert_eq!(nowhere, None);
}
