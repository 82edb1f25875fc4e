//! What happened between two snapshots, in the terms of Chrome's Comparison and two more.

use std::ops::AddAssign;

use crate::profile::Counters;
use crate::sampling::{Pairing, Sampled, error_of};

/// The change of one stack, or the sum over several.
///
/// DHAT counts blocks per stack; it does not know them one by one as Chrome does. So a block that was freed
/// and one that was allocated by the same stack cancel out, and `new`, `deleted`, `alloc_size`, `freed_size` and
/// `grew_in_place` are *lower bounds*. The deltas are exact.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Change {
    /// Blocks more: max(0, Δ live blocks). At least so many are new.
    pub new: u64,
    /// Blocks less: max(0, −Δ live blocks). At least so many were freed.
    pub deleted: u64,
    /// Δ live blocks, exact.
    pub delta: i64,
    /// Bytes more: max(0, Δ live bytes).
    pub alloc_size: u64,
    /// Bytes less: max(0, −Δ live bytes).
    pub freed_size: u64,
    /// Δ live bytes, exact.
    pub size_delta: i64,
    /// Bytes by which blocks must have grown where they stood (`realloc`): Δ live bytes of stacks with more
    /// live bytes but not more live blocks. Growth beside new blocks of the same stack is not seen.
    pub grew_in_place: u64,
    /// Blocks allocated and freed in between: Δ `tbk` − `new`. dhat-rs counts each `realloc` as an allocation,
    /// so a `Vec` that grew a few times churned a few blocks.
    pub churned_blocks: u64,
    /// Bytes allocated and freed in between: Δ `tb` − `alloc_size`. dhat-rs counts the whole new size of a `realloc`.
    pub churned_bytes: u64,
    /// Variance of `size_delta`, which is an estimate where samples were recorded; 0 where it is exact.
    pub bytes_variance: u128,
    /// Variance of `delta`.
    pub blocks_variance: u128,
}

impl Change {
    /// The change of a stack, from its counters before and after. Each counter must be below 2⁶³, as
    /// [`Profile`](crate::Profile) makes sure.
    pub fn between(before: &Counters, after: &Counters) -> Self {
        Self::of_pair(before, after, Pairing::OneRun)
    }

    /// The same of two runs, or of one: that makes a difference to the error of estimates.
    pub(crate) fn of_pair(before: &Counters, after: &Counters, pairing: Pairing) -> Self {
        let (bytes_variance, blocks_variance) =
            Sampled::of_difference(&before.sampled, &after.sampled, pairing);
        let more = |before: u64, after: u64| after.saturating_sub(before);
        let new = more(before.live_blocks, after.live_blocks);
        let alloc_size = more(before.live_bytes, after.live_bytes);
        Self {
            new,
            deleted: more(after.live_blocks, before.live_blocks),
            delta: after.live_blocks.cast_signed() - before.live_blocks.cast_signed(),
            alloc_size,
            freed_size: more(after.live_bytes, before.live_bytes),
            size_delta: after.live_bytes.cast_signed() - before.live_bytes.cast_signed(),
            grew_in_place: if new == 0 { alloc_size } else { 0 },
            churned_blocks: more(before.total_blocks, after.total_blocks).saturating_sub(new),
            churned_bytes: more(before.total_bytes, after.total_bytes).saturating_sub(alloc_size),
            bytes_variance,
            blocks_variance,
        }
    }

    /// The standard error of `size_delta`, in bytes; 0 if it is exact.
    pub fn size_error(&self) -> f64 {
        error_of(self.bytes_variance)
    }

    /// The standard error of `delta`, in blocks; 0 if it is exact.
    pub fn blocks_error(&self) -> f64 {
        error_of(self.blocks_variance)
    }

    /// Whether nothing happened at all.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl AddAssign for Change {
    fn add_assign(&mut self, other: Self) {
        self.new += other.new;
        self.deleted += other.deleted;
        self.delta += other.delta;
        self.alloc_size += other.alloc_size;
        self.freed_size += other.freed_size;
        self.size_delta += other.size_delta;
        self.grew_in_place += other.grew_in_place;
        self.churned_blocks += other.churned_blocks;
        self.churned_bytes += other.churned_bytes;
        self.bytes_variance = self.bytes_variance.saturating_add(other.bytes_variance);
        self.blocks_variance = self.blocks_variance.saturating_add(other.blocks_variance);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counters(
        total_bytes: u64,
        total_blocks: u64,
        live_bytes: u64,
        live_blocks: u64,
    ) -> Counters {
        Counters {
            total_bytes,
            total_blocks,
            live_bytes,
            live_blocks,
            ..Counters::default()
        }
    }

    #[test]
    fn more_blocks_are_new() {
        let change = Change::between(&counters(100, 10, 40, 4), &counters(200, 20, 70, 7));
        let expected = Change {
            new: 3,
            delta: 3,
            alloc_size: 30,
            size_delta: 30,
            churned_blocks: 7,
            churned_bytes: 70,
            ..Change::default()
        };
        assert_eq!(change, expected);
    }

    #[test]
    fn fewer_blocks_are_deleted() {
        let change = Change::between(&counters(100, 10, 70, 7), &counters(100, 10, 40, 4));
        assert_eq!(
            change,
            Change {
                deleted: 3,
                delta: -3,
                freed_size: 30,
                size_delta: -30,
                ..Change::default()
            }
        );
    }

    #[test]
    fn more_bytes_in_no_more_blocks_grew_in_place() {
        let change = Change::between(&counters(64, 1, 64, 1), &counters(192, 2, 128, 1));
        let expected = Change {
            alloc_size: 64,
            size_delta: 64,
            grew_in_place: 64,
            churned_blocks: 1,
            churned_bytes: 64,
            ..Change::default()
        };
        assert_eq!(change, expected);
    }

    #[test]
    fn what_comes_and_goes_is_churned() {
        let change = Change::between(&counters(0, 0, 0, 0), &counters(1000, 10, 0, 0));
        assert_eq!(
            change,
            Change {
                churned_blocks: 10,
                churned_bytes: 1000,
                ..Change::default()
            }
        );
    }

    #[test]
    fn totals_that_go_down_do_not_underflow() {
        assert_eq!(
            Change::between(&counters(1000, 10, 0, 0), &counters(0, 0, 0, 0)),
            Change::default()
        );
    }
}
