//! A snapshot in a sandbox that refuses symbolic links, as the sandbox of `cargo lab grade` does.
#![cfg(target_os = "linux")]

mod common;

use std::collections::HashSet;
use std::os::unix::fs::symlink;
use std::path::Path;

use common::read_whole;
use landlock::{
    AccessFs, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreatedAttr, path_beneath_rules,
};

#[global_allocator]
static ALLOC: heapshot::Alloc = heapshot::Alloc;

#[inline(never)]
#[expect(clippy::vec_box, reason = "blocks are wanted")]
fn made_here() -> Vec<Box<u64>> {
    (0..10).map(Box::new).collect()
}

fn names_in(path: &Path) -> HashSet<String> {
    let document = read_whole(path);
    let names = document["ftbl"].as_array().unwrap().iter();
    names
        .map(|name| name.as_str().unwrap().to_owned())
        .collect()
}

/// Refuses this thread, and the children that it forks, to make links.
fn refuse_links() -> Result<(), landlock::RulesetError> {
    Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::MakeSym | AccessFs::Refer)?
        .create()?
        // Files may move: only links are refused.
        .add_rules(path_beneath_rules(["/"], AccessFs::Refer))?
        .restrict_self()?;
    Ok(())
}

#[test]
fn where_links_are_refused_a_snapshot_has_the_same_names() {
    let heap = heapshot::Recorder::builder()
        .keep_names(false)
        .start()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let kept = made_here();
    let with_links = folder.path().join("with-links.json");
    heap.snapshot(&with_links).unwrap();

    if let Err(error) = refuse_links() {
        eprintln!("SKIPPED: this kernel has no Landlock: {error}");
        assert!(std::env::var_os("CI").is_none(), "CI has Landlock");
        return;
    }
    let refused = symlink("/", folder.path().join("link"));
    assert!(refused.is_err(), "links are not refused");
    let without = folder.path().join("without.json");
    heap.snapshot(&without).unwrap();

    let (with_links, without) = (names_in(&with_links), names_in(&without));
    assert!(
        without.iter().any(|name| name.contains("::made_here (")),
        "{without:#?}"
    );
    assert!(!without.iter().any(|name| name.contains("?heapshot")));
    let missing: Vec<_> = with_links.difference(&without).collect();
    assert!(missing.is_empty(), "{missing:#?}");
    drop(kept);
}
