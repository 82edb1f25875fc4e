//! The recorder in one process: what a snapshot holds, and what happens when it cannot be taken.
#![cfg(target_os = "linux")]

mod common;

use std::os::unix::fs::PermissionsExt;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use common::writer::next_writer;
use common::{children_of, names_in, read_whole};
use heapshot::{Error, Metadata, Recorder};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{Signal, kill};

#[global_allocator]
static ALLOC: heapshot::Alloc = heapshot::Alloc;

/// The one recorder of this process, for one test at a time: a second would be told "busy".
fn recorder() -> (Recorder, MutexGuard<'static, ()>) {
    static HEAP: OnceLock<Recorder> = OnceLock::new();
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let heap = HEAP.get_or_init(|| Recorder::start().unwrap());
    (heap.clone(), turn)
}

#[inline(never)]
#[expect(clippy::vec_box, reason = "a thousand blocks are wanted")]
fn keep_a_thousand_boxes() -> Vec<Box<[u8; 100]>> {
    (0..1000).map(|_| Box::new([7; 100])).collect()
}

#[test]
fn a_snapshot_names_who_holds_the_heap() {
    let (heap, _turn) = recorder();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kept.json");
    let boxes = keep_a_thousand_boxes();

    heap.snapshot(&path).unwrap();

    let document = read_whole(&path);
    let frames = document["ftbl"].as_array().unwrap();
    let is_ours = |index: &serde_json::Value| {
        let frame = frames[usize::try_from(index.as_u64().unwrap()).unwrap()].as_str();
        frame.unwrap().contains("keep_a_thousand_boxes")
    };
    let held: u64 = document["pps"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|point| point["fs"].as_array().unwrap().iter().any(is_ours))
        .map(|point| point["eb"].as_u64().unwrap())
        .sum();
    assert_eq!(held, 1000 * 100 + 1000 * 8);
    drop(boxes);
}

#[test]
fn the_answer_agrees_with_the_file() {
    let (heap, _turn) = recorder();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    let mut metadata = Metadata::new();
    metadata.insert("requests".to_owned(), 42.into());

    let shot = heap.snapshot_with(&path, metadata).unwrap();

    let header = read_whole(&path)["heapshot"].clone();
    assert_eq!(header["format_version"], 1);
    assert_eq!(header["metadata"]["requests"], 42);
    assert_eq!(header["live_bytes"], shot.live_bytes);
    assert_eq!(header["live_blocks"], shot.live_blocks);
    assert_eq!(header["rss_bytes"], serde_json::json!(shot.rss_bytes));
    assert_eq!(
        u128::from(header["pause_us"].as_u64().unwrap()),
        shot.pause.as_micros()
    );
    assert!(header["time"].as_str().unwrap().ends_with('Z'));
    let file = std::fs::metadata(&path).unwrap();
    assert_eq!(file.len(), shot.file_bytes);
    assert_eq!(file.permissions().mode() & 0o777, 0o600);
    assert_eq!(names_in(folder.path()), ["a.json"]);
    assert!(shot.pause < shot.took);
}

#[test]
fn live_follows_what_is_held() {
    let (heap, _turn) = recorder();
    let before = heap.live();
    let block = vec![1_u8; 10_000_000];
    let during = heap.live();
    drop(block);
    assert!(
        during.bytes >= before.bytes + 9_000_000,
        "{before:?} {during:?}"
    );
    assert!(heap.live().bytes < before.bytes + 9_000_000);
}

#[test]
fn allocated_counts_what_is_freed_too_and_a_resized_block_with_its_new_size() {
    let (heap, _turn) = recorder();
    let before = heap.allocated();
    drop(vec![1_u8; 10_000_000]);
    let freed = heap.allocated();
    let mut block = Vec::<u8>::with_capacity(1_000_000);
    block.reserve_exact(3_000_000);
    let resized = heap.allocated();

    let bytes = freed.bytes - before.bytes;
    assert!((10_000_000..11_000_000).contains(&bytes), "{bytes}");
    assert!(freed.blocks > before.blocks);
    let bytes = resized.bytes - freed.bytes;
    assert!((4_000_000..5_000_000).contains(&bytes), "{bytes}");
    assert!(resized.blocks >= freed.blocks + 2);
    assert!(resized.bytes >= heap.live().bytes);
}

#[test]
fn a_snapshot_replaces_the_one_of_that_name() {
    let (heap, _turn) = recorder();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    std::fs::write(&path, "old").unwrap();
    heap.snapshot(&path).unwrap();
    read_whole(&path);
}

#[test]
fn a_second_start_is_refused() {
    let (_heap, _turn) = recorder();
    assert!(matches!(Recorder::start(), Err(Error::AlreadyRunning)));
}

