//! Scales the samples of a snapshot back to what there was, and says how far that may be off.
//!
//! heapshot chooses a block of s bytes with probability p(s) = 1 − e^(−s / every), each by itself, as tcmalloc and jemalloc
//! do, and keeps a program point for each size class. So each sample of a program point stands for 1 / p blocks of its
//! mean size (Horvitz and Thompson): of n samples the estimate is n / p blocks, without bias, and its variance, as
//! estimated, n · (1 − p) / p². A block that is large beside `every` is a sample for certain and stands for itself.
//!
//! A block that is a sample stays one. So what two snapshots of one process have in common errs alike in both, and the
//! error of their *difference* is that of the blocks that came and went.

use crate::dhat::Point;
use crate::history::History;
use crate::profile::Counters;

/// How a snapshot's blocks were chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sampling {
    /// The mean distance between samples, in bytes allocated.
    pub every_bytes: u64,
    /// Live bytes and blocks, counted exactly by the process beside its samples.
    pub counted: Option<(u64, u64)>,
}

/// What is estimated in [`Counters`], and how well; all zero where everything was recorded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sampled {
    /// Live samples, in blocks.
    pub live: u64,
    /// Samples ever, in blocks; resizing one counts.
    pub ever: u64,
    /// Variance of the live bytes.
    pub bytes_variance: u128,
    /// Variance of the live blocks.
    pub blocks_variance: u128,
    /// The most that a sample adds to the variance of the bytes…
    pub most_bytes: u128,
    /// …and of the blocks.
    pub most_blocks: u128,
}

/// Whether two snapshots have samples in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pairing {
    /// Of one process, with the same sampling.
    OneRun,
    /// Chosen by chance for each.
    Apart,
}

/// Blocks that are so many times as large as the mean distance are samples for certain: all but one in a million.
const CERTAIN: f64 = 14.0;

/// A standard error from a variance.
#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
pub(crate) fn error_of(variance: u128) -> f64 {
    (variance as f64).sqrt()
}

impl Sampling {
    /// The estimate that the samples of one program point make. Without [`Sampling`] they are all there is.
    pub(crate) fn scale(of: Option<Self>, point: &Point) -> (Counters, Option<History>) {
        let counters = Counters {
            total_bytes: point.total_bytes,
            total_blocks: point.total_blocks,
            live_bytes: point.live_bytes,
            live_blocks: point.live_blocks,
            sampled: Sampled::default(),
        };
        of.map_or((counters, point.history), |sampling| {
            (
                sampling.estimate(counters),
                point
                    .history
                    .map(|history| sampling.past(history, &counters)),
            )
        })
    }

    fn estimate(self, samples: Counters) -> Counters {
        let ever = self.probability(samples.total_bytes, samples.total_blocks);
        let live = self.probability(samples.live_bytes, samples.live_blocks);
        let n = float(samples.live_blocks);
        let mean = float(samples.live_bytes) / n.max(1.0);
        let per_sample = (1.0 - live) / (live * live);
        let (most_bytes, most_blocks) = if samples.live_blocks == 0 {
            let mean = float(samples.total_bytes) / float(samples.total_blocks.max(1));
            let per_sample = (1.0 - ever) / (ever * ever);
            (mean * mean * per_sample, per_sample)
        } else {
            (mean * mean * per_sample, per_sample)
        };
        Counters {
            total_bytes: whole(float(samples.total_bytes) / ever),
            total_blocks: whole(float(samples.total_blocks) / ever),
            live_bytes: whole(float(samples.live_bytes) / live),
            live_blocks: whole(n / live),
            sampled: Sampled {
                live: samples.live_blocks,
                ever: samples.total_blocks,
                bytes_variance: whole_variance(n * most_bytes),
                blocks_variance: whole_variance(n * most_blocks),
                most_bytes: whole_variance(most_bytes),
                most_blocks: whole_variance(most_blocks),
            },
        }
    }

