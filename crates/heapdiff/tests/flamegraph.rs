//! The flame graphs: what stands in the folded stacks, and what the SVGs show, read back as XML.

mod common;

use common::{PAIRS, fixture, served};
use heapdiff::flamegraph::svg::Picture;
use heapdiff::flamegraph::{Count, folded, svg};
use heapdiff::{Comparison, Inventory, Options, Profile, View, compare, inventory};
use roxmltree::{Document, Node, ParsingOptions};
use serde_json::json;

fn profile(name: &str, requests: u64) -> Profile {
    Profile::parse(&served(&fixture(name), requests, requests / 100))
        .expect(name)
        .labelled(name)
}

fn comparison(before: &str, after: &str) -> Comparison {
    let (before, after) = (profile(before, 100), profile(after, 1100));
    compare(&before, &after, &Options::default()).expect("it adds up")
}

fn leak() -> Inventory {
    inventory(&profile("leak-after.json", 1100), &Options::default())
}

fn filter(text: &str) -> View {
    View {
        filter: Some(text.to_owned()),
        ..View::default()
    }
}

/// A frame of a graph.
#[derive(Debug)]
struct Drawn {
    title: String,
    fill: (u8, u8, u8),
    width: u64,
}

/// The frames of an SVG, which must be well-formed, and the text above them.
fn drawn(svg: &str) -> (Vec<Drawn>, String) {
    let options = ParsingOptions {
        allow_dtd: true,
        ..ParsingOptions::default()
    };
    let xml = Document::parse_with_options(svg, options).expect("well-formed");
    assert!(
        xml.descendants()
            .filter(|node| node.has_tag_name("script"))
            .count()
            <= 1,
        "no script but inferno's"
    );
    let captions = xml
        .root_element()
        .children()
        .filter(|node| node.has_tag_name("text"));
    let captions: Vec<&str> = captions.filter_map(|node| node.text()).collect();
    let groups = xml.descendants().filter(|node| node.has_tag_name("g"));
    (
        groups.map(|group| frame(&group)).collect(),
        captions.join("\n"),
    )
}

fn frame(group: &Node<'_, '_>) -> Drawn {
    let child = |name: &str| {
        let mut children = group.children();
        children.find(|node| node.has_tag_name(name)).expect(name)
    };
    let rect = child("rect");
    let numbers: Vec<u8> = rect
        .attribute("fill")
        .and_then(|fill| fill.strip_prefix("rgb(")?.strip_suffix(')'))
        .map(|fill| {
            fill.split(',')
                .map(|part| part.parse().expect("a colour"))
                .collect()
        })
        .expect("a fill");
    let width = rect.attribute(("http://github.com/jonhoo/inferno", "w"));
    Drawn {
        title: child("title").text().unwrap_or_default().to_owned(),
        fill: (numbers[0], numbers[1], numbers[2]),
        width: width.and_then(|width| width.parse().ok()).expect("a width"),
    }
}

fn find<'a>(frames: &'a [Drawn], title: &str) -> &'a Drawn {
    let found = frames.iter().find(|frame| frame.title.starts_with(title));
    found.unwrap_or_else(|| panic!("no {title} in {frames:#?}"))
}

fn is_warm((red, _, blue): (u8, u8, u8)) -> bool {
    red > blue
}

#[test]
fn folded_stacks_of_one_snapshot_and_of_two() {
    insta::assert_snapshot!(
        "folded",
        folded::of_inventory(&leak(), &View::default(), Count::Bytes)
    );
    let comparison = comparison("orders-v0-before.json", "orders-v0-after.json");
    let handle = folded::of_comparison(&comparison, &filter("orders::handle"), Count::Bytes);
    insta::assert_snapshot!("folded_comparison", handle);
}

#[test]
fn the_graph_of_a_snapshot_is_as_wide_as_its_heap() {
    for (_, after) in PAIRS {
        let inventory = inventory(&profile(after, 1100), &Options::default());
        for (count, live) in [
            (Count::Bytes, inventory.snapshot.totals.live_bytes),
            (Count::Blocks, inventory.snapshot.totals.live_blocks),
        ] {
            let picture = Picture {
                count,
                ..Picture::default()
            };
            let (frames, captions) =
                drawn(&svg::of_inventory(&inventory, &View::default(), &picture));
            assert_eq!(find(&frames, "all (").width, live);
            assert!(
                captions.contains(&format!("Live heap: {after}")),
                "{captions}"
            );
            assert!(captions.contains("after 1,100 requests"), "{captions}");
        }
    }
}

