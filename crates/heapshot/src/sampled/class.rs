//! Size classes, four a doubling, and for each a function that calls the engine.
//!
//! The engine tells program points apart by the addresses of code in their stacks. How probable it was that a block was
//! recorded depends on its size, so a program point whose blocks had all sizes could not be scaled back. Each class's
//! function has an address of its own, and the engine so keeps a program point for each class: all blocks of it are of
//! nearly one size. The functions' frames are cut off when the snapshot is written, as all of the allocator's.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout};
use std::hint::black_box;

use crate::engine;

/// 8 for the sizes up to 8 bytes, four for each doubling up to 4 GiB, the last for all that is larger, too.
const CLASSES: usize = 8 + 4 * 29;

/// The class of a block of so many bytes.
pub(crate) fn of(size: usize) -> usize {
    let last = size.saturating_sub(1);
    if last < 8 {
        return last;
    }
    let doubling = last.ilog2() as usize;
    let quarter = (last >> (doubling - 2)) & 3;
    (8 + 4 * (doubling - 3) + quarter).min(CLASSES - 1)
}

/// Allocates and records a block by its class's function.
///
/// # Safety
/// As of [`GlobalAlloc::alloc`]; with the gate held.
#[inline(always)]
#[allow(clippy::inline_always)] // a frame of its own would cost each stack a frame of the program's
pub(crate) unsafe fn alloc(layout: Layout) -> *mut u8 {
    // SAFETY: the caller upholds the contract.
    unsafe { BY_CLASS[of(layout.size())](layout) }
}

/// The number is in the body, so that no two are alike and become one; something happens after the call, so that it has
/// a frame.
#[inline(never)]
unsafe fn alloc_in<const CLASS: usize>(layout: Layout) -> *mut u8 {
    // SAFETY: the caller upholds the contract.
    let ptr = unsafe { engine::ALLOCATOR.alloc(layout) };
    black_box(CLASS);
    ptr
}

type Allocate = unsafe fn(Layout) -> *mut u8;

macro_rules! by_class {
    ($($tens:literal)*) => {
        [$(
            alloc_in::<{ 4 * $tens }>,
            alloc_in::<{ 4 * $tens + 1 }>,
            alloc_in::<{ 4 * $tens + 2 }>,
            alloc_in::<{ 4 * $tens + 3 }>,
        )*]
    };
}

static BY_CLASS: [Allocate; CLASSES] = by_class!(
    0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30
);

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{BY_CLASS, CLASSES, of};

    #[test]
    fn a_class_is_a_quarter_of_a_doubling() {
        assert_eq!([1, 2, 8].map(of), [0, 1, 7]);
        assert_eq!(
            [9, 10, 11, 12, 13, 16, 17, 20, 21].map(of),
            [8, 8, 9, 9, 10, 11, 12, 12, 13]
        );
        assert_eq!(of((4 << 30) - 1), CLASSES - 1);
        assert_eq!(of(4 << 30), CLASSES - 1);
        assert_eq!(of(usize::MAX), CLASSES - 1);
    }

    #[test]
    fn classes_rise_one_by_one_and_none_is_wide() {
        let mut first = 9;
        for size in 9..1_000_000 {
            assert!(of(size + 1) == of(size) || of(size + 1) == of(size) + 1);
            if of(size + 1) != of(size) {
                assert!(size * 4 <= first * 5, "from {first} to {size}");
                first = size + 1;
            }
        }
    }

    #[test]
    fn each_class_has_an_address_of_its_own() {
        let addresses: HashSet<usize> = BY_CLASS.iter().map(|f| *f as usize).collect();
        assert_eq!(addresses.len(), CLASSES);
    }
}