    fn past(self, history: History, samples: &Counters) -> History {
        let ever = self.probability(samples.total_bytes, samples.total_blocks);
        let peak = self.probability(history.peak_bytes, history.peak_blocks);
        History {
            total_lifetime: whole(float(history.total_lifetime) / ever),
            peak_bytes: whole(float(history.peak_bytes) / peak),
            peak_blocks: whole(float(history.peak_blocks) / peak),
        }
    }

    /// How probable it is that a block of the mean size of these is a sample; never 0.
    fn probability(self, bytes: u64, blocks: u64) -> f64 {
        let mean = (float(bytes) / float(blocks.max(1))).max(1.0);
        let distances = mean / float(self.every_bytes.max(1));
        if distances > CERTAIN {
            return 1.0;
        }
        -(-distances).exp_m1()
    }
}

impl Sampled {
    /// Of the sum of two estimates.
    pub(crate) fn plus(&mut self, other: &Self) {
        self.live = self.live.saturating_add(other.live);
        self.ever = self.ever.saturating_add(other.ever);
        self.bytes_variance = self.bytes_variance.saturating_add(other.bytes_variance);
        self.blocks_variance = self.blocks_variance.saturating_add(other.blocks_variance);
        self.most_bytes = self.most_bytes.max(other.most_bytes);
        self.most_blocks = self.most_blocks.max(other.most_blocks);
    }

    /// Variances of the bytes and the blocks by which `after` differs from `before`, at the most.
    pub(crate) fn of_difference(before: &Self, after: &Self, pairing: Pairing) -> (u128, u128) {
        let apart = |a: u128, b: u128| a.saturating_add(b);
        let bytes = apart(before.bytes_variance, after.bytes_variance);
        let blocks = apart(before.blocks_variance, after.blocks_variance);
        if pairing == Pairing::Apart || after.ever < before.ever {
            return (bytes, blocks);
        }
        // New ones that are live still, and old ones that are not: no more samples than these are different.
        let new = after.ever - before.ever;
        let gone = (before.live.saturating_add(new)).saturating_sub(after.live);
        let differ = u128::from(new.min(after.live).saturating_add(gone.min(before.live)));
        let most = |a: u128, b: u128| differ.saturating_mul(a.max(b));
        (
            bytes.min(most(before.most_bytes, after.most_bytes)),
            blocks.min(most(before.most_blocks, after.most_blocks)),
        )
    }
}

#[expect(clippy::cast_precision_loss, reason = "estimates: 52 bits are plenty")]
fn float(count: u64) -> f64 {
    count as f64
}

