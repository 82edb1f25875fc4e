//! Sampled recording in one process: what is chosen, what is counted, and what is left when all is freed.
#![cfg(target_os = "linux")]

mod common;

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError, mpsc};

use heapshot::Recorder;
use serde_json::Value;

#[global_allocator]
static ALLOC: heapshot::Alloc = heapshot::Alloc;

const EVERY: u64 = 4 << 10;

/// The one recorder of this process, for one test at a time: they count what is live.
fn recorder() -> (Recorder, MutexGuard<'static, ()>) {
    static HEAP: OnceLock<Recorder> = OnceLock::new();
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let heap = HEAP.get_or_init(|| Recorder::builder().sample_every(EVERY).start().unwrap());
    (heap.clone(), turn)
}

fn snapshot(heap: &Recorder) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    heap.snapshot(&path).unwrap();
    read(&path)
}

/// The snapshot, and proof that it is one: its program points add up to what it says was recorded.
fn read(path: &Path) -> Value {
    let document: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let sampling = &document["heapshot"]["sampling"];
    assert_eq!(sampling["every_bytes"], EVERY);
    let sum = |key: &str| -> u64 { points(&document).map(|point| number(point, key)).sum() };
    assert_eq!(sum("eb"), number(sampling, "recorded_bytes"));
    assert_eq!(sum("ebk"), number(sampling, "recorded_blocks"));
    let stacks: HashSet<String> = points(&document)
        .map(|point| point["fs"].to_string())
        .collect();
    assert_eq!(
        stacks.len(),
        points(&document).count(),
        "each stack once, as dh_view wants it"
    );
    document
}

fn points(document: &Value) -> impl Iterator<Item = &Value> {
    document["pps"].as_array().unwrap().iter()
}

