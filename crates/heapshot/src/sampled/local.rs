//! What each thread counts by itself while it samples: bytes down to the next time it must look up, and what it has
//! allocated and freed since it last told everybody.
//!
//! All that a common allocation does is to subtract its size from a number of its thread's and to see that it is still
//! not below zero; freeing is the same with another. The numbers begin below zero, where every call takes the long way: so
//! it is before sampling starts, where everything is recorded, and inside the engine.
//!
//! What a thread has not told yet is in no sum that all threads share: at most [`UNTOLD`] bytes allocated and as many
//! freed, with the headers of their blocks. The ceiling has so much slack for each thread. [`counted`] looks into the
//! threads, and is exact when they are at rest.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::chance::Chance;
use crate::count::{self, Grant};

/// Bytes that a thread allocates, or frees, before it tells.
pub(crate) const UNTOLD: i64 = 64 << 10;

thread_local! {
    /// `const` and without a destructor, as [`gate`](crate::gate)'s; that a thread ends, a key of pthread tells.
    static LOCAL: Local = const { Local::new() };
}

/// Written by its own thread alone, and read by whoever adds up: so each write is a plain one.
struct Local {
    allocated: Column,
    freed: Column,
    /// Bytes to be allocated before the next sample, from where `allocated` was last told.
    distance: Cell<i64>,
    chance: Cell<Chance>,
    stage: Cell<Stage>,
    /// Its neighbours in the list of all threads'; [`ALL`] is its lock.
    next: Cell<*const Local>,
    previous: Cell<*const Local>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    New,
    Listed,
    /// The thread ends, or cannot be listed: it tells everything at once.
    Alone,
}

/// Bytes and blocks that went one way.
struct Column {
    /// What is left until it is told; below 0: every call takes the long way.
    left: AtomicI64,
    /// What was left when it was last told.
    start: AtomicI64,
    blocks: AtomicU64,
    /// Bytes that are no longer in `start - left`, and not told.
    aside: AtomicU64,
}

/// The first of all threads' locals, and the lock of the list. Whoever holds it does not allocate.
static ALL: Mutex<First> = Mutex::new(First(std::ptr::null()));

struct First(*const Local);

// SAFETY: what it points to lives until its thread takes it off the list, under the list's lock.
unsafe impl Send for First {}

/// What threads have told, of those that are gone, too.
struct Told {
    allocated_bytes: AtomicU64,
    allocated_blocks: AtomicU64,
    freed_bytes: AtomicU64,
    freed_blocks: AtomicU64,
}

static TOLD: Told = Told {
    allocated_bytes: AtomicU64::new(0),
    allocated_blocks: AtomicU64::new(0),
    freed_bytes: AtomicU64::new(0),
    freed_blocks: AtomicU64::new(0),
};

/// What was allocated and freed since sampling began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) allocated_bytes: u64,
    pub(crate) allocated_blocks: u64,
    pub(crate) freed_bytes: u64,
    pub(crate) freed_blocks: u64,
}

/// What is to become of an allocation that took the long way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ruling {
    /// It is a sample.
    pub(crate) chosen: bool,
    pub(crate) grant: Grant,
}

/// Counts a new block of so many bytes; `false` if nothing was counted and the long way is to be taken.
#[inline(always)]
#[allow(clippy::inline_always)]
pub(crate) fn allot(size: usize) -> bool {
    LOCAL.with(|local| local.allocated.take(size.cast_signed() as i64, 1))
}

/// Counts that a block is freed, likewise.
#[inline(always)]
#[allow(clippy::inline_always)]
pub(crate) fn release(size: usize) -> bool {
    LOCAL.with(|local| local.freed.take(size.cast_signed() as i64, 1))
}

/// Counts that a block is resized, likewise.
#[inline(always)]
#[allow(clippy::inline_always)]
pub(crate) fn resize(old: usize, new: usize) -> bool {
    LOCAL.with(|local| {
        let more = new.wrapping_sub(old).cast_signed() as i64;
        if more >= 0 {
            local.allocated.take(more, 0)
        } else {
            local.freed.take(-more, 0)
        }
    })
}

/// Counts what is allocated the long way, tells, and draws.
pub(crate) fn allot_slowly(size: usize, blocks: u64, every: u64) -> Ruling {
    LOCAL.with(|local| {
        local.join(every);
        let distance = local.set_aside() - size.cast_signed() as i64;
        local.allocated.put_aside(size, blocks);
        let chosen = distance < 0;
        let distance = if chosen { local.draw(every) } else { distance };
        local.distance.set(distance);
        local.tell();
        local
            .allocated
            .begin(local.stage.get(), distance.min(UNTOLD));
        Ruling {
            chosen,
            grant: count::judge_told(),
        }
    })
}

