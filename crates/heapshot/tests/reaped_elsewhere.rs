//! A program that has its children reaped by the system (SIGCHLD ignored), as some do: how the writer ended is
//! then not to be had, and the snapshot is judged by what the writer said last.
#![cfg(target_os = "linux")]
#![allow(unsafe_code)] // for the signal's disposition

mod common;

use common::writer::next_writer;
use common::{children_of, read_whole};
use nix::sys::signal::{SigHandler, Signal, kill, signal};

#[global_allocator]
static ALLOC: heapshot::Alloc = heapshot::Alloc;

#[test]
fn a_snapshot_is_told_good_from_bad_although_its_writer_is_reaped_elsewhere() {
    let heap = heapshot::Recorder::start().unwrap();
    // SAFETY: no handler is installed, and nothing else in this process waits for children.
    unsafe { signal(Signal::SIGCHLD, SigHandler::SigIgn) }.unwrap();
    let folder = tempfile::tempdir().unwrap();

    let good = folder.path().join("good.json");
    heap.snapshot(&good).unwrap();
    read_whole(&good);

    let bad = folder.path().join("bad.json");
    let result = std::thread::scope(|scope| {
        let writer = next_writer();
        let asker = scope.spawn(|| heap.snapshot(&bad));
        kill(writer.stopped(), Signal::SIGKILL).unwrap();
        asker.join().unwrap()
    });
    assert!(
        matches!(result, Err(heapshot::Error::ChildFailed { .. })),
        "{result:?}"
    );
    assert!(!bad.exists());
    assert_eq!(children_of(std::process::id()), []);
}
