//! The pprof export, read back by somebody else's implementation of the format.

mod common;

use std::io::Read;

use common::{PAIRS, fixture, served};
use heapdiff::{Profile, export::pprof};
use libdd_profiling_protobuf::prost_impls::{Message, Profile as Exported};

/// Whatever a pprof reader makes of a snapshot.
fn exported(profile: &Profile) -> Exported {
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(&pprof::render(profile)[..])
        .read_to_end(&mut bytes)
        .expect("gzip");
    Exported::decode(&bytes[..]).expect("profile.proto")
}

fn text(profile: &Exported, string: i64) -> &str {
    &profile.string_table[usize::try_from(string).expect("an index")]
}

fn sum(profile: &Exported, value: &str) -> i64 {
    let mut types = profile.sample_types.iter();
    let at = types
        .position(|it| text(profile, it.r#type) == value)
        .expect(value);
    profile.samples.iter().map(|sample| sample.values[at]).sum()
}

/// The functions of a sample, innermost first.
fn functions<'a>(profile: &'a Exported, ids: &[u64]) -> Vec<(&'a str, &'a str, i64)> {
    let locations = ids.iter().map(|id| {
        let mut all = profile.locations.iter();
        all.find(|location| location.id == *id).expect("a location")
    });
    let lines = locations.flat_map(|location| &location.lines);
    lines
        .map(|line| {
            let mut all = profile.functions.iter();
            let function = all
                .find(|function| function.id == line.function_id)
                .expect("a function");
            (
                text(profile, function.name),
                text(profile, function.filename),
                line.line,
            )
        })
        .collect()
}

#[test]
fn its_sums_are_the_heaps_to_the_byte() {
    for name in PAIRS.iter().flat_map(|(before, after)| [before, after]) {
        let snapshot = Profile::parse(&fixture(name)).expect(name);
        let read = exported(&snapshot);
        for (value, expected) in [
            ("inuse_space", snapshot.totals.live_bytes),
            ("inuse_objects", snapshot.totals.live_blocks),
            ("alloc_space", snapshot.totals.total_bytes),
            ("alloc_objects", snapshot.totals.total_blocks),
        ] {
            assert_eq!(sum(&read, value), expected.cast_signed(), "{name}: {value}");
        }
    }
}

#[test]
fn its_largest_sample_is_the_leak_with_its_line() {
    let read = exported(&Profile::parse(&fixture("orders-v0-after.json")).expect("a snapshot"));
    let largest = read
        .samples
        .iter()
        .max_by_key(|sample| sample.values[3])
        .expect("samples");
    let stack = functions(&read, &largest.location_ids);
    let place = ("orders::handle::{closure#0}", "orders/src/main.rs", 36);
    let at = stack
        .iter()
        .position(|frame| *frame == place)
        .unwrap_or_else(|| panic!("{stack:#?}"));
    assert!(
        stack[..at]
            .iter()
            .any(|(name, ..)| name.ends_with(">>>::push")),
        "{stack:#?}"
    );
    assert!(
        stack[at..].iter().any(|(name, ..)| *name == "orders::main"),
        "{stack:#?}"
    );
}

#[test]
fn it_is_a_heap_profile_as_go_writes_them() {
    let snapshot = served(&fixture("orders-v0-after.json"), 1100, 20);
    let read = exported(
        &Profile::parse(&snapshot)
            .expect("a snapshot")
            .labelled("after.json"),
    );
    let types: Vec<_> = read
        .sample_types
        .iter()
        .map(|it| (text(&read, it.r#type), text(&read, it.unit)))
        .collect();
    assert_eq!(
        types,
        [
            ("alloc_objects", "count"),
            ("alloc_space", "bytes"),
            ("inuse_objects", "count"),
            ("inuse_space", "bytes")
        ]
    );
    assert_eq!(text(&read, read.default_sample_type), "inuse_space");
    assert_eq!(read.string_table[0], "");
    assert_eq!(read.time_nanos, 1_767_323_060_500_000_000);
    assert_eq!(read.duration_nanos, 20_000_000_000);
    assert_eq!(text(&read, read.mappings[0].filename), "./orders");
    assert!(read.mappings.iter().map(|mapping| mapping.id).eq([1]));
    let comments: Vec<_> = read
        .comment
        .iter()
        .map(|comment| text(&read, *comment))
        .collect();
    assert!(
        ["snapshot: after.json", "server: orders", "requests: 1100"]
            .iter()
            .all(|it| comments.contains(it)),
        "{comments:?}"
    );
}

#[test]
fn every_id_leads_somewhere() {
    let read = exported(&Profile::parse(&fixture("orders-legacy-after.json")).expect("a snapshot"));
    for sample in &read.samples {
        assert_eq!(sample.values.len(), read.sample_types.len());
        assert_eq!(
            functions(&read, &sample.location_ids).len(),
            sample.location_ids.len()
        );
    }
    assert!(
        read.locations
            .iter()
            .all(|location| location.mapping_id == 1)
    );
    let mut ids: Vec<u64> = read.functions.iter().map(|function| function.id).collect();
    ids.dedup();
    assert!(ids.len() == read.functions.len() && !ids.contains(&0));
}
