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
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::sampled;

static GATE: RwLock<()> = RwLock::new(());

/// What is recorded: [`NOTHING`], [`EVERYTHING`], or samples. One number, so that nobody ever sees half of a start.
static RECORDED: AtomicU64 = AtomicU64::new(NOTHING);

const NOTHING: u64 = 0;
const EVERYTHING: u64 = u64::MAX;

thread_local! {
    /// Whose call this thread is at. `const` and without a destructor, so that it can be used at any moment of a
    /// thread's life and never allocates.
    static CALLER: Cell<Caller> = const { Cell::new(Caller::Program) };
}

/// Whose allocations a thread makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// The program's: recorded, and held to the ceiling.
    Program,
    /// The engine's own, while this thread is inside it or has closed the gate: they go to the system's allocator.
    Engine,
    /// heapshot's own, while it takes the snapshot of a heap that is full: neither recorded nor held to the ceiling.
    Keeper,
}

/// Leave to be inside the engine, held for one call.
pub(crate) struct Pass {
    // Fields are dropped in order: the gate is left first.
    _shared: RwLockReadGuard<'static, ()>,
    _inside: As,
}

/// The gate held shut: no thread is inside the engine, and none can enter.
pub(crate) struct Closed {
    _exclusive: RwLockWriteGuard<'static, ()>,
    _inside: As,
}

/// Who this thread is, until dropped.
pub(crate) struct As {
    before: Caller,
}

/// Whose call this is.
#[inline(always)]
#[allow(clippy::inline_always)] // a frame of its own would cost each stack a frame of the program's
pub(crate) fn caller() -> Caller {
    CALLER.get()
}

/// This thread's allocations are the keeper's until what is returned is dropped.
pub(crate) fn keep() -> As {
    As::now(Caller::Keeper)
}

/// A pass for one call into the engine; `None` when the call is to go to the system's allocator, because not everything is
/// being recorded or because the engine itself is calling.
pub(crate) fn enter() -> Option<Pass> {
    if RECORDED.load(Ordering::Relaxed) != EVERYTHING || caller() == Caller::Engine {
        return None;
    }
    Some(pass())
}

/// A pass, whatever is recorded. For callers that are not the engine.
pub(crate) fn pass() -> Pass {
    let inside = As::now(Caller::Engine);
    Pass {
        _shared: GATE.read().unwrap_or_else(PoisonError::into_inner),
        _inside: inside,
    }
}

/// Waits until every thread has left the engine, and keeps all of them out.
///
/// # Panics
/// When this thread is inside already: the engine does not take snapshots.
pub(crate) fn close() -> Closed {
    assert_ne!(
        caller(),
        Caller::Engine,
        "the engine does not close its own gate"
    );
    let inside = As::now(Caller::Engine);
    Closed {
        _exclusive: GATE.write().unwrap_or_else(PoisonError::into_inner),
        _inside: inside,
    }
}

/// From now on all allocations are recorded, or one sample in `every` bytes.
pub(crate) fn open(every: Option<u64>) {
    RECORDED.store(every.unwrap_or(EVERYTHING), Ordering::Release);
}

/// The mean distance between samples, in bytes; 0 where there are none, as everything is recorded or nothing.
#[inline(always)]
#[allow(clippy::inline_always)]
pub(crate) fn every() -> u64 {
    match RECORDED.load(Ordering::Acquire) {
        EVERYTHING => 0,
        every => every,
    }
}

impl As {
    fn now(caller: Caller) -> Self {
        sampled::park();
        Self {
            before: CALLER.replace(caller),
        }
    }
}

impl Drop for As {
    fn drop(&mut self) {
        CALLER.set(self.before);
    }
}