/// Counts what is freed the long way, and tells.
pub(crate) fn release_slowly(size: usize, blocks: u64, every: u64) {
    LOCAL.with(|local| {
        local.join(every);
        local.freed.fold();
        local.freed.put_aside(size, blocks);
        local.tell();
        local.freed.begin(local.stage.get(), UNTOLD);
    });
}

/// Takes a sample's chance of going on being one.
pub(crate) fn happens(probability: f64) -> bool {
    LOCAL.with(|local| {
        let mut chance = local.chance.get();
        let happens = chance.happens(probability);
        local.chance.set(chance);
        happens
    })
}

/// From now on this thread's calls take the long way, until one of the program's has taken it.
#[inline(always)]
#[allow(clippy::inline_always)]
pub(crate) fn park() {
    LOCAL.with(|local| {
        if local.allocated.is_begun() || local.freed.is_begun() {
            local.set_aside();
            local.freed.fold();
        }
    });
}

/// What all threads have allocated and freed since sampling began.
pub(crate) fn counted() -> Counted {
    let all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
    let mut sum = Counted {
        allocated_bytes: TOLD.allocated_bytes.load(Ordering::Relaxed),
        allocated_blocks: TOLD.allocated_blocks.load(Ordering::Relaxed),
        freed_bytes: TOLD.freed_bytes.load(Ordering::Relaxed),
        freed_blocks: TOLD.freed_blocks.load(Ordering::Relaxed),
    };
    let mut at = all.0;
    // SAFETY: what is on the list lives until its thread has taken it off, which needs the lock. Of another thread's
    // only the atomic numbers are read, and `next`, which is written under the lock.
    while let Some(local) = unsafe { at.as_ref() } {
        let (bytes, blocks) = local.allocated.untold();
        sum.allocated_bytes += bytes;
        sum.allocated_blocks += blocks;
        let (bytes, blocks) = local.freed.untold();
        sum.freed_bytes += bytes;
        sum.freed_blocks += blocks;
        at = local.next.get();
    }
    sum
}

impl Local {
    const fn new() -> Self {
        Self {
            allocated: Column::new(),
            freed: Column::new(),
            distance: Cell::new(0),
            chance: Cell::new(Chance::new(0)),
            stage: Cell::new(Stage::New),
            next: Cell::new(std::ptr::null()),
            previous: Cell::new(std::ptr::null()),
        }
    }

    /// Puts what was allocated aside; the distance that is left to the next sample.
    fn set_aside(&self) -> i64 {
        let distance = self.distance.get() - self.allocated.fold();
        self.distance.set(distance);
        distance
    }

    fn draw(&self, every: u64) -> i64 {
        let mut chance = self.chance.get();
        let distance = chance.distance(every);
        self.chance.set(chance);
        distance
    }

    /// Begins, if it has not begun.
    fn join(&self, every: u64) {
        if self.stage.get() == Stage::New {
            self.join_now(every);
        }
    }

    #[cold]
    fn join_now(&self, every: u64) {
        static THREADS: AtomicU64 = AtomicU64::new(0);
        let number = THREADS.fetch_add(1, Ordering::Relaxed);
        let place = std::ptr::from_ref(self).addr() as u64;
        let time = std::time::SystemTime::UNIX_EPOCH.elapsed();
        let time = time.map_or(0, |time| u64::from(time.subsec_nanos()));
        self.chance
            .set(Chance::new(place.rotate_left(32) ^ (time << 16) ^ number));
        self.distance.set(self.draw(every));
        self.stage.set(Stage::Alone);
        #[cfg(unix)]
        if end::tell_of(self) {
            self.list();
            self.stage.set(Stage::Listed);
        }
    }

    #[cfg(unix)]
    fn list(&self) {
        let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
        self.next.set(all.0);
        // SAFETY: as in `counted`.
        if let Some(next) = unsafe { all.0.as_ref() } {
            next.previous.set(self);
        }
        all.0 = self;
    }

    /// Takes it off the list and tells the rest: its thread ends.
    #[cfg(unix)]
    fn leave(&self) {
        {
            let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
            let (next, previous) = (self.next.get(), self.previous.get());
            // SAFETY: as in `counted`.
            if let Some(next) = unsafe { next.as_ref() } {
                next.previous.set(previous);
            }
            // SAFETY: as in `counted`.
            match unsafe { previous.as_ref() } {
                Some(previous) => previous.next.set(next),
                None => all.0 = next,
            }
        }
        self.stage.set(Stage::Alone);
        self.set_aside();
        self.freed.fold();
        self.tell();
    }

