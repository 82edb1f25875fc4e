//! What holds for all `.heapsnapshot` files: the sums, the ids, the shape.

mod common;

use std::collections::{BTreeMap, HashMap, HashSet};

use common::{PAIRS, fixture};
use heapdiff::export::chrome::{Options, Series};
use heapdiff::{GroupBy, Profile, compare};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A program point: a stack of a few frames, its live bytes and live blocks.
type Point = (Vec<usize>, u64, u64);

const FRAMES: [&str; 6] = [
    "[root]",
    "0x1: <alloc::vec::Vec<shop::Item>>::push (src/vec/mod.rs:1:2)",
    "0x2: shop::add (shop/src/cart.rs:3:4)",
    "0x3: <shop::Cart as shop::Add>::add (shop/src/cart.rs:9:4)",
    "0x4: main::run (src/main.rs:9:4)",
    "0x5: <alloc::sync::Arc<shop::Item>>::new (alloc/src/sync.rs:1:2)",
];

fn snapshot(points: &[Point]) -> Profile {
    let pps: Vec<_> = points
        .iter()
        .map(|(fs, eb, ebk)| json!({"tb": eb, "tbk": ebk, "eb": eb, "ebk": ebk, "fs": fs}))
        .collect();
    let file = json!({"dhatFileVersion": 2, "mode": "rust-heap", "bklt": true, "pps": pps, "ftbl": FRAMES});
    Profile::parse(file.to_string().as_bytes()).expect("a sound snapshot")
}

/// Series of up to four snapshots, with blocks from empty to larger than a node can be.
fn series() -> impl Strategy<Value = Vec<Profile>> {
    let stack = proptest::collection::vec(0..FRAMES.len(), 0..4);
    let size = prop_oneof![4 => 0_u64..200, 1 => 0_u64..3 << 32];
    let point = (stack, 0_u64..40, size, 0_u64..40)
        .prop_map(|(stack, blocks, size, more)| (stack, blocks * size + more, blocks));
    let snapshots = proptest::collection::vec(point, 0..8);
    proptest::collection::vec(snapshots.prop_map(|points| snapshot(&points)), 1..5)
}

/// An exported file, read back.
#[derive(Debug)]
struct Heap {
    /// Constructor and size of each block, by its id.
    blocks: BTreeMap<u64, (String, u64)>,
    ids: Vec<u64>,
}

impl Heap {
    fn read(file: &[u8]) -> Self {
        let json: Value = serde_json::from_slice(file).expect("JSON");
        let list = |key: &str| -> Vec<u64> {
            let numbers = json[key].as_array().expect("a list");
            numbers.iter().filter_map(Value::as_u64).collect()
        };
        let (nodes, edges) = (list("nodes"), list("edges"));
        let count = |key: &str| json["snapshot"][key].as_u64();
        assert_eq!(count("node_count"), Some(nodes.len() as u64 / 7));
        assert_eq!(count("edge_count"), Some(edges.len() as u64 / 3));
        let mut heap = Self {
            blocks: BTreeMap::new(),
            ids: nodes.chunks(7).map(|node| node[2]).collect(),
        };
        let leaving: u64 = nodes.chunks(7).map(|node| node[4]).sum();
        assert_eq!(leaving, edges.len() as u64 / 3);
        let reached: HashSet<u64> = edges.chunks(3).map(|edge| edge[2]).collect();
        for (at, node) in nodes.chunks(7).enumerate() {
            assert_eq!(reached.contains(&(at as u64 * 7)), at > 0, "a tree");
            let name = json["strings"][usize::try_from(node[1]).expect("small")].as_str();
            let name = name.expect("a name").trim_start().to_owned();
            match node[0] {
                8 => {
                    assert!(node[3] < 1 << 32 && node[4] == 0);
                    heap.blocks.insert(node[2], (name, node[3]));
                }
                kind => assert_eq!((kind, node[3]), (if at == 0 { 9 } else { 4 }, 0)),
            }
        }
        heap
    }

    /// Bytes and nodes by constructor.
    fn by_type(&self) -> HashMap<&str, (u64, u64)> {
        let mut sums = HashMap::new();
        for (name, size) in self.blocks.values() {
            let sum: &mut (u64, u64) = sums.entry(name.as_str()).or_default();
            *sum = (sum.0 + size, sum.1 + 1);
        }
        sums
    }
}

fn export(profiles: &[Profile], max_nodes: u64) -> Vec<Heap> {
    let options = Options {
        max_nodes,
        ..Options::default()
    };
    let mut series = Series::new(profiles, &options).expect("nodes enough");
    let mut heaps = Vec::new();
    while let Some(heap) = series.next_heap() {
        let mut file = Vec::new();
        heap.write(&mut file).expect("memory enough");
        heaps.push(Heap::read(&file));
        assert!(heap.nodes() <= max_nodes);
        assert_eq!(heap.nodes(), heaps[heaps.len() - 1].blocks.len() as u64);
    }
    assert_eq!(heaps.len(), profiles.len());
    heaps
}

