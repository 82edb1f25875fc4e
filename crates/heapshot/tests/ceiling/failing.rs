//! Where the system does not do its part.

use nix::sys::signal::{Signal, kill};

use crate::common::names_in;
use crate::common::writer::stop_writer_of;
use crate::leaky::{Ended, Leaking, Leaky};

#[test]
fn what_the_system_refuses_is_told_with_its_line() {
    // In kibibytes: less than the block needs, and more than all else does.
    let ended = Leaky::limited("-d 131072", 1024, "--leak block").run();
    let Ended { code, said, .. } = &ended;
    assert_eq!(*code, Some(70), "{said}");
    let told = "ceiling: out of memory: the system refused 200000000 bytes; ";
    assert!(said.contains(told), "{said}");
    let place = "asked for at: ceiling::keep_a_block (heapshot/examples/ceiling.rs:";
    assert!(said.contains(place), "{said}");
    assert!(ended.file("near-limit.json").exists());
}

#[test]
fn a_block_above_the_ceiling_that_the_system_refuses_is_told_with_its_line() {
    let ended = Leaky::limited("-d 131072", 64, "--leak block").run();
    let Ended { code, said, .. } = &ended;
    assert_eq!(*code, Some(70), "{said}");
    assert!(said.contains("190.7 MiB more asked for"), "{said}");
    let place = "asked for at: ceiling::keep_a_block (heapshot/examples/ceiling.rs:";
    assert!(said.contains(place), "{said}");
    assert!(ended.file("near-limit.json").exists());
}

#[test]
fn a_writer_that_is_killed_has_a_successor() {
    let leaking: Leaking = Leaky::new(64, "--leak references").start();
    let writer = stop_writer_of(leaking.process.id());
    kill(writer, Signal::SIGKILL).unwrap();
    let ended = leaking.ended();
    ended.is_exemplary("keep_references", "the line of the references");
}

#[test]
fn a_full_disk_is_told_and_leaves_nothing() {
    let ended = Leaky::limited("-f 4", 64, "--leak references").run();
    let Ended { code, said, .. } = &ended;
    assert_eq!(*code, Some(70), "{said}");
    assert!(said.contains("heap ceiling reached"), "{said}");
    assert!(said.contains("  no snapshot:  "), "{said}");
    let folder = ended.file("x");
    let folder = folder.parent().unwrap();
    assert_eq!(names_in(folder), [] as [&str; 0]);
}
