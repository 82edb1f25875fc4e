//! Large blocks and a fork: the program's, which the writing child does not need, are left out of it, and the engine's, which it
//! needs, lie on huge pages. A fork takes its time for page tables, so both shorten the pause.
//!
//! The program's blocks are left out by advice to the system (`MADV_DONTFORK`) that is given when the gate is closed and taken
//! back before it opens. At any other time the program may fork itself, and its child has them. A fork of the program's at this very
//! moment takes the advice back first: the system's library calls us before each fork.
#![allow(unsafe_code)]

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use libc::c_int;

use crate::gate::{self, Caller, Closed};

/// Bytes from which on a block is large. Two calls to the system for each must take less than the page tables of so many bytes,
/// which is a tenth of a millisecond.
const LARGE: usize = 4 << 20;

/// Large blocks that can be left out; those beyond are copied like small ones.
const MOST: usize = 1024;

static BLOCKS: [Block; MOST] = [const { Block::none() }; MOST];

/// Blocks from this index on have never been used.
static USED: AtomicUsize = AtomicUsize::new(0);

/// Whether blocks are left out.
static SPARED: AtomicBool = AtomicBool::new(false);

/// Threads of the program that are about to fork.
static FORKING: AtomicUsize = AtomicUsize::new(0);

/// The advice is being given. For microseconds, and whoever does that waits for nobody.
static ADVISING: AtomicBool = AtomicBool::new(false);

/// The advice is given.
static HIDDEN: AtomicBool = AtomicBool::new(false);

struct Block {
    /// 0 for none, [`TAKEN`] while it is written.
    at: AtomicUsize,
    length: AtomicUsize,
}

const TAKEN: usize = 1;

/// The program's large blocks, left out of forks until dropped.
pub(crate) struct Hidden(());

/// From now on, whether large blocks are left out of snapshots' children.
pub(crate) fn spare(are_spared: bool) {
    if are_spared && !SPARED.swap(are_spared, Ordering::SeqCst) {
        // SAFETY: the functions allocate nothing, take no lock, and exist as long as the process.
        let failed = unsafe {
            libc::pthread_atfork(Some(before_fork), Some(after_fork), Some(in_forked_child))
        };
        SPARED.store(failed == 0, Ordering::SeqCst);
    }
}

/// A child has died of memory that it had not: from now on it has all.
pub(crate) fn spare_no_more() {
    SPARED.store(false, Ordering::SeqCst);
}

/// Leaves the program's large blocks out of forks.
pub(crate) fn hide(_closed: &Closed) -> Option<Hidden> {
    if !SPARED.load(Ordering::SeqCst) {
        return None;
    }
    ADVISING.store(true, Ordering::SeqCst);
    let hides = FORKING.load(Ordering::SeqCst) == 0;
    if hides {
        HIDDEN.store(true, Ordering::SeqCst);
        advise(libc::MADV_DONTFORK);
    }
    ADVISING.store(false, Ordering::SeqCst);
    hides.then_some(Hidden(()))
}

impl Drop for Hidden {
    fn drop(&mut self) {
        advise(libc::MADV_DOFORK);
        HIDDEN.store(false, Ordering::SeqCst);
    }
}

/// Notes a new block of the program's, and returns it. Called within the gate.
#[inline(always)]
#[allow(clippy::inline_always)] // a frame of its own would be in the recorded stacks
pub(crate) fn add(block: *mut u8, size: usize) -> *mut u8 {
    if size >= LARGE && !block.is_null() {
        add_large(block.addr(), size);
    }
    block
}

/// Forgets a block of the program's, before it is freed or resized. Called within the gate.
#[inline(always)]
#[allow(clippy::inline_always)]
pub(crate) fn remove(block: *mut u8, size: usize) {
    if size >= LARGE {
        remove_large(block.addr());
    }
}

