//! The allocation that is one too many may come from anywhere, from a thread that holds any lock.

use nix::sys::signal::{Signal, kill};

use crate::common::writer::stop_writer_of;
use crate::common::{children_of, wait_for};
use crate::leaky::Leaky;

const REFERENCES: (&str, &str) = ("keep_references", "the line of the references");

#[track_caller]
fn ends_well(holding: &str) {
    let arguments = format!("--leak references --threads 3 --holding {holding}");
    let ended = Leaky::new(64, &arguments).run();
    ended.is_exemplary(REFERENCES.0, REFERENCES.1);
}

#[test]
fn a_lock_of_the_program() {
    ends_well("mutex");
}

#[test]
fn the_lock_of_standard_output() {
    ends_well("stdout");
}

#[test]
fn the_lock_of_standard_error_in_the_midst_of_a_message() {
    ends_well("stderr");
}

#[test]
fn a_thread_local_value_that_is_being_dropped() {
    ends_well("destructor");
}

#[test]
fn a_snapshot_that_hangs_is_not_waited_for() {
    let leaking = Leaky::new(64, "--leak objects --slow --busy").start();
    let process = leaking.process.id();
    let writer = stop_writer_of(process);
    let ended = leaking.ended();
    ended.is_exemplary("keep_objects", "the line of the objects");
    assert!(!ended.file("busy.json").exists() || ended.code == Some(70));
    // It dies with the process; stopped, it does so too.
    let _ = kill(writer, Signal::SIGCONT);
    wait_for("the writer to be gone", || {
        children_of(process).is_empty().then_some(())
    });
}

#[test]
fn a_knot_of_locks_that_nobody_can_untie_ends_with_a_message_all_the_same() {
    let ended = Leaky::new(16, "--leak references --holding knot --deadline 1").run();
    assert_eq!(ended.code, Some(70), "{}", ended.said);
    assert!(
        ended
            .said
            .contains("heap ceiling reached; the snapshot of it hangs"),
        "{}",
        ended.said
    );
    assert!(!ended.file("near-limit.json").exists());
}
