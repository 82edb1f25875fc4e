//! Which blocks of a stack are still the same from one snapshot to the next.
//!
//! DHAT does not know, so this decides, and by these rules:
//!
//! - Blocks keep their id and their size: Chrome takes an object with a known id for unchanged, whatever its size.
//! - More blocks and at least as many bytes more: the old stay, the new share the difference equally.
//! - Fewer blocks, and some of the old sizes add up to the bytes that are gone: those go, the latest first.
//! - Otherwise some block was resized, or freed beside a new one. The largest give way, as few as possible; new
//!   ones take over what they leave, with new ids, as an array has in Chrome that was moved to a larger place.

use std::cmp::Reverse;

use super::LARGEST;

/// Odd numbers, each given once: Chrome takes objects with an even id for its own.
#[derive(Debug)]
pub(super) struct Ids {
    next: u32,
}

/// The blocks of one stack in one snapshot, as runs of equal ones: the largest first, of these the latest.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    runs: Vec<Run>,
}

/// Blocks of one size with the ids `first`, `first + 2`, …
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) first: u32,
    pub(super) count: u32,
    pub(super) size: u32,
}

impl Ids {
    /// How many ids there can be in a series.
    pub(super) const ALL: u64 = 1 << 31;

    /// The ids after the first `used`.
    pub(super) fn after(used: u32) -> Self {
        Self { next: 2 * used + 1 }
    }

    fn take(&mut self, count: u32) -> u32 {
        let first = self.next;
        // the very last id has none after it
        self.next = self.next.wrapping_add(2 * count);
        first
    }
}

impl Run {
    /// The ids of these blocks.
    pub(super) fn ids(self) -> impl Iterator<Item = u32> {
        (0..self.count).map(move |at| self.first + 2 * at)
    }
}

impl Blocks {
    pub(super) fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// Makes these the blocks of the next snapshot, where there are `count` of them with `bytes` together.
    /// There must be enough for `bytes`, at [`LARGEST`] each, and enough ids.
    pub(super) fn change_to(&mut self, count: u64, bytes: u64, ids: &mut Ids) {
        let (had, held) = (self.count(), self.bytes());
        let gone = had.saturating_sub(count);
        if count >= had && can_share(count - had, bytes.checked_sub(held)) {
            // the old stay
        } else if let Some(parts) = held
            .checked_sub(bytes)
            .filter(|_| count < had)
            .and_then(|freed| self.parts(gone, freed))
        {
            for (size, count) in parts {
                self.remove(count, |run| run.size == size);
            }
        } else {
            self.remove(self.to_replace(count, bytes), |_| true);
        }
        self.add(count - self.count(), bytes - self.bytes(), ids);
    }

    /// How many of the largest must go so that new ones can make up for them: the fewest.
    fn to_replace(&self, count: u64, bytes: u64) -> u64 {
        let (had, held) = (self.count(), self.bytes());
        let works = |go: u64| {
            let rest = bytes.checked_sub(held - self.largest(go));
            can_share(count - (had - go), rest)
        };
        // If it works with so many it works with more: each leaves at least as much as it needs.
        let (mut fails, mut go) = (had.saturating_sub(count), had);
        while go - fails > 1 {
            let middle = fails + (go - fails) / 2;
            if works(middle) {
                go = middle;
            } else {
                fails = middle;
            }
        }
        go
    }

    /// Blocks of at most two sizes, `count` of them, that are `bytes` large together: pairs of size and count.
    fn parts(&self, count: u64, bytes: u64) -> Option<[(u32, u64); 2]> {
        let sizes: Vec<(u32, u64)> = self
            .runs
            .chunk_by(|a, b| a.size == b.size)
            .map(|runs| {
                (
                    runs[0].size,
                    runs.iter().map(|run| u64::from(run.count)).sum(),
                )
            })
            .collect();
        for (at, (large, many)) in sizes.iter().enumerate() {
            if *many >= count && count * u64::from(*large) == bytes {
                return Some([(*large, count), (*large, 0)]);
            }
            for (small, few) in &sizes[at + 1..] {
                let Some(above) = bytes.checked_sub(count * u64::from(*small)) else {
                    continue;
                };
                let step = u64::from(large - small);
                let larger = above / step;
                if above % step == 0 && larger <= (*many).min(count) && count - larger <= *few {
                    return Some([(*large, larger), (*small, count - larger)]);
                }
            }
        }
        None
    }

    pub(super) fn count(&self) -> u64 {
        self.runs.iter().map(|run| u64::from(run.count)).sum()
    }

    fn bytes(&self) -> u64 {
        let bytes = |run: &Run| u64::from(run.count) * u64::from(run.size);
        self.runs.iter().map(bytes).sum()
    }

    /// The bytes in the `count` largest.
    fn largest(&self, mut count: u64) -> u64 {
        let mut bytes = 0;
        for run in &self.runs {
            let taken = count.min(run.count.into());
            bytes += taken * u64::from(run.size);
            count -= taken;
        }
        bytes
    }