fn number(value: &Value, key: &str) -> u64 {
    value[key].as_u64().unwrap()
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn float(number: u64) -> f64 {
    number as f64
}

fn probability(size: f64) -> f64 {
    1.0 - (-size / float(EVERY)).exp()
}

/// Live samples whose stack has a function of this name: by the mean size of their program point, how many.
fn samples_of(document: &Value, function: &str) -> Vec<(f64, u64)> {
    let frames = document["ftbl"].as_array().unwrap();
    let is_ours = |index: &Value| {
        let frame = frames[usize::try_from(index.as_u64().unwrap()).unwrap()].as_str();
        frame.unwrap().contains(function)
    };
    points(document)
        .filter(|point| number(point, "ebk") > 0)
        .filter(|point| point["fs"].as_array().unwrap().iter().any(is_ours))
        .map(|point| {
            (
                float(number(point, "eb")) / float(number(point, "ebk")),
                number(point, "ebk"),
            )
        })
        .collect()
}

/// Blocks by the samples, and the standard error of that.
fn estimate(samples: &[(f64, u64)]) -> (f64, f64) {
    let (mut blocks, mut variance) = (0.0, 0.0);
    for (mean, samples) in samples {
        let p = probability(*mean);
        blocks += float(*samples) / p;
        variance += float(*samples) * (1.0 - p) / (p * p);
    }
    (blocks, variance.sqrt())
}

fn assert_estimates(samples: &[(f64, u64)], blocks: u64) {
    let (estimate, error) = estimate(samples);
    assert!(
        (estimate - float(blocks)).abs() <= 5.0 * error.max(1.0),
        "{estimate} ± {error} of {blocks} blocks: {samples:?}"
    );
}

#[inline(never)]
fn keep_of_three_sizes() -> Vec<Vec<u8>> {
    let sizes = [40, 700, 9000];
    (0..30_000)
        .map(|n| Vec::with_capacity(sizes[n % 3]))
        .collect()
}

#[test]
fn each_size_is_a_program_point_of_its_own_and_scales_back_to_what_there_is() {
    let (heap, _turn) = recorder();
    let kept = keep_of_three_sizes();
    let samples = samples_of(&snapshot(&heap), "keep_of_three_sizes");
    for size in [40.0, 700.0, 9000.0] {
        let of_size: Vec<_> = samples
            .iter()
            .copied()
            .filter(|(mean, _)| (mean - size).abs() < 0.5)
            .collect();
        assert_eq!(of_size.len(), 1, "{samples:?}");
        assert_estimates(&of_size, 10_000);
    }
    assert_eq!(samples.len(), 4, "the list of lists, too: {samples:?}");
    drop(kept);
    let left = samples_of(&snapshot(&heap), "keep_of_three_sizes");
    assert_eq!(left, []);
}

#[test]
fn what_is_live_and_what_was_allocated_is_counted_exactly() {
    let (heap, _turn) = recorder();
    let (before, so_far) = (heap.live(), heap.allocated());
    let kept = vec![0_u8; 10_000_000];
    let boxes: Vec<Box<u64>> = (0..1000).map(Box::new).collect();
    let (during, allocated) = (heap.live(), heap.allocated());
    let made = 10_000_000 + 1000 * 8 + 1000 * 8;
    assert!((during.bytes - before.bytes).abs_diff(made) < 5000);
    assert!((during.blocks - before.blocks).abs_diff(1002) < 20);
    assert!((allocated.bytes - so_far.bytes).abs_diff(made) < 5000);
    drop((kept, boxes));
    // The harness has threads, too, which may say something meanwhile.
    assert!(heap.live().bytes.abs_diff(before.bytes) < 5000);
    assert!(heap.allocated().bytes - allocated.bytes < 5000);
}

#[test]
fn a_snapshot_states_what_is_live_and_not_what_is_recorded() {
    let (heap, _turn) = recorder();
    let kept: Vec<Box<[u8; 64]>> = (0..10_000).map(|_| Box::new([1; 64])).collect();
    let document = snapshot(&heap);
    let header = &document["heapshot"];
    assert!(number(header, "live_bytes") >= 720_000);
    assert!(number(&header["sampling"], "recorded_bytes") < 400_000);
    drop(kept);
}

#[inline(never)]
fn grow_by_pushing(lists: usize, to: usize) -> Vec<Vec<u64>> {
    let mut all: Vec<Vec<u64>> = (0..lists).map(|_| Vec::new()).collect();
    for n in 0..to {
        for list in &mut all {
            list.push(n as u64);
        }
    }
    all
}

#[test]
fn what_grew_is_a_sample_as_if_it_had_been_made_so_large() {
    let (heap, _turn) = recorder();
    let lists = grow_by_pushing(4000, 100); // 1024 bytes each, in six steps
    let samples = samples_of(&snapshot(&heap), "grow_by_pushing");
    let of_size: Vec<_> = samples
        .iter()
        .copied()
        .filter(|(mean, _)| *mean < 2000.0)
        .collect();
    assert!(
        of_size.iter().all(|(mean, _)| (mean - 1024.0).abs() < 0.5),
        "{samples:?}"
    );
    assert_estimates(&of_size, 4000);
    drop(lists);
    assert_eq!(samples_of(&snapshot(&heap), "grow_by_pushing"), []);
}

#[inline(never)]
fn shrink_from(many: usize, to: usize) -> Vec<Vec<u8>> {
    let shrunk = |_| {
        let mut list = Vec::with_capacity(many);
        list.resize(to, 1);
        list.shrink_to_fit();
        list
    };
    (0..4000).map(shrunk).collect()
}

#[test]
fn what_shrank_is_a_sample_as_if_it_had_been_made_so_small() {
    let (heap, _turn) = recorder();
    for (many, to) in [(20_000, 300), (50_000, 49_000), (1000, 950)] {
        let lists = shrink_from(many, to);
        let samples = samples_of(&snapshot(&heap), "shrink_from");
        let of_size: Vec<_> = samples
            .iter()
            .copied()
            .filter(|(mean, _)| *mean < 60_000.0)
            .collect();
        assert_estimates(&of_size, 4000);
        assert!(
            lists
                .iter()
                .all(|list| list.len() == to && list.iter().all(|byte| *byte == 1))
        );
        drop(lists);
        assert_eq!(samples_of(&snapshot(&heap), "shrink_from"), []);
    }
}

#[test]
fn a_list_that_is_a_sample_for_certain_grows_where_it_stands_and_keeps_its_content() {
    let (heap, _turn) = recorder();
    let mut list: Vec<u64> = Vec::new();
    for n in 0..3_000_000_u64 {
        list.push(n);
    }
    assert!(list.iter().enumerate().all(|(at, n)| at as u64 == *n));
    let largest = points(&snapshot(&heap))
        .map(|point| number(point, "eb"))
        .max()
        .unwrap();
    assert_eq!(largest, 8 << 22);
    list.truncate(5);
    list.shrink_to_fit();
    assert_eq!(list, [0, 1, 2, 3, 4]);
}

#[test]
fn zeroed_blocks_are_zeroed_sample_or_not() {
    let (_heap, _turn) = recorder();
    for size in [1, 40, 5000, 100_000] {
        for _ in 0..500 {
            let dirty = vec![0xff_u8; size];
            drop(dirty);
            assert!(vec![0_u8; size].iter().all(|byte| *byte == 0));
        }
    }
}

#[test]
fn what_one_thread_allocates_and_another_frees_leaves_nothing() {
    let (heap, _turn) = recorder();
    let before = heap.live();
    std::thread::scope(|scope| {
        for seed in 0..4_usize {
            let (sender, receiver) = mpsc::sync_channel::<HashMap<usize, Vec<u8>>>(8);
            scope.spawn(move || {
                for round in 0..100 {
                    sender.send(allocate_for_another(seed + round)).unwrap();
                }
            });
            scope.spawn(move || {
                for (round, mut blocks) in receiver.iter().enumerate() {
                    if round % 2 == 0 {
                        for block in blocks.values_mut() {
                            block.extend_from_slice(&[7; 300]);
                            block.shrink_to_fit();
                        }
                    }
                }
            });
        }
        for _ in 0..20 {
            snapshot(&heap);
        }
    });
    let after = heap.live();
    assert!(
        after.bytes.abs_diff(before.bytes) < 20_000,
        "{before:?}, then {after:?}: what threads have of their own may stay"
    );
    assert_eq!(samples_of(&snapshot(&heap), "allocate_for_another"), []);
}

#[inline(never)]
fn allocate_for_another(seed: usize) -> HashMap<usize, Vec<u8>> {
    (0..100)
        .map(|n| (n, vec![1; (seed * 31 + n * 97) % 6000 + 1]))
        .collect()
}

#[test]
fn a_thread_that_ends_has_told_what_it_counted() {
    let (heap, _turn) = recorder();
    let before = heap.allocated();
    let kept = std::thread::spawn(|| vec![1_u8; 3000]).join().unwrap();
    let after = heap.allocated();
    let more = after.bytes - before.bytes;
    assert!((3000..20_000).contains(&more), "{more}");
    drop(kept);
}
