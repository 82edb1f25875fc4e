//! The names in a snapshot: looked up once, they are those that dhat itself would have written.
#![cfg(target_os = "linux")]

mod common;

use std::collections::HashSet;
use std::path::Path;

use common::read_whole;

#[global_allocator]
static ALLOC: heapshot::Alloc = heapshot::Alloc;

/// The stacks of a snapshot, each with the addresses and names of its frames. dhat forgets none of them.
fn stacks_in(path: &Path) -> HashSet<Vec<String>> {
    let document = read_whole(path);
    let index = |index: &serde_json::Value| usize::try_from(index.as_u64().unwrap()).unwrap();
    let frame = |at: &serde_json::Value| document["ftbl"][index(at)].as_str().unwrap().to_owned();
    let points = document["pps"].as_array().unwrap().iter();
    points
        .map(|point| point["fs"].as_array().unwrap().iter().map(frame).collect())
        .collect()
}

fn is_named(stacks: &HashSet<Vec<String>>, function: &str) -> bool {
    stacks
        .iter()
        .flatten()
        .any(|frame| frame.contains(function))
}

#[inline(never)]
#[expect(clippy::vec_box, reason = "blocks are wanted")]
fn made_before() -> Vec<Box<u64>> {
    (0..10).map(Box::new).collect()
}

#[inline(never)]
fn made_between() -> Box<str> {
    std::hint::black_box("between").into()
}

#[test]
fn every_snapshot_names_what_dhat_would_have_named() {
    let heap = heapshot::Recorder::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let take = |name: &str| {
        let path = folder.path().join(name);
        heap.snapshot(&path).unwrap();
        stacks_in(&path)
    };

    let before = made_before();
    // A thread's stack begins in a library.
    let elsewhere = std::thread::spawn(made_before).join().unwrap();
    let first = take("first.json");
    let between = made_between();
    let second = take("second.json");
    let third = take("third.json");
    // From now on every child has a look at the program's own debug information, whatever lies in its place.
    backtrace::resolve(
        every_snapshot_names_what_dhat_would_have_named as *mut _,
        |_| (),
    );
    let by_dhat = take("by_dhat.json");

    for (earlier, later) in [(&first, &second), (&second, &third), (&third, &by_dhat)] {
        let missing: Vec<_> = earlier.difference(later).collect();
        assert!(missing.is_empty(), "{missing:#?}");
    }
    assert!(is_named(&first, "::made_before ("));
    assert!(!is_named(&first, "::made_between ("));
    assert!(is_named(&second, "::made_between ("));
    assert!(!is_named(&by_dhat, "?heapshot"));
    drop((before, elsewhere, between));
}