/// What `compare` says is live after, by type.
fn live(profile: &Profile) -> HashMap<String, (u64, u64)> {
    let options = heapdiff::Options {
        by: GroupBy::Type,
        ..heapdiff::Options::default()
    };
    let rows = compare(&snapshot(&[]), profile, &options)
        .expect("it adds up")
        .rows;
    rows.iter()
        .map(|row| {
            (
                row.site.constructor(),
                (row.after.live_bytes, row.after.live_blocks),
            )
        })
        .filter(|(_, live)| *live != (0, 0))
        .collect()
}

/// Whether each block has exactly one node: none of them is too large, and no bytes are without a block.
fn is_plain(profile: &Profile) -> bool {
    profile
        .stacks()
        .iter()
        .all(|(_, counters)| counters.live_bytes <= counters.live_blocks * u64::from(u32::MAX))
}

proptest! {
    #[test]
    fn sums_by_type_are_those_of_the_heap(profiles in series(), fold in any::<bool>()) {
        let cap = if fold { 60 } else { 100_000 };
        for (heap, profile) in export(&profiles, cap.max(least(&profiles))).iter().zip(&profiles) {
            let (here, there) = (heap.by_type(), live(profile));
            prop_assert_eq!(here.len(), there.len());
            for (name, (bytes, blocks)) in &there {
                let sum = here.get(name.as_str()).copied().unwrap_or_default();
                prop_assert_eq!(sum.0, *bytes, "{}", name);
                prop_assert!(fold || !is_plain(profile) || sum.1 == *blocks, "{} {:?} {}", name, sum, blocks);
            }
        }
    }

    #[test]
    fn ids_are_odd_unique_and_increase_with_time(profiles in series()) {
        let mut last = 0;
        let mut known: HashSet<u64> = HashSet::new();
        for heap in export(&profiles, 100_000) {
            prop_assert!(heap.ids.iter().all(|id| id % 2 == 1));
            prop_assert_eq!(heap.ids.iter().collect::<HashSet<_>>().len(), heap.ids.len());
            let new: Vec<u64> = heap.blocks.keys().copied().filter(|id| !known.contains(id)).collect();
            prop_assert!(new.iter().all(|id| *id > last), "{:?} after {}", new, last);
            last = new.iter().copied().max().unwrap_or(last).max(last);
            known.extend(new);
        }
    }

    #[test]
    fn a_block_with_a_known_id_is_unchanged(profiles in series(), cap in 0_u64..200) {
        let heaps = export(&profiles, cap.max(least(&profiles)));
        for pair in heaps.windows(2) {
            for (id, block) in &pair[0].blocks {
                prop_assert_eq!(pair[1].blocks.get(id).unwrap_or(block), block);
            }
        }
    }

    #[test]
    fn what_both_snapshots_hold_keeps_its_id(profiles in series()) {
        let twice = [profiles[0].clone(), profiles[0].clone()];
        let heaps = export(&twice, 100_000);
        prop_assert_eq!(&heaps[0].blocks, &heaps[1].blocks);
    }
}

/// The fewest nodes that a series can do with.
fn least(profiles: &[Profile]) -> u64 {
    let options = Options {
        max_nodes: 0,
        ..Options::default()
    };
    match Series::new(profiles, &options) {
        Err(heapdiff::Error::TooManyNodes { needed, .. }) => needed,
        _ => 0,
    }
}

#[test]
fn no_more_is_new_than_a_comparison_says_where_sizes_are_equal() {
    let at = |blocks: u64| snapshot(&[(vec![5, 2], 64 * blocks, blocks), (vec![2], 24, 1)]);
    let heaps = export(&[at(10), at(25), at(7)], 1000);
    let ids = |heap: &Heap| heap.blocks.keys().copied().collect::<HashSet<_>>();
    let (first, second, third) = (ids(&heaps[0]), ids(&heaps[1]), ids(&heaps[2]));
    assert!(first.is_subset(&second) && third.is_subset(&second));
    assert_eq!((second.len(), third.len()), (26, 8));
}

#[test]
fn real_snapshots_are_exported_whole() {
    for (before, after) in PAIRS {
        let profiles = [before, after].map(|name| Profile::parse(&fixture(name)).expect(name));
        for (heap, profile) in export(&profiles, 500_000).iter().zip(&profiles) {
            let bytes: u64 = heap.blocks.values().map(|(_, size)| size).sum();
            assert_eq!(
                (bytes, heap.blocks.len() as u64),
                (profile.totals.live_bytes, profile.totals.live_blocks)
            );
        }
    }
}
