//! The global allocator: sends each call to the engine, through the gate.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};

use crate::engine;
use crate::gate;

/// The allocator to install with `#[global_allocator]`. Until a [`Recorder`](crate::Recorder) is
/// started it is the system's allocator, at the price of one atomic load.
#[derive(Debug, Default, Clone, Copy)]
pub struct Alloc;

// SAFETY: every method forwards its arguments unchanged to `System`, or to the engine, which itself
// forwards to `System`: so a block may be freed on either way whichever way it was allocated.
unsafe impl GlobalAlloc for Alloc {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match gate::enter() {
            // SAFETY: the caller upholds `GlobalAlloc::alloc`'s contract.
            Some(_pass) => unsafe { engine::ALLOCATOR.alloc(layout) },
            // SAFETY: likewise.
            None => unsafe { System.alloc(layout) },
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        match gate::enter() {
            // SAFETY: the caller upholds `GlobalAlloc::alloc_zeroed`'s contract.
            Some(_pass) => unsafe { engine::ALLOCATOR.alloc_zeroed(layout) },
            // SAFETY: likewise.
            None => unsafe { System.alloc_zeroed(layout) },
        }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        match gate::enter() {
            // SAFETY: the caller upholds `GlobalAlloc::dealloc`'s contract.
            Some(_pass) => unsafe { engine::ALLOCATOR.dealloc(ptr, layout) },
            // SAFETY: likewise.
            None => unsafe { System.dealloc(ptr, layout) },
        }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        match gate::enter() {
            // SAFETY: the caller upholds `GlobalAlloc::realloc`'s contract.
            Some(_pass) => unsafe { engine::ALLOCATOR.realloc(ptr, layout, new_size) },
            // SAFETY: likewise.
            None => unsafe { System.realloc(ptr, layout, new_size) },
        }
    }
}
