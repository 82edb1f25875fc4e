//! What holds for all snapshots: comparisons add up, and no bytes make the parser panic.

mod common;

use common::{PAIRS, fixture};
use heapdiff::flamegraph::svg::Picture;
use heapdiff::flamegraph::{Count, folded, svg};
use heapdiff::verdict::{self, Class, Verdict};
use heapdiff::{Change, Comparison, GroupBy, InApp, Options, Profile, compare};
use proptest::prelude::*;
use serde_json::json;

/// A program point: a stack of a few frames and its counters.
type Point = (Vec<usize>, [u32; 4]);

const FRAMES: [&str; 8] = [
    "[root]",
    "0x1: <alloc::vec::Vec<shop::Item>>::push (src/vec/mod.rs:1:2)",
    "0x2: shop::add (shop/src/cart.rs:3:4)",
    "0x3: shop::add (shop/src/cart.rs:3:4)",
    "0x4: shop::remove::{closure#0} (shop/src/cart.rs:9:4)",
    "0x5: tokio::spawn (tokio-1.54.0/src/task.rs:9:4)",
    "0x6: ???",
    "0x7: <alloc::sync::Arc<shop::Item>>::new (alloc/src/sync.rs:1:2)",
];

fn snapshot(points: &[Point]) -> Profile {
    let pps: Vec<_> = points
        .iter()
        .map(|(fs, [tb, tbk, eb, ebk])| json!({"tb": tb, "tbk": tbk, "eb": eb, "ebk": ebk, "fs": fs}))
        .collect();
    let file = json!({"dhatFileVersion": 2, "mode": "rust-heap", "bklt": true, "pps": pps, "ftbl": FRAMES});
    Profile::parse(file.to_string().as_bytes()).expect("a sound snapshot")
}

fn points() -> impl Strategy<Value = Vec<Point>> {
    let stack = proptest::collection::vec(0..FRAMES.len(), 0..5);
    proptest::collection::vec((stack, any::<[u32; 4]>()), 0..12)
}

fn by() -> impl Strategy<Value = GroupBy> {
    prop_oneof![
        Just(GroupBy::Site),
        Just(GroupBy::Type),
        Just(GroupBy::Stack)
    ]
}

fn comparison(before: &[Point], after: &[Point], by: GroupBy) -> Comparison {
    compare(
        &snapshot(before),
        &snapshot(after),
        &Options {
            by,
            ..Options::default()
        },
    )
    .expect("it adds up")
}

/// The rows by name, in an order of their own.
fn rows(comparison: &Comparison) -> Vec<(String, Change)> {
    let name = |row: &heapdiff::Row| {
        format!(
            "{:?} {:?}",
            row.site,
            comparison.stack_of(row).collect::<Vec<_>>()
        )
    };
    let mut rows: Vec<_> = comparison
        .rows
        .iter()
        .map(|row| (name(row), row.change))
        .collect();
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    rows
}

/// The sums of the numbers at the end of each line.
fn columns<const N: usize>(folded: &str) -> [u64; N] {
    let mut sums = [0; N];
    for line in folded.lines() {
        for (sum, number) in sums.iter_mut().rev().zip(line.rsplit(' ')) {
            *sum += number.parse::<u64>().expect(line);
        }
    }
    sums
}

