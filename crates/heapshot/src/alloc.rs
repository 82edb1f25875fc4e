//! The global allocator: counts each call, and sends it to the engine through the gate, or past it if it is no sample. What happens to an allocation
//! that is too much, `limit` knows; here it is only seen that its block is never handed out.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};

use crate::count::{self, Grant};
use crate::engine;
use crate::gate::{self, Caller};
use crate::large;
#[cfg(unix)]
use crate::limit::Asked;
use crate::sampled;

/// The allocator to install with `#[global_allocator]`. Until a [`Recorder`](crate::Recorder) is
/// started it is the system's allocator, at the price of counting.
#[derive(Debug, Default, Clone, Copy)]
pub struct Alloc;

// SAFETY: every method forwards its arguments unchanged to `System`, or to the engine, which itself
// forwards to `System`: so a block may be freed on either way whichever way it was allocated. Where a block is moved, its
// content goes with it.
//
// Each method tries the short way first, which is open only where a program is sampled and this is no sample. The long
// ways are functions of their own, called last, so that the short way needs no room on the stack; they replace the
// method's frame and do not add to it.
unsafe impl GlobalAlloc for Alloc {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if sampled::allot(layout.size()) {
            // SAFETY: the caller upholds `GlobalAlloc::alloc`'s contract.
            let ptr = unsafe { System.alloc(layout) };
            if ptr.is_null() {
                sampled::refuse(layout.size(), 1);
            }
            return ptr;
        }
        // SAFETY: likewise.
        unsafe { alloc(layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if sampled::allot(layout.size()) {
            // SAFETY: the caller upholds `GlobalAlloc::alloc_zeroed`'s contract.
            let ptr = unsafe { System.alloc_zeroed(layout) };
            if ptr.is_null() {
                sampled::refuse(layout.size(), 1);
            }
            return ptr;
        }
        // SAFETY: likewise.
        unsafe { alloc_zeroed(layout) }
    }

    #[inline]
    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        if !sampled::may_have(ptr) && sampled::release(layout.size()) {
            // SAFETY: the caller upholds `GlobalAlloc::dealloc`'s contract.
            return unsafe { System.dealloc(ptr, layout) };
        }
        // SAFETY: likewise.
        unsafe { dealloc(ptr, layout) };
    }

    #[inline]
    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        if !sampled::may_have(ptr) && sampled::resize(layout.size(), new_size) {
            // SAFETY: the caller upholds `GlobalAlloc::realloc`'s contract.
            let new = unsafe { System.realloc(ptr, layout, new_size) };
            if new.is_null() {
                sampled::refuse(new_size.saturating_sub(layout.size()), 0);
            }
            return new;
        }
        // SAFETY: likewise.
        unsafe { realloc(self, ptr, layout, new_size) }
    }
}

/// # Safety
/// As of [`GlobalAlloc::alloc`].
#[inline(never)]
unsafe fn alloc(layout: Layout) -> *mut u8 {
    let every = gate::every();
    if every != 0 {
        // SAFETY: the caller upholds the contract.
        return unsafe { sampled::alloc(layout, every, false) };
    }
    let grant = count::add(layout.size());
    let ptr = match pass(grant) {
        // SAFETY: likewise.
        Some(_pass) => large::add(unsafe { engine::ALLOCATOR.alloc(layout) }, layout.size()),
        // SAFETY: likewise.
        None => large::place(unsafe { System.alloc(layout) }, layout.size()),
    };
    if grant != Grant::Given || ptr.is_null() {
        not_granted(layout.size(), layout.size(), grant);
        count::remove(layout.size());
    }
    ptr
}

