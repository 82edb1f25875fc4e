//! The ratio of two sides with a confidence interval, from samples that were taken in rounds.
//!
//! Samples of one round resemble each other more than those of two: a process has its own layout in memory, a minute its
//! own disturbances. So the bootstrap draws twice, rounds first and then samples of them.

use std::fmt;

use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::{Rng, SeedableRng};

use crate::ratio::median;

/// How often is drawn. Enough for the two digits that are shown.
const RESAMPLES: usize = 2000;

/// Part of the resamples that lie in the interval.
const CONFIDENCE: f64 = 0.95;

/// A ratio, and between what it lies with 95 % confidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Estimate {
    pub(crate) ratio: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

/// A round's samples of both sides.
#[derive(Clone, Debug)]
pub(crate) struct Round<'a> {
    pub(crate) of: &'a [f64],
    pub(crate) to: &'a [f64],
}

impl Estimate {
    /// What `of` is of `to`: the median over rounds of the ratio of the means. The means, because a sample may be of few
    /// requests, and those of unlike kinds. `None` without samples.
    pub(crate) fn of(rounds: &[Round<'_>]) -> Option<Self> {
        let ratio = ratio(rounds.iter().map(|round| (mean(round.of), mean(round.to))))?;
        let mut draw = Pcg64Mcg::seed_from_u64(0);
        let mut ratios: Vec<f64> = (0..RESAMPLES)
            .filter_map(|_| {
                let drawn: Vec<_> = (0..rounds.len())
                    .map(|_| {
                        let round = &rounds[below(&mut draw, rounds.len())];
                        let [of, to] = [round.of, round.to].map(|side| again(&mut draw, side));
                        (mean(&of), mean(&to))
                    })
                    .collect();
                self::ratio(drawn.into_iter())
            })
            .collect();
        ratios.sort_unstable_by(f64::total_cmp);
        let quantile = |part: f64| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_precision_loss,
                clippy::cast_sign_loss,
                reason = "an index into a list of thousands"
            )]
            let at = (part * (ratios.len() - 1) as f64).round() as usize;
            ratios[at]
        };
        Some(Self {
            ratio,
            low: quantile((1.0 - CONFIDENCE) / 2.0),
            high: quantile(f64::midpoint(1.0, CONFIDENCE)),
        })
    }
}

/// As `1.34 [1.29–1.40]`.
impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ratio, low, high } = self;
        write!(f, "{ratio:.2} [{low:.2}–{high:.2}]")
    }
}

fn ratio(means: impl Iterator<Item = (Option<f64>, Option<f64>)>) -> Option<f64> {
    let ratios: Option<Vec<f64>> = means.map(|(of, to)| Some(of? / to?)).collect();
    median(&ratios?).filter(|ratio| ratio.is_finite())
}

/// `None` of nothing.
#[expect(clippy::cast_precision_loss, reason = "a number of samples")]
pub(crate) fn mean(samples: &[f64]) -> Option<f64> {
    (!samples.is_empty()).then(|| samples.iter().sum::<f64>() / samples.len() as f64)
}

fn again(draw: &mut Pcg64Mcg, samples: &[f64]) -> Vec<f64> {
    (0..samples.len())
        .map(|_| samples[below(draw, samples.len())])
        .collect()
}

/// One of `0..n`; that some are likelier by one in billions does not show.
fn below(draw: &mut Pcg64Mcg, n: usize) -> usize {
    usize::try_from(draw.next_u64() % n as u64).expect("less than a usize")
}

#[cfg(test)]
mod tests {
    use super::{Estimate, Round};

    #[test]
    fn what_drifts_on_both_sides_is_not_in_it() {
        let (early, late) = ([2.0, 2.0, 2.0], [20.0, 20.0, 20.0]);
        let (early_to, late_to) = ([1.0; 3], [10.0; 3]);
        let rounds = [
            Round {
                of: &early,
                to: &early_to,
            },
            Round {
                of: &late,
                to: &late_to,
            },
        ];
        assert_eq!(
            Estimate::of(&rounds).unwrap().to_string(),
            "2.00 [2.00–2.00]"
        );
    }

    #[test]
    fn rounds_that_disagree_make_it_wide() {
        let (one, two, three) = ([1.0; 9], [2.0; 9], [3.0; 9]);
        let rounds = [
            Round { of: &one, to: &one },
            Round { of: &two, to: &one },
            Round {
                of: &three,
                to: &one,
            },
        ];
        let estimate = Estimate::of(&rounds).unwrap();
        assert_eq!(estimate.to_string(), "2.00 [1.00–3.00]");
    }

    #[test]
    fn more_samples_make_it_narrow() {
        let width = |n: usize| {
            #[expect(clippy::cast_precision_loss)]
            let of: Vec<f64> = (0..n)
                .map(|i| 1.0 + (i * 37 % n) as f64 / n as f64)
                .collect();
            let to = vec![1.0; n];
            let estimate = Estimate::of(&[Round { of: &of, to: &to }]).unwrap();
            estimate.high - estimate.low
        };
        assert!(width(1000) < width(10) / 3.0);
    }

    #[test]
    fn of_nothing_there_is_none() {
        assert_eq!(Estimate::of(&[]), None);
        assert_eq!(
            Estimate::of(&[Round {
                of: &[],
                to: &[1.0]
            }]),
            None
        );
    }
}
