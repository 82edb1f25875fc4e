//! What the process holds, counted in the allocator itself, and whether one more block is too many.
//!
//! The count is of memory and not of what was asked for: each block with what the system's allocator adds to it, and the
//! engine's own tables, which for small blocks are as large as the blocks. So a ceiling on it is one on the process's
//! memory, but for its code, its stacks and what the allocator keeps of freed memory.
//!
//! The engine's largest table doubles at once, inside the engine, where nobody can wait. So room for it is reserved when
//! it is about to: when nearly twice the blocks are live that were live when it last grew.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::gate::{self, Caller};

/// On a cache line of its own: each allocation writes to it.
#[repr(align(128))]
struct Counts {
    bytes: AtomicUsize,
    blocks: AtomicUsize,
}

static HELD: Counts = Counts {
    bytes: AtomicUsize::new(0),
    blocks: AtomicUsize::new(0),
};

/// On another line: read by each allocation, hardly ever written.
#[repr(align(128))]
struct Marks {
    /// Bytes above which something is to happen; see [`crate::limit`].
    bytes: AtomicUsize,
    /// Blocks from which on the engine may enlarge its table.
    blocks: AtomicUsize,
    /// Size of the engine's largest table.
    table: AtomicUsize,
}

static MARKS: Marks = Marks {
    bytes: AtomicUsize::new(usize::MAX),
    blocks: AtomicUsize::new(usize::MAX),
    table: AtomicUsize::new(0),
};

/// Tables below this size double without notice.
const SMALL_TABLE: usize = 1 << 20;

/// What one allocation adds, and whether that is too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grant {
    /// Go on.
    Given,
    /// Over the ceiling. The system may reserve the block, and the engine record it, but it must not be handed out.
    Over,
    /// Over the ceiling, and the engine has no room to record it.
    OverUnrecorded,
}

/// Bytes that a block of this size takes from the system: glibc's header of 8 bytes, steps of 16, 32 at the least. Other
/// allocators are alike.
#[inline(always)]
#[allow(clippy::inline_always)]
const fn footprint(size: usize) -> usize {
    let rounded = size.saturating_add(23) & !15;
    if rounded < 32 { 32 } else { rounded }
}

/// Counts a new block, before it is allocated.
#[inline(always)]
#[allow(clippy::inline_always)]
pub(crate) fn add(size: usize) -> Grant {
    let more = footprint(size);
    let bytes = HELD
        .bytes
        .fetch_add(more, Ordering::Relaxed)
        .wrapping_add(more);
    match gate::caller() {
        Caller::Engine => {
            learn(size);
            return Grant::Given;
        }
        Caller::Keeper => {
            HELD.blocks.fetch_add(1, Ordering::Relaxed);
            return Grant::Given;
        }
        Caller::Program => {}
    }
    let blocks = HELD.blocks.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
    judge(bytes, blocks)
}

/// Counts that a block grows or shrinks, before it does.
#[inline(always)]
#[allow(clippy::inline_always)]
pub(crate) fn resize(old: usize, new: usize) -> Grant {
    let (old, new_footprint) = (footprint(old), footprint(new));
    if new_footprint <= old {
        HELD.bytes.fetch_sub(old - new_footprint, Ordering::Relaxed);
        return Grant::Given;
    }
    let more = new_footprint - old;
    let bytes = HELD
        .bytes
        .fetch_add(more, Ordering::Relaxed)
        .wrapping_add(more);
    match gate::caller() {
        Caller::Engine => {
            learn(new);
            Grant::Given
        }
        Caller::Keeper => Grant::Given,
        Caller::Program => judge(bytes, 0),
    }
}

/// Counts a block that is freed.
#[inline(always)]
#[allow(clippy::inline_always)]
pub(crate) fn remove(size: usize) {
    HELD.bytes.fetch_sub(footprint(size), Ordering::Relaxed);
    if gate::caller() != Caller::Engine {
        HELD.blocks.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What the system adds to a block, where only their number and their bytes are counted: no less than it does for blocks of
/// 8 bytes and more.
const MOST_HEADER: u64 = 24;

/// Counts what a thread of a program that is sampled has allocated and freed since it last told: bytes and blocks.
#[allow(
    clippy::cast_possible_truncation,
    reason = "modulo 2^64, or 2^32 where that is what there is"
)]
pub(crate) fn tell(allocated: (u64, u64), freed: (u64, u64)) {
    let taken = |(bytes, blocks): (u64, u64)| bytes.wrapping_add(MOST_HEADER.wrapping_mul(blocks));
    let more = taken(allocated).wrapping_sub(taken(freed));
    // One thread may tell that a block is freed before another tells that it was allocated: the sum may be below 0.
    HELD.bytes.fetch_add(more as usize, Ordering::Relaxed);
}