    /// Removes the first `count` of the blocks that are `such`, the latest of a run first.
    fn remove(&mut self, mut count: u64, such: impl Fn(&Run) -> bool) {
        for run in self.runs.iter_mut().filter(|run| such(run)) {
            let taken = count.min(run.count.into());
            run.count -= narrow(taken);
            count -= taken;
        }
        self.runs.retain(|run| run.count > 0);
    }

    /// Adds `count` blocks that share `bytes` equally; what is left over goes to the first, a byte each.
    fn add(&mut self, count: u64, bytes: u64, ids: &mut Ids) {
        if count == 0 {
            return;
        }
        let (share, over) = (bytes / count, bytes % count);
        for (count, size) in [(over, share + 1), (count - over, share)] {
            if count > 0 {
                let count = narrow(count);
                self.runs.push(Run {
                    first: ids.take(count),
                    count,
                    size: narrow(size),
                });
            }
        }
        self.runs.sort_by_key(|run| Reverse((run.size, run.first)));
    }
}

/// Whether `count` new blocks can be `bytes` large together, none of them empty: Chrome does not count those.
fn can_share(count: u64, bytes: Option<u64>) -> bool {
    bytes.is_some_and(|bytes| count <= bytes && bytes <= count * LARGEST)
}

fn narrow(number: u64) -> u32 {
    u32::try_from(number).expect("counts and sizes of nodes are below 2³²")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// New and deleted blocks and bytes, as Chrome counts them.
    fn diff(before: &[(u32, u32)], after: &[(u32, u32)]) -> (usize, u64, usize, u64) {
        let only = |here: &[(u32, u32)], there: &[(u32, u32)]| {
            let missing = here
                .iter()
                .filter(|(id, _)| there.iter().all(|(other, _)| other != id));
            missing.fold((0, 0), |(count, bytes), (_, size)| {
                (count + 1, bytes + u64::from(*size))
            })
        };
        let ((new, allocated), (deleted, freed)) = (only(after, before), only(before, after));
        (new, allocated, deleted, freed)
    }

    fn list(blocks: &Blocks) -> Vec<(u32, u32)> {
        blocks
            .runs
            .iter()
            .flat_map(|run| run.ids().map(|id| (id, run.size)))
            .collect()
    }

    /// What Chrome says about a stack that goes through these counts and bytes, at each step.
    fn steps(series: &[(u64, u64)]) -> Vec<(usize, u64, usize, u64)> {
        let (mut blocks, mut ids) = (Blocks::default(), Ids::after(10));
        let mut before = Vec::new();
        series
            .iter()
            .map(|(count, bytes)| {
                blocks.change_to(*count, *bytes, &mut ids);
                assert_eq!((blocks.count(), blocks.bytes()), (*count, *bytes));
                let after = list(&blocks);
                let step = diff(&before, &after);
                before = after;
                step
            })
            .collect()
    }

    #[test]
    fn more_blocks_are_new_and_the_old_stay() {
        assert_eq!(
            steps(&[(3, 30), (5, 57), (5, 57)]),
            [(3, 30, 0, 0), (2, 27, 0, 0), (0, 0, 0, 0)]
        );
    }

    #[test]
    fn fewer_blocks_are_deleted_and_nothing_is_new() {
        assert_eq!(
            steps(&[(3, 48), (9, 144), (4, 64), (0, 0)]),
            [(3, 48, 0, 0), (6, 96, 0, 0), (0, 0, 5, 80), (0, 0, 4, 64)]
        );
        assert_eq!(steps(&[(4, 42), (2, 21)])[1], (0, 0, 2, 21));
    }

    #[test]
    fn growth_in_place_is_one_block_with_a_new_id() {
        assert_eq!(steps(&[(1, 64), (1, 128)])[1], (1, 128, 1, 64));
        assert_eq!(steps(&[(10, 640), (10, 704)])[1], (1, 128, 1, 64));
    }

    #[test]
    fn shrinkage_in_place_is_as_few_blocks_as_can_be() {
        assert_eq!(steps(&[(2, 200), (2, 110)])[1], (1, 10, 1, 100));
        assert_eq!(steps(&[(2, 200), (2, 90)])[1], (2, 90, 2, 200));
    }

    #[test]
    fn more_blocks_with_fewer_bytes_replace_large_ones() {
        assert_eq!(steps(&[(2, 200), (4, 130)])[1], (3, 30, 1, 100));
    }

    #[test]
    fn fewer_blocks_with_more_bytes_replace_some() {
        assert_eq!(steps(&[(3, 30), (2, 100)])[1], (1, 90, 2, 20));
    }

    #[test]
    fn nodes_of_the_largest_size_can_be_filled() {
        steps(&[
            (2, 2 * LARGEST),
            (3, 3 * LARGEST),
            (3, 3),
            (3, 3 * LARGEST),
            (2, LARGEST + 1),
        ]);
    }

    #[test]
    fn empty_blocks_are_kept_and_added_up() {
        steps(&[(3, 0), (5, 2), (5, 0), (2, 0), (1, 7)]);
    }

    #[test]
    fn ids_are_odd_and_increase() {
        let (mut blocks, mut ids) = (Blocks::default(), Ids::after(2));
        blocks.change_to(3, 5, &mut ids);
        assert_eq!(list(&blocks), [(5, 2), (7, 2), (9, 1)]);
    }
}
