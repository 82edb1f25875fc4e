//! Memory that was freed and is kept, and how it is given back. One test to a process: RSS is of all of it.
#![cfg(all(target_os = "linux", target_env = "gnu"))]

#[global_allocator]
static ALLOC: heapshot::Alloc = heapshot::Alloc;

const BLOCK: usize = 2_000;
const BLOCKS: usize = 20_000;

fn rss() -> u64 {
    heapshot::rss_bytes().expect("Linux tells")
}

#[test]
fn pages_that_the_allocator_keeps_are_given_back_though_a_block_above_them_stays() {
    let half = (BLOCK * BLOCKS / 2) as u64;
    let before = rss();
    let blocks: Vec<Vec<u8>> = (0..BLOCKS).map(|_| vec![1; BLOCK]).collect();
    let stays = vec![1_u8; BLOCK]; // the last one, at the top: without it glibc would shrink the arena by itself
    drop(blocks);
    let freed = rss();
    assert!(freed > before + half, "{before} → {freed}: nothing is kept");

    assert!(heapshot::trim());
    let trimmed = rss();
    assert!(trimmed + half < freed, "{freed} → {trimmed} bytes");
    assert!(stays.iter().all(|byte| *byte == 1));
}
