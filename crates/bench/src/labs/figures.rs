//! What was measured of a lab, and the figures that follow from it.

use super::course::Lab;
use super::estimate::{Estimate, Round, mean};
use super::handlers::{Level, Sampled};
use super::http::Served;
use super::side::Side;
use crate::ratio::median;

/// The first requests are slow for many reasons: they make what is made once.
const WARM: usize = 100;

/// Growth of the heap, in bytes, that is none: buffers that happen to be larger.
pub(crate) const NOTHING: f64 = 65_536.0;

/// All that was measured of one lab. Lists of levels are in the order of `LEVELS`.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    pub(crate) lab: Lab,
    /// The handlers in process.
    pub(crate) levels: Vec<Level>,
    /// Over HTTP: for each side the rounds.
    pub(crate) http: Vec<Vec<Served>>,
}

/// The slowest request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Worst {
    pub(crate) seconds: f64,
    /// Which one it was, from 1.
    pub(crate) request: usize,
}

impl Measured {
    /// What a request takes of a handler, leaky ÷ fixed.
    pub(crate) fn handler(&self, level: usize) -> Option<Estimate> {
        let [leaky, fixed] = [Side::Leaky, Side::Fixed].map(|side| self.sampled(level, side));
        let rounds = leaky.iter().zip(fixed).map(|(leaky, fixed)| Round {
            of: &leaky.seconds,
            to: &fixed.seconds,
        });
        Estimate::of(&rounds.collect::<Vec<_>>())
    }

    /// What it takes, in seconds: of each round the mean, and of those the median.
    pub(crate) fn handler_seconds(&self, level: usize, side: Side) -> Option<f64> {
        let samples = self.sampled(level, side).iter();
        let means = samples.filter_map(|round| mean(&round.seconds));
        median(&means.collect::<Vec<_>>())
    }

    /// Requests per second over HTTP, leaky ÷ fixed.
    pub(crate) fn throughput(&self, level: usize) -> Option<Estimate> {
        let [leaky, fixed] = [Side::Leaky, Side::Fixed].map(|side| &self.http[side as usize]);
        let rounds = leaky.iter().zip(fixed).map(|(leaky, fixed)| Round {
            of: &leaky.per_second[level],
            to: &fixed.per_second[level],
        });
        Estimate::of(&rounds.collect::<Vec<_>>())
    }

    /// Requests per second over HTTP: of each round the mean, and of those the median.
    pub(crate) fn per_second(&self, level: usize, side: Side) -> Option<f64> {
        let slices = self.http[side as usize].iter();
        let means = slices.filter_map(|round| mean(&round.per_second[level]));
        median(&means.collect::<Vec<_>>())
    }

    /// Bytes by which the live heap grew for each request, from the second level on: until then it may still have been
    /// making what it makes once.
    pub(crate) fn bytes_per_request(&self, side: Side) -> Option<f64> {
        let after = super::LEVELS[1] as u64;
        let rates = self.http[side as usize].iter().filter_map(|round| {
            let (requests, bytes) = *round.heap.iter().find(|(requests, _)| *requests > after)?;
            let (last, last_bytes) = *round.heap.last()?;
            #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
            let (grown, requests) = (last_bytes as f64 - bytes as f64, (last - requests) as f64);
            Some(if grown.abs() < NOTHING {
                0.0
            } else {
                grown / requests
            })
        });
        median(&rates.collect::<Vec<_>>())
    }

    /// The slowest request of the handler alone on the way to the last level: of each round the slowest, and of those the
    /// one in the middle.
    pub(crate) fn worst(&self, side: Side) -> Option<Worst> {
        let mut worst: Vec<Worst> = self
            .way(side)
            .filter_map(|nanos| {
                let (at, nanos) = nanos
                    .iter()
                    .enumerate()
                    .skip(WARM)
                    .max_by_key(|(_, nanos)| **nanos)?;
                #[expect(clippy::cast_precision_loss, reason = "a time")]
                Some(Worst {
                    seconds: *nanos as f64 / 1e9,
                    request: at + 1,
                })
            })
            .collect();
        worst.sort_unstable_by(|a, b| a.seconds.total_cmp(&b.seconds));
        worst.get(worst.len() / 2).copied()
    }

    /// The time in nanoseconds of each request on the way to the last level, in each round.
    pub(crate) fn way(&self, side: Side) -> impl Iterator<Item = &[u64]> {
        let rounds = self.sampled(self.levels.len() - 1, side).iter();
        rounds.map(|round| round.before.as_slice())
    }

    fn sampled(&self, level: usize, side: Side) -> &[Sampled] {
        &self.levels[level][side as usize]
    }
}
