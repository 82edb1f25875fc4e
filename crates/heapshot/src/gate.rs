//! The gate that every recorded allocation passes, so that a fork can happen while nobody is inside.
//!
//! A fork copies only the calling thread. Were another thread inside the engine at that moment, the
//! child's copy of the engine's lock would stay locked for ever. So allocations hold the gate's shared
//! side and the fork holds its exclusive side.
//!
//! The gate is std's `RwLock`: on Linux a futex, which does not allocate, and which lets a waiting
//! writer in before new readers, so a pause does not depend on the load. Where std's lock may allocate,
//! that allocation is a nested one and passes by.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

static GATE: RwLock<()> = RwLock::new(());
static OPEN: AtomicBool = AtomicBool::new(false);
static USED: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// Whether this thread is inside the engine, or has closed the gate: its allocations are then the
    /// engine's own and go to the system's allocator. `const` and without a destructor, so that it can
    /// be used at any moment of a thread's life and never allocates.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Leave to be inside the engine, held for one call.
pub(crate) struct Pass {
    // Fields are dropped in order: the gate is left first.
    _shared: RwLockReadGuard<'static, ()>,
    _inside: Inside,
}

/// The gate held shut: no thread is inside the engine, and none can enter.
pub(crate) struct Closed {
    _exclusive: RwLockWriteGuard<'static, ()>,
    _inside: Inside,
}

/// A pass for one call into the engine; `None` when the call is to go to the system's allocator,
/// because nothing is being recorded or because the engine itself is calling.
pub(crate) fn enter() -> Option<Pass> {
    if !OPEN.load(Ordering::Relaxed) {
        USED.store(true, Ordering::Relaxed);
        return None;
    }
    let inside = Inside::set()?;
    Some(Pass {
        _shared: GATE.read().unwrap_or_else(PoisonError::into_inner),
        _inside: inside,
    })
}

/// Waits until every thread has left the engine, and keeps all of them out.
///
/// # Panics
/// When this thread is inside already: the engine does not take snapshots.
pub(crate) fn close() -> Closed {
    let inside = Inside::set().expect("the engine does not close its own gate");
    Closed {
        _exclusive: GATE.write().unwrap_or_else(PoisonError::into_inner),
        _inside: inside,
    }
}

/// From now on allocations are recorded.
pub(crate) fn open() {
    OPEN.store(true, Ordering::Relaxed);
}

/// Whether the global allocator sends its calls here. Only an unopened gate can tell.
pub(crate) fn is_installed() -> bool {
    USED.store(false, Ordering::Relaxed);
    drop(std::hint::black_box(Box::new(0_u64)));
    USED.load(Ordering::Relaxed)
}

struct Inside;

impl Inside {
    fn set() -> Option<Self> {
        if INSIDE.replace(true) {
            None
        } else {
            Some(Self)
        }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        INSIDE.set(false);
    }
}