/// Rounded; what is too much for the type is its largest, which no sum of counters accepts.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "never negative, and saturating is what is wanted"
)]
fn whole(estimate: f64) -> u64 {
    estimate.round() as u64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "as above"
)]
fn whole_variance(variance: f64) -> u128 {
    variance.round() as u128
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EVERY: Sampling = Sampling {
        every_bytes: 512 << 10,
        counted: None,
    };

    fn samples(size: u64, live: u64, ever: u64) -> Counters {
        Counters {
            total_bytes: size * ever,
            total_blocks: ever,
            live_bytes: size * live,
            live_blocks: live,
            sampled: Sampled::default(),
        }
    }

    /// A generator that is the same in each run.
    fn unit(state: &mut u64) -> f64 {
        *state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        float((*state >> 11) + 1) / float(1 << 53)
    }

    #[test]
    fn a_small_sample_stands_for_as_many_bytes_as_lie_between_samples() {
        let one = EVERY.estimate(samples(64, 1, 1));
        assert!(one.live_bytes.abs_diff(EVERY.every_bytes) < 64, "{one:?}");
        assert!(one.live_blocks.abs_diff(EVERY.every_bytes / 64) <= 1);
        let error = error_of(one.sampled.bytes_variance);
        assert!(
            (error / float(EVERY.every_bytes) - 1.0).abs() < 0.001,
            "{error}"
        );
    }

    #[test]
    fn what_is_a_sample_for_certain_stands_for_itself() {
        let large = EVERY.estimate(samples(64 << 20, 3, 5));
        assert_eq!((large.live_bytes, large.live_blocks), (3 * (64 << 20), 3));
        assert_eq!(
            (large.sampled.bytes_variance, large.sampled.blocks_variance),
            (0, 0)
        );
    }

    #[test]
    fn what_did_not_change_between_two_snapshots_has_no_error() {
        let before = EVERY.estimate(samples(100, 20, 30)).sampled;
        assert_eq!(
            Sampled::of_difference(&before, &before, Pairing::OneRun),
            (0, 0)
        );
        let apart = Sampled::of_difference(&before, &before, Pairing::Apart);
        assert_eq!(
            apart,
            (2 * before.bytes_variance, 2 * before.blocks_variance)
        );
    }

    #[test]
    fn what_only_grew_errs_by_what_is_new() {
        let before = EVERY.estimate(samples(100, 20, 30)).sampled;
        let after = EVERY.estimate(samples(100, 50, 60)).sampled;
        let (bytes, _) = Sampled::of_difference(&before, &after, Pairing::OneRun);
        assert_eq!(bytes, 30 * before.most_bytes);
    }

    #[test]
    fn estimates_are_right_on_average_and_as_far_off_as_they_say() {
        let mut state = 1;
        for (size, blocks) in [
            (48, 200_000_u64),
            (1000, 20_000),
            (100_000, 400),
            (700_000, 100),
        ] {
            let p = EVERY.probability(size, 1);
            let (mut sum, mut squares, mut variance) = (0.0, 0.0, 0.0);
            let rounds = 200;
            let truth = float(size * blocks);
            for _ in 0..rounds {
                let chosen = (0..blocks).filter(|_| unit(&mut state) <= p).count() as u64;
                let estimate = EVERY.estimate(samples(size, chosen, chosen));
                let off = float(estimate.live_bytes) - truth;
                sum += off;
                squares += off * off;
                variance += error_of(estimate.sampled.bytes_variance).powi(2);
            }
            let rounds = f64::from(rounds);
            let deviation = (truth * float(size) * (1.0 - p) / p).sqrt();
            assert!(
                (sum / rounds).abs() < 5.0 * deviation / rounds.sqrt(),
                "{size}: {}",
                sum / rounds
            );
            let ratio = squares / variance;
            assert!(
                (0.6..1.6).contains(&ratio),
                "{size}: stated and seen differ by {ratio}"
            );
        }
    }

    proptest! {
        #[test]
        fn an_estimate_is_no_less_than_its_samples_and_adds_up(
            every in 1_u64..1 << 30,
            points in prop::collection::vec((1_u64..1 << 24, 0_u64..1000, 0_u64..1000), 1..20),
        ) {
            let sampling = Sampling { every_bytes: every, counted: None };
            let mut sum = Counters::default();
            let mut variance = 0_u128;
            for (size, live, gone) in points {
                let samples = samples(size, live, live + gone);
                let estimate = sampling.estimate(samples);
                prop_assert!(estimate.live_bytes >= samples.live_bytes);
                prop_assert!(estimate.live_blocks >= samples.live_blocks);
                prop_assert!(estimate.total_bytes >= estimate.live_bytes.saturating_sub(size));
                let p = -(-float(size) / float(every)).exp_m1();
                let expected = float(live) / p;
                prop_assert!((float(estimate.live_blocks) - expected).abs() <= 0.5 + expected * 1e-9);
                sum.plus(&estimate);
                variance += estimate.sampled.bytes_variance;
            }
            prop_assert_eq!(sum.sampled.bytes_variance, variance);
        }

        #[test]
        fn a_difference_never_errs_more_than_two_snapshots_that_have_nothing_in_common(
            size in 1_u64..1 << 22, first in 0_u64..500, gone in 0_u64..500, new in 0_u64..500,
        ) {
            let gone = gone.min(first);
            let before = EVERY.estimate(samples(size, first, first)).sampled;
            let after = EVERY.estimate(samples(size, first - gone + new, first + new)).sampled;
            let (together, _) = Sampled::of_difference(&before, &after, Pairing::OneRun);
            let (apart, _) = Sampled::of_difference(&before, &after, Pairing::Apart);
            prop_assert!(together <= apart);
            prop_assert!(together <= u128::from(gone + new) * before.most_bytes.max(after.most_bytes));
        }
    }
}