/// Has a new table of the engine's lie on huge pages, and returns it. It is a hash table: all of its pages are in use soon.
#[inline(always)]
#[allow(clippy::inline_always)]
pub(crate) fn place(block: *mut u8, size: usize) -> *mut u8 {
    if size >= LARGE && gate::caller() == Caller::Engine {
        on_huge_pages(block, size);
    }
    block
}

#[cold]
fn add_large(at: usize, length: usize) {
    for (index, block) in BLOCKS.iter().enumerate() {
        let is_free = block.at.load(Ordering::Relaxed) == 0
            && block
                .at
                .compare_exchange(0, TAKEN, Ordering::Acquire, Ordering::Relaxed)
                .is_ok();
        if is_free {
            block.length.store(length, Ordering::Relaxed);
            block.at.store(at, Ordering::Release);
            USED.fetch_max(index + 1, Ordering::Release);
            return;
        }
    }
}

#[cold]
fn remove_large(at: usize) {
    let block = used()
        .iter()
        .find(|block| block.at.load(Ordering::Relaxed) == at);
    if let Some(block) = block {
        block.at.store(0, Ordering::Release);
    }
}

fn used() -> &'static [Block] {
    &BLOCKS[..USED.load(Ordering::Acquire)]
}

#[cold]
fn on_huge_pages(block: *mut u8, size: usize) {
    if let (false, Some((start, length))) = (block.is_null(), inner_pages(block.addr(), size)) {
        let start: *mut libc::c_void = block.with_addr(start).cast();
        // SAFETY: advice on whole pages of a block that this thread has just allocated; it changes no content.
        unsafe { libc::madvise(start, length, libc::MADV_HUGEPAGE) };
    }
}

/// Gives this advice for all large blocks. Where it is not taken, the block is copied.
fn advise(advice: c_int) {
    for block in used() {
        let at = block.at.load(Ordering::Acquire);
        if at <= TAKEN {
            continue;
        }
        if let Some((start, length)) = inner_pages(at, block.length.load(Ordering::Relaxed)) {
            let start: *mut libc::c_void = std::ptr::with_exposed_provenance_mut(start);
            // SAFETY: this advice changes nothing in this process, whatever lies there by now.
            unsafe { libc::madvise(start, length, advice) };
        }
    }
}

/// Of a block, the pages that nothing else lies on: start and length.
fn inner_pages(at: usize, length: usize) -> Option<(usize, usize)> {
    // SAFETY: asks for a number.
    let page = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).ok()?;
    let start = at.checked_next_multiple_of(page)?;
    let end = at.checked_add(length)? / page * page;
    (start < end).then(|| (start, end - start))
}

/// The program forks: its child has all blocks.
extern "C" fn before_fork() {
    if gate::caller() == Caller::Engine {
        return; // it is the snapshot that forks
    }
    FORKING.fetch_add(1, Ordering::SeqCst);
    while ADVISING.load(Ordering::SeqCst) {
        std::hint::spin_loop();
    }
    if HIDDEN.load(Ordering::SeqCst) {
        advise(libc::MADV_DOFORK);
    }
}

extern "C" fn after_fork() {
    if gate::caller() != Caller::Engine {
        FORKING.fetch_sub(1, Ordering::SeqCst);
    }
}

extern "C" fn in_forked_child() {
    FORKING.store(0, Ordering::SeqCst);
    HIDDEN.store(false, Ordering::SeqCst);
}

impl Block {
    const fn none() -> Self {
        Self {
            at: AtomicUsize::new(0),
            length: AtomicUsize::new(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::inner_pages;

    #[test]
    fn only_whole_pages_are_advised_on() {
        // SAFETY: asks for a number.
        let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
        let page = usize::try_from(page).unwrap();
        assert_eq!(inner_pages(page + 16, 3 * page), Some((2 * page, 2 * page)));
        assert_eq!(inner_pages(page, 3 * page), Some((page, 3 * page)));
        assert_eq!(inner_pages(page + 16, page), None);
        assert_eq!(inner_pages(usize::MAX - 5, 3), None);
    }
}
