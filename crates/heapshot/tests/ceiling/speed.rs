//! Slow leaks, fast ones, and those that come at once.

use crate::leaky::Leaky;

const REFERENCES: (&str, &str) = ("keep_references", "the line of the references");
const OBJECTS: (&str, &str) = ("keep_objects", "the line of the objects");
const BLOCK: (&str, &str) = ("keep_a_block", "the line of the block");

#[test]
fn a_list_that_doubles_past_the_ceiling_is_named_with_the_room_that_it_asked_for() {
    for arguments in ["--leak references", "--leak references --slow"] {
        let ended = Leaky::new(64, arguments).run();
        let document = ended.is_exemplary(REFERENCES.0, REFERENCES.1);
        assert!(
            ended.said.contains("32.0 MiB more asked for"),
            "{}",
            ended.said
        );
        let about = &document["heapshot"]["metadata"]["near_limit"];
        assert_eq!(about["requested_bytes"], 64 << 20);
    }
}

#[test]
fn fresh_objects_are_told_of_near_the_ceiling_and_at_it() {
    let ended = Leaky::new(24, "--leak objects --slow").run();
    ended.is_exemplary(OBJECTS.0, OBJECTS.1);
    let near = "ceiling: near the heap ceiling: 2";
    assert!(ended.said.starts_with(near), "{}", ended.said);
    assert!(
        ended.said.contains("of 24.0 MiB in use; most of it: "),
        "{}",
        ended.said
    );
}

#[test]
fn a_block_larger_than_the_ceiling_is_caught_and_named_and_never_becomes_resident() {
    let ended = Leaky::new(64, "--leak block").run();
    let document = ended.is_exemplary(BLOCK.0, BLOCK.1);
    let about = &document["heapshot"]["metadata"]["near_limit"];
    assert_eq!(about["requested_bytes"], 200_000_000);
    assert!(
        ended.said.contains("190.7 MiB more asked for"),
        "{}",
        ended.said
    );
    assert!(ended.peak < 64 << 20);
}

#[test]
fn threads_that_cross_the_ceiling_at_once_end_once() {
    let ended = Leaky::new(16, "--leak objects --threads 8").run();
    ended.is_exemplary(OBJECTS.0, OBJECTS.1);
    assert_eq!(ended.said.matches("heap ceiling reached").count(), 1);
}

#[test]
fn snapshots_that_others_take_meanwhile_are_not_in_the_way() {
    let ended = Leaky::new(16, "--leak objects --busy").run();
    ended.is_exemplary(OBJECTS.0, OBJECTS.1);
}
