//! What the allocator keeps of freed memory, given back to the system.
#![allow(unsafe_code)]

/// Asks the system's allocator to give back the memory that it keeps though the program has freed it; whether it gave
/// any.
///
/// A heap that was large once leaves free blocks behind, between blocks that are still in use. The allocator keeps their
/// pages for the next allocations, so that RSS stays high while the live heap is small. On Linux with glibc this is
/// `malloc_trim(0)`, which returns each whole page of free memory, in every arena. Elsewhere it does nothing and
/// returns `false`: musl, macOS and Windows offer no such call.
///
/// It walks over all free blocks, with a system call for each hole that has whole pages: from microseconds to some
/// milliseconds for a hundred megabytes. Threads that allocate from the arena that it works on wait meanwhile, and what
/// was given back must be faulted in again, page by page, when it is needed again. So call it after something large and
/// rare, on a thread that nobody waits for, and never after each request.
///
/// It works with and without [`Alloc`](crate::Alloc), and whether or not anything is recorded. It speaks to the system's
/// allocator: one that a program has put in its place, such as jemalloc, has its own ways.
pub fn trim() -> bool {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: it takes a number and the allocator's own locks, and touches free memory alone.
    let gave = unsafe { libc::malloc_trim(0) } != 0;
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    let gave = false;
    gave
}