proptest! {
    #[test]
    fn a_snapshot_compared_with_itself_is_empty(points in points(), by in by()) {
        prop_assert!(comparison(&points, &points, by).rows.is_empty());
    }

    #[test]
    fn the_order_of_program_points_does_not_matter(before in points(), after in points(), by in by()) {
        let reversed: Vec<Point> = after.iter().rev().cloned().collect();
        let (one, other) = (comparison(&before, &after, by), comparison(&before, &reversed, by));
        prop_assert_eq!(one.total, other.total);
        let changes = |comparison: &Comparison| comparison.rows.iter().map(|row| row.change).collect::<Vec<_>>();
        prop_assert_eq!(changes(&one), changes(&other));
    }

    #[test]
    fn rows_add_up_to_the_difference_of_the_heaps(before in points(), after in points(), by in by()) {
        let comparison = comparison(&before, &after, by);
        let heap = |points: &[Point]| points.iter().map(|(_, [.., eb, ebk])| (i64::from(*eb), i64::from(*ebk)))
            .fold((0, 0), |sum, point| (sum.0 + point.0, sum.1 + point.1));
        let (before, after) = (heap(&before), heap(&after));
        let sums = comparison.rows.iter().fold((0, 0), |sum, row| (sum.0 + row.change.size_delta, sum.1 + row.change.delta));
        prop_assert_eq!(sums, (after.0 - before.0, after.1 - before.1));
        for row in &comparison.rows {
            let change = &row.change;
            prop_assert_eq!(change.new.cast_signed() - change.deleted.cast_signed(), change.delta);
            prop_assert_eq!(change.alloc_size.cast_signed() - change.freed_size.cast_signed(), change.size_delta);
            prop_assert!(change.grew_in_place <= change.alloc_size);
        }
    }

    #[test]
    fn the_other_way_round_new_is_deleted(before in points(), after in points()) {
        let (there, back) = (comparison(&before, &after, GroupBy::Stack), comparison(&after, &before, GroupBy::Stack));
        prop_assert_eq!((there.total.new, there.total.alloc_size), (back.total.deleted, back.total.freed_size));
        prop_assert_eq!((there.total.delta, there.total.size_delta), (-back.total.delta, -back.total.size_delta));
        let touched = |comparison: &Comparison| {
            rows(comparison).into_iter().filter(|(_, change)| (change.delta, change.size_delta) != (0, 0)).map(|(name, _)| name).collect::<Vec<_>>()
        };
        prop_assert_eq!(touched(&there), touched(&back));
    }

    #[test]
    fn folded_stacks_add_up_to_the_heaps(before in points(), after in points()) {
        let view = heapdiff::View::default();
        for count in [Count::Bytes, Count::Blocks] {
            let live = |counters: &heapdiff::Counters| match count {
                Count::Bytes => counters.live_bytes,
                Count::Blocks => counters.live_blocks,
            };
            let inventory = heapdiff::inventory(&snapshot(&after), &Options::default());
            let [sum] = columns(&folded::of_inventory(&inventory, &view, count));
            prop_assert_eq!(sum, live(&inventory.snapshot.totals));
            let comparison = comparison(&before, &after, GroupBy::Site);
            let sums = columns(&folded::of_comparison(&comparison, &view, count));
            prop_assert_eq!(sums, [live(&comparison.before.totals), live(&comparison.after.totals)]);
        }
    }

    #[test]
    fn any_names_make_sound_folded_stacks_and_svgs(names in proptest::collection::vec("\\PC{0,20}|[<>&;# 0-9.\n\u{0}\u{ffff}_\\[k\\]-]{0,9}", 1..5)) {
        let stack: Vec<usize> = (0..names.len()).collect();
        let file = json!({"dhatFileVersion": 2, "mode": "heap", "bklt": true, "ftbl": names,
            "pps": [{"tb": 7, "tbk": 1, "eb": 7, "ebk": 1, "fs": stack}]});
        let profile = Profile::parse(file.to_string().as_bytes()).expect("a sound snapshot");
        let inventory = heapdiff::inventory(&profile, &Options::default());
        let view = heapdiff::View::default();
        let lines = folded::of_inventory(&inventory, &view, Count::Bytes);
        let (folded, count) = lines.trim_end_matches('\n').rsplit_once(' ').expect("a count");
        prop_assert_eq!((lines.lines().count(), folded.split(';').count(), count), (1, names.len(), "7"));
        let drawn = svg::of_inventory(&inventory, &view, &Picture { title: Some(names.concat()), ..Picture::default() });
        let dtd = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
        let xml = roxmltree::Document::parse_with_options(&drawn, dtd).expect("well-formed");
        let frames = xml.descendants().filter(|node| node.has_tag_name("title")).count();
        prop_assert_eq!(frames, names.len() + 1, "a box for each frame, and for all");
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Profile::parse(&bytes);
    }

    #[test]
    fn damaged_fixtures_never_panic(pair in 0..PAIRS.len(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let mut bytes = fixture(PAIRS[pair].1);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if cut {
            bytes.truncate(at);
        }
        if let Ok(profile) = Profile::parse(&bytes) {
            let comparison = compare(&profile, &profile, &Options::default());
            prop_assert!(comparison.is_ok_and(|comparison| comparison.rows.is_empty()));
        }
    }

    #[test]
    fn any_frame_text_can_be_read_and_shown(text in "\\PC{0,60}|[<>(){}:, A-Ta-t#&\\[\\]-]{0,60}") {
        let file = json!({"dhatFileVersion": 2, "mode": "heap", "bklt": true, "ftbl": [text, "a::b (a/src/b.rs:1:1)"],
            "pps": [{"tb": 1, "tbk": 1, "eb": 1, "ebk": 1, "fs": [0, 1]}, {"tb": 1, "tbk": 1, "eb": 1, "ebk": 1, "fs": [0]}]});
        let profile = Profile::parse(file.to_string().as_bytes()).expect("a sound snapshot");
        let inventory = heapdiff::inventory(&profile, &Options::default());
        for width in [0, 1, 20, 80] {
            let screen = heapdiff::terminal::Screen { width, color: true };
            heapdiff::terminal::render_inventory(&inventory, &heapdiff::View::default(), &screen);
        }
    }
}

#[test]
fn a_series_tells_the_leak_from_the_cache() {
    // per snapshot: a Vec that doubles, items of 16 bytes a request, a cache of at most 300, a singleton
    let at = |n: u32| {
        snapshot(&[
            (vec![1, 2], [0, 0, 8 * (n * 10).next_power_of_two(), 1]),
            (vec![7, 4], [0, 0, 16 * n, n]),
            (vec![4], [0, 0, 100 * n.min(300), n.min(300)]),
            (
                vec![5],
                [0, 0, if n > 100 { 64 } else { 0 }, u32::from(n > 100)],
            ),
        ])
    };
    let profiles: Vec<_> = [100, 200, 400, 800]
        .map(|n| (u64::from(n), at(n)))
        .into_iter()
        .collect();
    let series: Vec<_> = profiles.iter().map(|(n, profile)| (*n, profile)).collect();
    let judgement = verdict::judge(&series, &InApp::default()).expect("a series");
    let growth = &judgement.sites;
    let seen: Vec<_> = growth
        .iter()
        .map(|site| (site.site.constructor(), site.class, site.grows_in_place))
        .collect();
    assert_eq!(
        seen,
        [
            ("Vec<Item>".to_owned(), Class::Leak, true),
            ("shop::remove".to_owned(), Class::Bounded, false),
            ("Arc<Item>".to_owned(), Class::Leak, false),
            ("tokio::spawn".to_owned(), Class::OneTime, false),
        ]
    );
    let exact = |rate: verdict::Rate, of: f64| {
        [rate.estimate, rate.low, rate.high]
            .iter()
            .all(|rate| (rate - of).abs() < 1e-9)
    };
    assert!(exact(growth[2].bytes_per_request, 16.0) && exact(growth[2].blocks_per_request, 1.0));
    assert_eq!(growth[0].points.len(), 4);
    assert_eq!(judgement.verdict, Verdict::Leak);
    assert_eq!(judgement.leaks().count(), 2);
}
