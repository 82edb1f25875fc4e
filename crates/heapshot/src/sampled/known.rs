//! Which live blocks are samples: a filter that answers "certainly none" with one load, and behind it the set of them.
//!
//! Why it is right without a lock on the way of all other blocks: a sample's counter is raised before its pointer is
//! handed out, and lowered only by whoever frees it. Whoever frees a block has it from whoever allocated it, by whatever
//! the program synchronizes itself with; so he sees that counter raised, and never takes a sample for none. The other
//! way round, a counter may be raised for another block: then the set decides, which is exact. A sample is taken out of
//! the set before its memory goes back to the system: from then on another thread may be given the same address, for a
//! block that is a sample or none, and finds no trace of it.
//!
//! A counter that is full stays full for ever. Whatever falls on it asks the set; nothing is ever lost.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Counters of the filter. A page of them that was never written to is the system's one page of zeros, so it is cheap in
/// the processor's cache.
const COUNTERS: usize = 1 << 18;

static FILTER: [AtomicU8; COUNTERS] = [const { AtomicU8::new(0) }; COUNTERS];

/// Locked by callers that are inside the engine or about to be; what it allocates is the engine's.
static SET: Mutex<Addresses> = Mutex::new(HashSet::with_hasher(BuildHasherDefault::new()));

type Addresses = HashSet<usize, BuildHasherDefault<AddressHasher>>;

/// Whether the block may be a sample. `false` is certain.
#[inline(always)]
#[allow(clippy::inline_always)]
pub(crate) fn may_have(ptr: *mut u8) -> bool {
    counter(ptr).load(Ordering::Relaxed) != 0
}

/// Whether the block is a sample.
pub(crate) fn has(ptr: *mut u8) -> bool {
    may_have(ptr) && set().contains(&ptr.addr())
}

/// The block is a sample. Called inside the engine, before anybody else has the pointer.
pub(crate) fn add(ptr: *mut u8) {
    // A counter that is full stays so.
    let _ = counter(ptr).fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_add(1));
    set().insert(ptr.addr());
}

/// The block no longer is one; whether it was. Called before its memory is given back.
pub(crate) fn remove(ptr: *mut u8) -> bool {
    if !may_have(ptr) || !set().remove(&ptr.addr()) {
        return false;
    }
    let lower = |n| (n != u8::MAX).then(|| n - 1);
    let _ = counter(ptr).fetch_update(Ordering::Relaxed, Ordering::Relaxed, lower);
    true
}

/// Neighbours have neighbouring counters: a program that walks along its heap walks along these.
#[inline(always)]
#[allow(clippy::inline_always)]
fn counter(ptr: *mut u8) -> &'static AtomicU8 {
    &FILTER[(ptr.addr() >> 4) % COUNTERS]
}

fn set() -> MutexGuard<'static, Addresses> {
    SET.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Addresses are spread by one multiplication.
#[derive(Default)]
struct AddressHasher(u64);

impl Hasher for AddressHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_usize(usize::from(*byte));
        }
    }

    fn write_usize(&mut self, address: usize) {
        let product = (self.0 ^ address as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = product ^ (product >> 32);
    }
}

#[cfg(test)]
mod tests {
    use std::ptr::without_provenance_mut;

    use super::{COUNTERS, add, has, may_have, remove};

    #[test]
    fn what_shares_a_counter_is_told_apart_and_a_full_counter_loses_nothing() {
        let stride = COUNTERS << 4;
        let at = |n: usize| without_provenance_mut::<u8>(0x10 + n * stride);
        assert!(!may_have(at(0)));
        for n in 1..=300 {
            add(at(n));
        }
        assert!(may_have(at(0)) && !has(at(0)) && !remove(at(0)));
        for n in 1..=300 {
            assert!(
                has(at(n)) && remove(at(n)) && !has(at(n)) && !remove(at(n)),
                "{n}"
            );
        }
        assert!(
            may_have(at(0)),
            "it was full, and how many it stood for is not known"
        );
        add(at(1));
        assert!(remove(at(1)));
    }

    #[test]
    fn a_counter_falls_back_to_none() {
        let ptr = without_provenance_mut::<u8>(0x100_0020);
        add(ptr);
        assert!(may_have(ptr) && has(ptr));
        assert!(remove(ptr));
        assert!(!may_have(ptr));
    }
}