#[test]
fn growth_is_warm_shrinkage_is_cool_and_the_users_lines_stand_out() {
    let handler = "orders::handle (orders/src/main.rs:36)";
    let there = comparison("orders-v0-before.json", "orders-v0-after.json");
    let back = comparison("orders-v0-after.json", "orders-v0-before.json");
    for (comparison, side, warm) in [(there, "grew", true), (back, "shrank", false)] {
        let svg = svg::of_comparison(&comparison, &View::default(), &Picture::default());
        let (frames, _) = drawn(&svg);
        assert_eq!(is_warm(find(&frames, side).fill), warm);
        let (handler, push) = (
            find(&frames, handler),
            find(&frames, "Vec<Arc<Redundant>>::push ("),
        );
        assert_eq!((handler.width, push.width), (917_504, 917_504));
        assert_eq!((is_warm(handler.fill), is_warm(push.fill)), (warm, warm));
        let strength = |(red, green, blue): (u8, u8, u8)| red.max(blue) - red.min(green).min(blue);
        assert!(
            strength(handler.fill) > 2 * strength(push.fill),
            "{handler:?} {push:?}"
        );
    }
}

#[test]
fn the_halves_of_a_differential_graph_are_the_comparisons_totals() {
    // freed altogether, shrank, and grew: by the same function in both halves
    let snapshot = |live: [u32; 3]| {
        let pps: Vec<_> = (0..3)
            .map(|at| json!({"tb": 900, "tbk": 9, "eb": live[at], "ebk": 1, "fs": [at + 1, 0]}))
            .collect();
        let ftbl = [
            "shop::main (shop/src/main.rs:9:1)",
            "shop::a (shop/src/a.rs:1:1)",
            "shop::b (shop/src/b.rs:2:2)",
            "shop::c (shop/src/c.rs:3:3)",
        ];
        let file = json!({"dhatFileVersion": 2, "mode": "rust-heap", "bklt": true, "pps": pps, "ftbl": ftbl});
        Profile::parse(file.to_string().as_bytes()).expect("a sound snapshot")
    };
    let comparison = compare(
        &snapshot([50, 70, 100]),
        &snapshot([0, 40, 400]),
        &Options::default(),
    );
    let comparison = comparison.expect("it adds up");
    let (frames, captions) = drawn(&svg::of_comparison(
        &comparison,
        &View::default(),
        &Picture::default(),
    ));
    assert!(
        captions.contains("+220 live bytes: 300 grew, 80 shrank"),
        "{captions}"
    );
    let total = comparison.total;
    assert_eq!(find(&frames, "grew").width, total.alloc_size);
    assert_eq!(find(&frames, "shrank").width, total.freed_size);
    let main: Vec<_> = frames
        .iter()
        .filter(|frame| frame.title.starts_with("shop::main"))
        .collect();
    let halves: Vec<_> = main
        .iter()
        .map(|main| (main.width, is_warm(main.fill)))
        .collect();
    assert_eq!(halves, [(300, true), (80, false)]);
    assert_eq!(
        find(&frames, "shop::a (shop/src/a.rs:1)").width,
        50,
        "what is gone is seen"
    );
}

#[test]
fn hostile_names_are_escaped() {
    let script = "<script>alert(1)</script>]]>&\"'; onload=x";
    let long = "é<".repeat(50_000);
    let ftbl = [script, long.as_str(), "-->\n<g>\u{ffff}", "evil_[k] 5"];
    let file = json!({"dhatFileVersion": 2, "mode": "heap", "bklt": true, "cmd": script, "ftbl": ftbl,
        "pps": [{"tb": 9, "tbk": 1, "eb": 9, "ebk": 1, "fs": [0, 1, 2, 3]}]});
    let profile = Profile::parse(file.to_string().as_bytes())
        .expect("a sound snapshot")
        .labelled(script);
    let inventory = inventory(&profile, &Options::default());
    let svg = svg::of_inventory(&inventory, &filter("script>"), &Picture::default());
    let (frames, _) = drawn(&svg);
    assert_eq!(frames.len(), 1 + ftbl.len());
    assert!(
        find(&frames, "<script>alert(1)")
            .title
            .contains("]]>&\"': onload=x")
    );
    find(&frames, "evil_[k]_5 (9 bytes, 100.00%)");
    assert!(!svg.contains("<script>alert"));
    assert!(svg.len() < 60_000, "{} bytes", svg.len());
    let nothing = svg::of_inventory(
        &inventory,
        &filter("<nosuchthing>"),
        &Picture {
            title: Some(script.into()),
            ..Picture::default()
        },
    );
    assert!(drawn(&nothing).1.contains("No live bytes"));
}