/// # Safety
/// As of [`GlobalAlloc::alloc_zeroed`].
#[inline(never)]
unsafe fn alloc_zeroed(layout: Layout) -> *mut u8 {
    let every = gate::every();
    if every != 0 {
        // SAFETY: the caller upholds the contract.
        return unsafe { sampled::alloc(layout, every, true) };
    }
    let grant = count::add(layout.size());
    let ptr = match pass(grant) {
        // SAFETY: likewise.
        Some(_pass) => large::add(
            unsafe { engine::ALLOCATOR.alloc_zeroed(layout) },
            layout.size(),
        ),
        // SAFETY: likewise.
        None => large::place(unsafe { System.alloc_zeroed(layout) }, layout.size()),
    };
    if grant != Grant::Given || ptr.is_null() {
        not_granted(layout.size(), layout.size(), grant);
        count::remove(layout.size());
    }
    ptr
}

/// # Safety
/// As of [`GlobalAlloc::dealloc`].
#[inline(never)]
unsafe fn dealloc(ptr: *mut u8, layout: Layout) {
    let every = gate::every();
    if every != 0 {
        // SAFETY: the caller upholds the contract.
        return unsafe { sampled::dealloc(ptr, layout, every) };
    }
    count::remove(layout.size());
    match gate::enter() {
        // SAFETY: likewise. The engine passes over a block that it has not recorded.
        Some(_pass) => unsafe {
            large::remove(ptr, layout.size());
            engine::ALLOCATOR.dealloc(ptr, layout);
        },
        // SAFETY: likewise.
        None => unsafe { System.dealloc(ptr, layout) },
    }
}

/// # Safety
/// As of [`GlobalAlloc::realloc`].
#[inline(never)]
unsafe fn realloc(this: &Alloc, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
    if gate::caller() == Caller::Keeper {
        // SAFETY: the caller upholds the contract.
        return unsafe { this.move_to_unrecorded(ptr, layout, new_size) };
    }
    let every = gate::every();
    if every != 0 {
        // SAFETY: likewise.
        return unsafe { sampled::realloc(ptr, layout, new_size, every) };
    }
    let grant = count::resize(layout.size(), new_size);
    let new = match pass(grant) {
        // SAFETY: likewise.
        Some(_pass) => unsafe {
            large::remove(ptr, layout.size());
            let new = engine::ALLOCATOR.realloc(ptr, layout, new_size);
            if new.is_null() {
                large::add(ptr, layout.size());
            }
            large::add(new, new_size)
        },
        // SAFETY: likewise.
        None => unsafe { System.realloc(ptr, layout, new_size) },
    };
    if grant != Grant::Given || new.is_null() {
        not_granted(new_size, new_size.saturating_sub(layout.size()), grant);
        count::undo_resize(layout.size(), new_size);
    }
    new
}

impl Alloc {
    /// The keeper's `realloc`. The engine may have recorded the block or not: it is freed where that makes no difference.
    ///
    /// # Safety
    /// As of [`GlobalAlloc::realloc`].
    unsafe fn move_to_unrecorded(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: by the contract of `realloc` the size is not too large for the alignment, and not 0.
        let new = unsafe {
            let layout = Layout::from_size_align_unchecked(new_size, layout.align());
            self.alloc(layout)
        };
        if !new.is_null() {
            // SAFETY: both blocks have so many bytes, and are not the same; the old one is not used any more.
            unsafe {
                ptr.copy_to_nonoverlapping(new, layout.size().min(new_size));
                self.dealloc(ptr, layout);
            }
        }
        new
    }
}

/// A pass for an allocation, if it is to be recorded.
#[inline(always)]
#[allow(clippy::inline_always)]
fn pass(grant: Grant) -> Option<gate::Pass> {
    if grant == Grant::OverUnrecorded || gate::caller() == Caller::Keeper {
        None
    } else {
        gate::enter()
    }
}

/// An allocation of `size` bytes, `more` than before, that the ceiling or the system does not grant. With a ceiling this is the process's end; without one
/// the program sees a null pointer.
#[cold]
#[inline(never)]
fn not_granted(size: usize, more: usize, grant: Grant) {
    #[cfg(unix)]
    if gate::caller() == Caller::Program {
        crate::limit::not_granted(Asked { size, more }, grant);
    }
    let _ = (size, more, grant);
}