    /// Tells what was put aside.
    fn tell(&self) {
        let (bytes, blocks) = self.allocated.empty();
        let (freed_bytes, freed_blocks) = self.freed.empty();
        if bytes | blocks != 0 {
            TOLD.allocated_bytes.fetch_add(bytes, Ordering::Relaxed);
            TOLD.allocated_blocks.fetch_add(blocks, Ordering::Relaxed);
        }
        if freed_bytes | freed_blocks != 0 {
            TOLD.freed_bytes.fetch_add(freed_bytes, Ordering::Relaxed);
            TOLD.freed_blocks.fetch_add(freed_blocks, Ordering::Relaxed);
        }
        count::tell((bytes, blocks), (freed_bytes, freed_blocks));
    }
}

impl Column {
    const fn new() -> Self {
        Self {
            left: AtomicI64::new(-1),
            start: AtomicI64::new(-1),
            blocks: AtomicU64::new(0),
            aside: AtomicU64::new(0),
        }
    }

    /// One subtraction and one jump; where it falls below zero nothing is written.
    #[inline(always)]
    #[allow(clippy::inline_always)]
    fn take(&self, bytes: i64, blocks: u64) -> bool {
        let left = self.left.load(Ordering::Relaxed) - bytes;
        if left < 0 {
            return false;
        }
        self.left.store(left, Ordering::Relaxed);
        if blocks > 0 {
            add(&self.blocks, blocks);
        }
        true
    }

    fn is_begun(&self) -> bool {
        self.start.load(Ordering::Relaxed) >= 0
    }

    fn begin(&self, stage: Stage, bytes: i64) {
        if stage == Stage::Listed {
            self.start.store(bytes, Ordering::Relaxed);
            self.left.store(bytes, Ordering::Relaxed);
        }
    }

    /// Puts aside what was taken, and parks; how many bytes that were.
    fn fold(&self) -> i64 {
        let taken = self.start.load(Ordering::Relaxed) - self.left.load(Ordering::Relaxed);
        self.left.store(-1, Ordering::Relaxed);
        self.start.store(-1, Ordering::Relaxed);
        add(&self.aside, taken.cast_unsigned());
        taken
    }

    fn put_aside(&self, bytes: usize, blocks: u64) {
        add(&self.aside, bytes as u64);
        add(&self.blocks, blocks);
    }

    /// Takes out what was put aside, and the blocks.
    fn empty(&self) -> (u64, u64) {
        let bytes = self.aside.load(Ordering::Relaxed);
        let blocks = self.blocks.load(Ordering::Relaxed);
        self.aside.store(0, Ordering::Relaxed);
        self.blocks.store(0, Ordering::Relaxed);
        (bytes, blocks)
    }

    fn untold(&self) -> (u64, u64) {
        let taken = self.start.load(Ordering::Relaxed) - self.left.load(Ordering::Relaxed);
        let bytes = self.aside.load(Ordering::Relaxed) + taken.clamp(0, UNTOLD).cast_unsigned();
        (bytes, self.blocks.load(Ordering::Relaxed))
    }
}

/// Adds to a number that no other thread writes to.
#[inline(always)]
#[allow(clippy::inline_always)]
fn add(number: &AtomicU64, more: u64) {
    let sum = number.load(Ordering::Relaxed).wrapping_add(more);
    number.store(sum, Ordering::Relaxed);
}

/// Hears of the ends of threads: a key's destructor runs after those of all that is thread-local, and its registration
/// allocates nothing of Rust's.
#[cfg(unix)]
mod end {
    use std::sync::OnceLock;

    use super::Local;

    static KEY: OnceLock<Option<libc::pthread_key_t>> = OnceLock::new();

    /// Has [`Local::leave`] called at the end of this thread, whose local it is; whether that can be had.
    pub(super) fn tell_of(local: &Local) -> bool {
        let key = KEY.get_or_init(|| {
            let mut key = 0;
            // SAFETY: writes a key.
            (unsafe { libc::pthread_key_create(&raw mut key, Some(ended)) } == 0).then_some(key)
        });
        // SAFETY: the key exists; the value is not used but by `ended`.
        key.is_some_and(|key| unsafe {
            libc::pthread_setspecific(key, std::ptr::from_ref(local).cast()) == 0
        })
    }

    extern "C" fn ended(local: *mut libc::c_void) {
        // SAFETY: it is this thread's, set above, and what is thread-local is freed after all keys' destructors.
        unsafe { &*local.cast::<Local>() }.leave();
    }
}
