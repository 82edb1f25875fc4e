//! The ceiling holds where samples are recorded, too: what threads have not told yet is little, and the snapshot names
//! the line all the same.

use crate::leaky::Leaky;

const REFERENCES: (&str, &str) = ("keep_references", "the line of the references");
const OBJECTS: (&str, &str) = ("keep_objects", "the line of the objects");

#[test]
fn a_list_that_grows_in_large_steps() {
    let ended = Leaky::new(64, "--sample 524288 --leak references").run();
    ended.is_exemplary(REFERENCES.0, REFERENCES.1);
}

#[test]
fn small_objects_of_four_threads() {
    let ended = Leaky::new(64, "--sample 65536 --leak objects --threads 4 --slow").run();
    let document = ended.is_exemplary(OBJECTS.0, OBJECTS.1);
    // Counted, and not only what the samples are.
    let header = &document["heapshot"];
    let live = header["live_bytes"].as_u64().unwrap();
    assert!((56 << 20..=64 << 20).contains(&live), "{live}");
    assert_eq!(header["sampling"]["every_bytes"], 65_536);
}

#[test]
fn a_block_that_is_larger_than_the_ceiling() {
    let ended = Leaky::new(64, "--sample 524288 --leak block").run();
    ended.is_exemplary("keep_a_block", "the line of the block");
}

#[test]
fn a_thread_that_ends_while_it_leaks() {
    let ended = Leaky::new(64, "--sample 524288 --leak references --holding destructor").run();
    ended.is_exemplary(REFERENCES.0, REFERENCES.1);
}