/// Whether what was told is too much.
pub(crate) fn judge_told() -> Grant {
    judge(held(), HELD.blocks.load(Ordering::Relaxed))
}

/// The engine has a block more to keep account of; where everything is recorded each block is.
pub(crate) fn recorded() {
    HELD.blocks.fetch_add(1, Ordering::Relaxed);
}

/// And one less.
pub(crate) fn forgotten() {
    HELD.blocks.fetch_sub(1, Ordering::Relaxed);
}

/// Takes back [`resize`]: the block stays as it was.
pub(crate) fn undo_resize(old: usize, new: usize) {
    let change = footprint(new).wrapping_sub(footprint(old));
    HELD.bytes.fetch_sub(change, Ordering::Relaxed);
}

/// Bytes held now.
pub(crate) fn held() -> usize {
    HELD.bytes
        .load(Ordering::Relaxed)
        .cast_signed()
        .max(0)
        .cast_unsigned()
}

/// Whether the global allocator counts here: by the time that anybody can ask, the program has allocated something.
pub(crate) fn is_installed() -> bool {
    let block = std::hint::black_box(Box::new(0_u64));
    let installed = held() > 0;
    drop(block);
    installed
}

/// Sets the mark above which allocations are looked at more closely.
#[cfg(unix)]
pub(crate) fn mark(bytes: usize) {
    MARKS.bytes.store(bytes, Ordering::Relaxed);
}

/// The mark that is set.
#[cfg(unix)]
pub(crate) fn marked() -> usize {
    MARKS.bytes.load(Ordering::Relaxed)
}

/// Bytes that the engine needs before it can record one block more, when so many are live.
#[cfg(unix)]
fn reserve(blocks: usize) -> usize {
    if blocks >= MARKS.blocks.load(Ordering::Relaxed) {
        2 * MARKS.table.load(Ordering::Relaxed)
    } else {
        0
    }
}

#[inline(always)]
#[allow(clippy::inline_always)]
fn judge(bytes: usize, blocks: usize) -> Grant {
    let marked = bytes > MARKS.bytes.load(Ordering::Relaxed);
    if marked || blocks >= MARKS.blocks.load(Ordering::Relaxed) {
        consider(bytes, blocks)
    } else {
        Grant::Given
    }
}

#[cold]
#[inline(never)]
fn consider(bytes: usize, blocks: usize) -> Grant {
    #[cfg(unix)]
    {
        if crate::limit::is_over(bytes) {
            return Grant::Over;
        }
        let reserve = reserve(blocks);
        if reserve == 0 || !crate::limit::is_over(bytes.saturating_add(reserve)) {
            return Grant::Given;
        }
    }
    let _ = (bytes, blocks);
    Grant::OverUnrecorded
}

/// Remembers the engine's largest table, and how many blocks it was made for. It is a hash table that grows by doubling
/// when it is nearly full; where blocks come and go, somewhat earlier.
#[inline(always)]
#[allow(clippy::inline_always)]
fn learn(size: usize) {
    if size >= SMALL_TABLE && size > MARKS.table.load(Ordering::Relaxed) {
        learn_of_larger_table(size);
    }
}

#[cold]
fn learn_of_larger_table(size: usize) {
    MARKS.table.store(size, Ordering::Relaxed);
    let blocks = HELD.blocks.load(Ordering::Relaxed);
    if MARKS.bytes.load(Ordering::Relaxed) != usize::MAX {
        MARKS.blocks.store(blocks / 4 * 7, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::footprint;

    #[test]
    fn a_block_takes_what_glibc_takes_for_it() {
        let sizes = [0, 1, 24, 25, 40, 41, 1000, usize::MAX];
        let taken = [32, 32, 32, 48, 48, 64, 1008, usize::MAX & !15];
        assert_eq!(sizes.map(footprint), taken);
    }
}
