//! How many nodes stand for the blocks of a stack: one each, unless there are too many.
//!
//! Stacks with few blocks keep a node per block; those with the most are folded, each by a factor that is the same in
//! the whole series, so that its snapshots can still be compared.

use super::{LARGEST, Live};

/// What does not stand as one node per block.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Folded {
    /// Stacks whose blocks do not have a node each in some snapshot.
    pub stacks: usize,
    /// Blocks of these stacks, in the snapshot where they have the most.
    pub blocks: u64,
    /// The nodes that stand for them there.
    pub nodes: u64,
}

/// The rule for a series: no stack is folded that never has more than `limit` blocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fold {
    limit: u64,
}

impl Fold {
    /// The rule that keeps most blocks apart with at most `most` nodes in each snapshot; or else how many nodes there
    /// must be at least.
    pub(super) fn choose<L: AsRef<[Live]>>(stacks: &[L], most: u64) -> Result<Self, u64> {
        let all = Self { limit: u64::MAX };
        if all.largest_sum(stacks) <= most {
            return Ok(all);
        }
        let fewest = Self { limit: 1 }.largest_sum(stacks);
        if fewest > most {
            return Err(fewest);
        }
        let (mut fits, mut exceeds) = (1, most + 1);
        while exceeds - fits > 1 {
            let limit = fits + (exceeds - fits) / 2;
            if (Self { limit }).largest_sum(stacks) <= most {
                fits = limit;
            } else {
                exceeds = limit;
            }
        }
        Ok(Self { limit: fits })
    }

    /// How many nodes the blocks of a stack get in each snapshot of the series.
    pub(super) fn nodes(self, series: &[Live]) -> impl Iterator<Item = u64> {
        let most = series.iter().map(|live| live.blocks).max().unwrap_or(0);
        let blocks_per_node = most.div_ceil(self.limit).max(1);
        series.iter().map(move |live| {
            let by_blocks = live.blocks.div_ceil(blocks_per_node);
            by_blocks.max(live.bytes.div_ceil(LARGEST))
        })
    }

    /// What this rule folds.
    pub(super) fn folded<L: AsRef<[Live]>>(self, stacks: &[L]) -> Folded {
        let snapshots = stacks.first().map_or(0, |series| series.as_ref().len());
        let mut sums = vec![Folded::default(); snapshots];
        let mut folded = 0;
        for series in stacks.iter().map(AsRef::as_ref) {
            let apart = |(live, nodes): (&Live, u64)| live.blocks == nodes;
            if series.iter().zip(self.nodes(series)).all(apart) {
                continue;
            }
            folded += 1;
            for ((sum, live), nodes) in sums.iter_mut().zip(series).zip(self.nodes(series)) {
                sum.blocks += live.blocks;
                sum.nodes += nodes;
            }
        }
        Folded {
            stacks: folded,
            ..sums
                .into_iter()
                .max_by_key(|sum| sum.blocks)
                .unwrap_or_default()
        }
    }

    /// The nodes of the snapshot that has the most.
    fn largest_sum<L: AsRef<[Live]>>(self, stacks: &[L]) -> u64 {
        let snapshots = stacks.first().map_or(0, |series| series.as_ref().len());
        let mut sums = vec![0_u64; snapshots];
        for series in stacks {
            for (sum, nodes) in sums.iter_mut().zip(self.nodes(series.as_ref())) {
                *sum = sum.saturating_add(nodes);
            }
        }
        sums.into_iter().max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack(series: &[(u64, u64)]) -> Vec<Live> {
        let live = |(blocks, bytes): &(u64, u64)| Live {
            blocks: *blocks,
            bytes: *bytes,
        };
        series.iter().map(live).collect()
    }

    fn nodes(stacks: &[Vec<Live>], most: u64) -> Vec<Vec<u64>> {
        let fold = Fold::choose(stacks, most).expect("there are few stacks");
        stacks
            .iter()
            .map(|series| fold.nodes(series).collect())
            .collect()
    }

    #[test]
    fn below_the_cap_each_block_has_its_node() {
        let stacks = [stack(&[(3, 30), (7, 70)]), stack(&[(0, 0), (1, 1)])];
        assert_eq!(nodes(&stacks, 8), [[3, 7], [0, 1]]);
    }

    #[test]
    fn above_the_cap_the_largest_stacks_are_folded_and_the_others_are_not() {
        let stacks = [
            stack(&[(500, 5000), (1000, 10_000)]),
            stack(&[(5, 50), (6, 60)]),
        ];
        assert_eq!(nodes(&stacks, 110), [[50, 100], [5, 6]]);
        let folded = Fold::choose(&stacks, 110)
            .map(|fold| fold.folded(&stacks))
            .expect("fits");
        let expected = Folded {
            stacks: 1,
            blocks: 1000,
            nodes: 100,
        };
        assert_eq!(folded, expected);
    }

    #[test]
    fn a_block_that_is_too_large_for_a_node_takes_several() {
        let stacks = [stack(&[(1, 3 * LARGEST + 1)])];
        assert_eq!(nodes(&stacks, 4), [[4]]);
    }

    #[test]
    fn fewer_nodes_than_stacks_are_refused() {
        let stacks = [stack(&[(1, 1)]), stack(&[(2, 2)])];
        assert_eq!(Fold::choose(&stacks, 1).err(), Some(2));
    }
}
