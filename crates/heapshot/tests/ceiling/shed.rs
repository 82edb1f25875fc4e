//! Where the program turns work away above the ceiling.

use crate::leaky::Leaky;

#[test]
fn work_under_way_may_go_on_in_the_margin_and_beyond_it_the_end_comes() {
    let ended = Leaky::new(32, "--leak objects --slow --shed").run();
    let document = ended.is_exemplary("keep_a_block", "the line of the block");
    let about = &document["heapshot"]["metadata"]["near_limit"];
    assert!(about["used_bytes"].as_u64().unwrap() > 32 << 20, "{about}");
    assert_eq!(about["requested_bytes"], 200_000_000);
}
