//! Sampled recording: of all allocations some are chosen by chance, and the engine hears of no others.
//!
//! `chance` says which, by bytes and not by blocks; `local` has the count that each thread keeps for it; `known` tells
//! whether a block that is freed was chosen; `class` calls the engine. What is in this file happens to one allocation in
//! thousands.
//!
//! A block of s bytes is a sample with probability p(s) = 1 − e^(−s / every), of its *present* size, whatever it was
//! before. Growing, a block that is none draws for the bytes that it grows by: as the distance has no memory, that makes
//! p of the new size. Shrinking, a sample stays one with probability p(new) / p(old). So a snapshot's reader needs no past
//! of a block to scale it back.
//!
//! A sample that is resized is recorded anew, in a new block and by its new size class, unless it is so large (eight times
//! `every`) that it is a sample for certain: then it is resized where it stands, as the system can do it, and may keep its
//! class, for there is nothing to scale.
#![allow(unsafe_code)]

mod chance;
mod class;
mod known;
mod local;

use std::alloc::{GlobalAlloc, Layout, System};

use crate::count::{self, Grant};
use crate::engine;
use crate::gate::{self, Caller};
#[cfg(unix)]
use crate::limit::Asked;

pub(crate) use known::may_have;
pub(crate) use local::{allot, counted, park, release, resize};

/// The most bytes that can be asked for: the largest size class has all blocks above 4 GiB, and must hold only what is a
/// sample for certain.
pub(crate) const MOST: u64 = 512 << 20;

/// Frames of a stack that are spent between the program's call and the engine.
pub(crate) const OWN_FRAMES: usize = 2;

/// Blocks from so many times the mean distance on are samples for certain: all but one in three thousand.
const CERTAIN: u64 = 8;

/// What `number` of a program point stands for, of which `bytes` and `blocks` are recorded; the number itself where
/// everything is.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an estimate, which saturates"
)]
pub(crate) fn estimate(number: u64, bytes: u64, blocks: u64, every: u64) -> u64 {
    if every == 0 || blocks == 0 {
        return number;
    }
    let mean = usize::try_from(bytes / blocks).unwrap_or(usize::MAX).max(1);
    (number as f64 / chance::probability(mean, every)).round() as u64
}

/// An allocation that took the long way.
///
/// # Safety
/// As of [`GlobalAlloc::alloc`].
#[inline(never)]
pub(crate) unsafe fn alloc(layout: Layout, every: u64, zeroed: bool) -> *mut u8 {
    if gate::caller() != Caller::Program {
        count::add(layout.size());
        // SAFETY: the caller upholds the contract.
        return unsafe { plain(layout, zeroed) };
    }
    let ruling = local::allot_slowly(layout.size(), 1, every);
    let ptr = if ruling.chosen && ruling.grant != Grant::OverUnrecorded {
        // SAFETY: likewise.
        unsafe { record(layout, zeroed) }
    } else {
        // SAFETY: likewise.
        unsafe { plain(layout, zeroed) }
    };
    if ruling.grant != Grant::Given || ptr.is_null() {
        refused(layout.size(), layout.size(), ruling.grant);
        local::release_slowly(layout.size(), 1, every);
    }
    ptr
}

/// A block that the system has refused on the short way, and that was counted.
#[cold]
#[inline(never)]
pub(crate) fn refuse(size: usize, blocks: u64) {
    refused(size, size, Grant::Given);
    local::release_slowly(size, blocks, gate::every());
}

/// Frees a block that took the long way: it may be a sample, or its thread has something to tell.
///
/// # Safety
/// As of [`GlobalAlloc::dealloc`].
#[cold]
#[inline(never)]
pub(crate) unsafe fn dealloc(ptr: *mut u8, layout: Layout, every: u64) {
    match gate::caller() {
        Caller::Engine => {
            count::remove(layout.size());
            // SAFETY: the caller upholds the contract. What the engine has for itself is no sample.
            return unsafe { System.dealloc(ptr, layout) };
        }
        Caller::Keeper => count::remove(layout.size()),
        Caller::Program => local::release_slowly(layout.size(), 1, every),
    }
    if known::remove(ptr) {
        // SAFETY: likewise.
        unsafe { forget(ptr, layout) };
    } else {
        // SAFETY: likewise.
        unsafe { System.dealloc(ptr, layout) };
    }
}