#[test]
fn a_second_asker_is_told_busy_and_the_first_gets_its_snapshot() {
    let (heap, _turn) = recorder();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("first.json");
    std::thread::scope(|scope| {
        let writer = next_writer();
        let first = scope.spawn(|| heap.snapshot(&path));
        let writer = writer.stopped();
        let second = heap.snapshot(folder.path().join("second.json"));
        kill(writer, Signal::SIGCONT).unwrap();
        assert!(matches!(second, Err(Error::Busy)), "{second:?}");
        first.join().unwrap().unwrap();
    });
    read_whole(&path);
    assert_eq!(names_in(folder.path()), ["first.json"]);
}

#[test]
fn whoever_need_not_wait_hears_when_the_heap_is_frozen_and_what_is_in_it() {
    let (heap, _turn) = recorder();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    let (tell, frozen) = std::sync::mpsc::channel();
    let writer = next_writer();
    std::thread::scope(|scope| {
        let taking = scope.spawn(|| {
            heap.snapshot_notifying(&path, Metadata::new(), |frozen| {
                let writer = writer.stopped();
                tell.send((*frozen, writer)).unwrap();
            })
        });
        let (frozen, writer) = frozen.recv().unwrap();
        assert!(!path.exists(), "it was told before the file was written");

        let boxes = keep_a_thousand_boxes(); // not in the snapshot
        assert!(heap.live().bytes > frozen.live_bytes + 50_000);
        assert!(matches!(heap.snapshot(&path), Err(Error::Busy)));
        kill(writer, Signal::SIGCONT).unwrap();
        let shot = taking.join().unwrap().unwrap();

        assert_eq!(
            (
                frozen.live_bytes,
                frozen.live_blocks,
                frozen.rss_bytes,
                frozen.pause
            ),
            (
                shot.live_bytes,
                shot.live_blocks,
                shot.rss_bytes,
                shot.pause
            )
        );
        let document = read_whole(&path);
        assert_eq!(document["heapshot"]["live_bytes"], frozen.live_bytes);
        drop(boxes);
    });
}

#[test]
fn nothing_is_frozen_when_a_snapshot_cannot_begin() {
    let (heap, _turn) = recorder();
    let result = heap.snapshot_notifying("/does/not/exist/a.json", Metadata::new(), |frozen| {
        panic!("{frozen:?}")
    });
    assert!(matches!(result, Err(Error::Io { .. })), "{result:?}");
}

#[test]
fn a_notice_that_panics_costs_its_own_snapshot_and_no_other() {
    let (heap, _turn) = recorder();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    let panicked = std::thread::scope(|scope| {
        let taking = scope
            .spawn(|| heap.snapshot_notifying(&path, Metadata::new(), |_| panic!("a test's own")));
        taking.join().is_err()
    });
    assert!(panicked);
    assert_no_trace(folder.path());
    heap.snapshot(&path).unwrap();
}

#[test]
fn a_writer_that_is_killed_is_reported_with_its_signal() {
    let (heap, _turn) = recorder();
    let folder = tempfile::tempdir().unwrap();
    let result = std::thread::scope(|scope| {
        let writer = next_writer();
        let asker = scope.spawn(|| heap.snapshot(folder.path().join("a.json")));
        kill(writer.stopped(), Signal::SIGKILL).unwrap();
        asker.join().unwrap()
    });
    let message = result.unwrap_err().to_string();
    assert!(message.contains("killed by SIGKILL"), "{message}");
    assert_no_trace(folder.path());
}

#[test]
fn a_full_disk_leaves_no_partial_file() {
    let (heap, _turn) = recorder();
    let folder = tempfile::tempdir().unwrap();
    // A limit on the length of files fails a write in the middle, as a full disk does.
    let (soft, hard) = getrlimit(Resource::RLIMIT_FSIZE).unwrap();
    for limit in [0, 5_000, 20_000] {
        setrlimit(Resource::RLIMIT_FSIZE, limit, hard).unwrap();
        let result = heap.snapshot(folder.path().join("a.json"));
        setrlimit(Resource::RLIMIT_FSIZE, soft, hard).unwrap();
        assert!(
            matches!(result, Err(Error::ChildFailed { .. })),
            "{limit}: {result:?}"
        );
        assert_no_trace(folder.path());
    }
    heap.snapshot(folder.path().join("a.json")).unwrap();
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let (heap, _turn) = recorder();
    for path in ["/proc/a.json", "/does/not/exist/a.json", "/dev/null/a.json"] {
        let message = heap.snapshot(path).unwrap_err().to_string();
        let folder = path.trim_end_matches("/a.json");
        assert!(message.contains(folder), "{message}");
    }
    assert_eq!(children_of(std::process::id()), []);
}

#[test]
fn a_target_that_is_a_folder_is_refused_and_left_as_it_is() {
    let (heap, _turn) = recorder();
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("a.json");
    std::fs::create_dir(&target).unwrap();
    assert!(matches!(
        heap.snapshot(&target),
        Err(Error::Io {
            action: "publish",
            ..
        })
    ));
    assert_eq!(names_in(folder.path()), ["a.json"]);
}

fn assert_no_trace(folder: &std::path::Path) {
    assert_eq!(names_in(folder), [] as [&str; 0]);
    assert_eq!(children_of(std::process::id()), []);
}
