//! Eight threads allocate and free flat out while 100 snapshots are taken: every one is whole, none
//! hangs, none leaves a zombie.
#![cfg(target_os = "linux")]

mod common;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use common::{LONG, children_of, names_in, read_whole};

#[global_allocator]
static ALLOC: heapshot::Alloc = heapshot::Alloc;

#[test]
fn a_hundred_of_a_hundred_snapshots_under_eight_threads_are_good() {
    let heap = heapshot::Recorder::builder()
        .deadline(LONG)
        .start()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let done = AtomicBool::new(false);
    let rounds = AtomicU64::new(0);

    std::thread::scope(|scope| {
        for seed in 0..8 {
            let (done, rounds) = (&done, &rounds);
            scope.spawn(move || {
                while !done.load(Ordering::Relaxed) {
                    churn(seed + rounds.fetch_add(1, Ordering::Relaxed));
                }
            });
        }
        let taken = std::panic::catch_unwind(|| {
            for n in 0..100 {
                let before = rounds.load(Ordering::Relaxed);
                let path = folder.path().join(format!("{n}.json"));
                let shot = heap.snapshot(&path).unwrap();
                read_whole(&path);
                assert!(shot.live_blocks > 0);
                common::wait_for("the threads to go on", || {
                    (rounds.load(Ordering::Relaxed) > before).then_some(())
                });
            }
        });
        done.store(true, Ordering::Relaxed);
        taken.unwrap();
    });

    assert_eq!(names_in(folder.path()).len(), 100);
    assert_eq!(children_of(std::process::id()), []);
}

/// Some of everything: growth in place, many small blocks, a large one, frees in another order.
fn churn(n: u64) {
    let mut map = HashMap::new();
    for i in 0..16 {
        map.insert(n + i, format!("{n}-{i}").repeat(3));
    }
    let mut list: Vec<u64> = (0..n % 512).collect();
    list.extend(0..64);
    let large = vec![0_u8; 100_000];
    map.retain(|key, _| key % 3 == 0);
    std::hint::black_box((map, list, large));
}