/// Resizes a block that took the long way. Not for the keeper.
///
/// # Safety
/// As of [`GlobalAlloc::realloc`].
#[inline(never)]
pub(crate) unsafe fn realloc(ptr: *mut u8, layout: Layout, new_size: usize, every: u64) -> *mut u8 {
    let old_size = layout.size();
    if gate::caller() != Caller::Program {
        count::resize(old_size, new_size);
        // SAFETY: the caller upholds the contract; the engine's blocks are no samples.
        return unsafe { System.realloc(ptr, layout, new_size) };
    }
    let more = new_size.saturating_sub(old_size);
    let ruling = if more > 0 {
        local::allot_slowly(more, 0, every)
    } else {
        local::release_slowly(old_size - new_size, 0, every);
        local::Ruling {
            chosen: false,
            grant: Grant::Given,
        }
    };
    // SAFETY: by the contract the size is not too large for the alignment, and not 0.
    let new_layout = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
    let certain = |size: usize| size as u64 >= CERTAIN * every;
    let ptr_is_sample = known::has(ptr);
    let stays = ptr_is_sample
        && (more > 0
            || certain(new_size)
            || local::happens(
                chance::probability(new_size, every) / chance::probability(old_size, every),
            ));
    let is_sample = stays || ruling.chosen && ruling.grant != Grant::OverUnrecorded;
    let in_place =
        certain(old_size) && certain(new_size) || class::of(old_size) == class::of(new_size);
    let new = if !ptr_is_sample && !is_sample {
        // SAFETY: the caller upholds the contract.
        unsafe { System.realloc(ptr, layout, new_size) }
    } else if ptr_is_sample && is_sample && in_place {
        // SAFETY: likewise.
        unsafe { resize_sample(ptr, layout, new_size) }
    } else {
        let new = if is_sample {
            // SAFETY: the layout is good, see above.
            unsafe { record(new_layout, false) }
        } else {
            // SAFETY: likewise.
            unsafe { System.alloc(new_layout) }
        };
        if !new.is_null() {
            // SAFETY: both blocks have so many bytes, and are not the same; the old one is not used any more.
            unsafe {
                ptr.copy_to_nonoverlapping(new, old_size.min(new_size));
                if known::remove(ptr) {
                    forget(ptr, layout);
                } else {
                    System.dealloc(ptr, layout);
                }
            }
        }
        new
    };
    if ruling.grant != Grant::Given || new.is_null() {
        refused(new_size, more, ruling.grant);
        if more > 0 {
            local::release_slowly(more, 0, every);
        }
    }
    new
}

/// Allocates a sample.
///
/// # Safety
/// As of [`GlobalAlloc::alloc`].
#[inline(always)]
#[allow(clippy::inline_always)] // a frame of its own would cost each stack a frame of the program's
unsafe fn record(layout: Layout, zeroed: bool) -> *mut u8 {
    let _pass = gate::pass();
    // SAFETY: the caller upholds the contract.
    let ptr = unsafe { class::alloc(layout) };
    if !ptr.is_null() {
        known::add(ptr);
        count::recorded();
        if zeroed {
            // SAFETY: the block has so many bytes.
            unsafe { ptr.write_bytes(0, layout.size()) };
        }
    }
    ptr
}

/// Frees what was a sample.
///
/// # Safety
/// As of [`GlobalAlloc::dealloc`].
unsafe fn forget(ptr: *mut u8, layout: Layout) {
    let _pass = gate::pass();
    count::forgotten();
    // SAFETY: the caller upholds the contract.
    unsafe { engine::ALLOCATOR.dealloc(ptr, layout) };
}

/// Resizes a sample where its program point stays.
///
/// # Safety
/// As of [`GlobalAlloc::realloc`].
unsafe fn resize_sample(ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
    let _pass = gate::pass();
    known::remove(ptr); // before: its address may be another block's when the engine returns
    // SAFETY: the caller upholds the contract.
    let new = unsafe { engine::ALLOCATOR.realloc(ptr, layout, new_size) };
    known::add(if new.is_null() { ptr } else { new });
    new
}

/// # Safety
/// As of [`GlobalAlloc::alloc`].
#[inline(always)]
#[allow(clippy::inline_always)]
unsafe fn plain(layout: Layout, zeroed: bool) -> *mut u8 {
    // SAFETY: the caller upholds the contract.
    unsafe {
        if zeroed {
            System.alloc_zeroed(layout)
        } else {
            System.alloc(layout)
        }
    }
}

#[cold]
fn refused(size: usize, more: usize, grant: Grant) {
    #[cfg(unix)]
    crate::limit::not_granted(Asked { size, more }, grant);
    let _ = (size, more, grant);
}
