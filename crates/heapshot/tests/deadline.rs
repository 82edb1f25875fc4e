//! A writer that hangs is killed at the deadline, and reaped.
#![cfg(target_os = "linux")]

mod common;

use std::time::Duration;

use common::writer::next_writer;
use common::{children_of, names_in};

#[global_allocator]
static ALLOC: heapshot::Alloc = heapshot::Alloc;

#[test]
fn a_writer_that_hangs_is_killed_at_the_deadline_and_the_next_one_is_not() {
    let deadline = Duration::from_secs(5);
    let heap = heapshot::Recorder::builder()
        .deadline(deadline)
        .start()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let result = std::thread::scope(|scope| {
        let writer = next_writer();
        let asker = scope.spawn(|| heap.snapshot(folder.path().join("a.json")));
        writer.stopped();
        asker.join().unwrap()
    });
    assert!(matches!(result, Err(heapshot::Error::TimedOut { deadline: d }) if d == deadline));
    assert_eq!(children_of(std::process::id()), []);
    assert_eq!(names_in(folder.path()), [] as [&str; 0]);

    heap.snapshot(folder.path().join("a.json")).unwrap();
}
