//! The trend of what was *sampled*: estimates, each with an error that the samples themselves tell.
//!
//! Nothing is said on the word of chance. A growth counts that is above three standard errors, and a window is slower or
//! faster than another where the errors of both do not explain it. What they leave open is a doubt, with what helps: more
//! requests, or a smaller distance between samples. A site whose growth drowns in its error is called steady, and the
//! judgement says how much growth this sampling cannot see.

use super::Doubt;
use super::rate::WARM_UP;
use super::site::Point;
use super::trend::{Trend, Window};
use crate::change::Change;

/// Standard errors that a growth must be above: chance alone is so once in 740 sites.
pub(super) const SURE: f64 = 3.0;

/// Estimates with a smaller relative error than this are as good as counts.
const GOOD: f64 = 0.02;

/// How much slower than before the last window may be, at least, as for counts.
const SLACK_LEAST: f64 = 0.15;
/// A rate that fell to this part is no leak's: growth with the logarithm halves its rate with each doubling. Where the errors
/// do not rule it out, nothing is said.
const SLOW: f64 = 0.5;
/// Errors of the quotient of two rates that are allowed for.
const DEVIATIONS: f64 = 2.5;
/// Below this part of an earlier rate, growth that is still there is the end of something that filled.
const FADED: f64 = 1.0 / 3.0;

/// Whether the points are estimates whose errors matter.
pub(super) fn is_rough(points: &[Point]) -> bool {
    points.iter().any(|point| {
        let bytes = super::trend::float(point.counters.live_bytes);
        point.counters.live_bytes_error() > GOOD * bytes
    })
}

/// Whether any of the points is an estimate.
pub(super) fn is_estimate(points: &[Point]) -> bool {
    points.iter().any(|point| point.counters.sampled.ever > 0)
}

/// The standard error of the bytes by which two points differ.
pub(super) fn error(from: &Point, to: &Point) -> f64 {
    Change::between(&from.counters, &to.counters).size_error()
}

/// Whether the points differ, from the first to the last, by no more than chance does.
pub(super) fn is_noise(points: &[Point]) -> bool {
    let [from, .., to] = points else {
        return false;
    };
    let change = Change::between(&from.counters, &to.counters);
    change.bytes_variance > 0
        && super::trend::float(change.size_delta.unsigned_abs()) <= SURE * change.size_error()
}

/// A window and its error.
#[derive(Clone, Copy)]
struct Estimate {
    window: Window,
    error: f64,
}

impl Estimate {
    fn is_sure(&self) -> bool {
        self.window.gained > SURE * self.error
    }

    /// The error as a part of what was gained.
    fn relative(&self) -> f64 {
        self.error / self.window.gained
    }
}

/// The trend of the live bytes, which grew from the first point to the last by more than chance does.
pub(super) fn trend(points: &[Point]) -> Trend {
    let windows = Window::all(points, |point| point.counters.live_bytes);
    let errors = points.windows(2).map(|pair| error(&pair[0], &pair[1]));
    let windows: Vec<Estimate> = windows
        .into_iter()
        .zip(errors)
        .map(|(window, error)| Estimate { window, error })
        .collect();
    let [earlier @ .., previous, last] = windows.as_slice() else {
        return Trend::Doubtful(Doubt::TooShort);
    };
    let before = before(earlier, *previous);
    if !last.is_sure() {
        let most = last.window.gained + SURE * last.error;
        let expected = before.window.rate() * last.window.requests;
        let kept = expected - SURE * before.error / before.window.requests * last.window.requests;
        return if most < (1.0 - SLACK_LEAST) * kept || last.error == 0.0 {
            Trend::Stopped
        } else {
            Trend::Doubtful(Doubt::Sampling)
        };
    }
    if !before.is_sure() {
        let most = before.window.gained + SURE * before.error;
        let needed = 0.5 * last.window.rate() * before.window.requests;
        return Trend::Doubtful(if most < needed {
            Doubt::Late
        } else {
            Doubt::Sampling
        });
    }
    let quotient = last.window.rate() / before.window.rate();
    let error = quotient * last.relative().hypot(before.relative());
    let slack = (DEVIATIONS * error).max(SLACK_LEAST);
    if quotient < 1.0 - slack {
        let faded = !earlier.is_empty() && quotient + DEVIATIONS * error < FADED;
        return if faded {
            Trend::Stopped
        } else {
            Trend::Doubtful(Doubt::Slowing)
        };
    }
    if quotient - DEVIATIONS * error < SLOW {
        return Trend::Doubtful(Doubt::Sampling);
    }
    if quotient - DEVIATIONS * error > 2.0 {
        return Trend::Doubtful(Doubt::Late);
    }
    Trend::Proportional
}

/// The last window but one, together with the one before it unless that is warm-up.
fn before(earlier: &[Estimate], previous: Estimate) -> Estimate {
    match earlier.last() {
        Some(first)
            if first.window.gained > 0.0
                && first.window.rate() < WARM_UP * previous.window.rate() =>
        {
            Estimate {
                window: Window {
                    requests: first.window.requests + previous.window.requests,
                    gained: first.window.gained + previous.window.gained,
                },
                error: first.error.hypot(previous.error),
            }
        }
        _ => previous,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Counters;
    use crate::sampling::Sampled;
    use crate::verdict::Class;

    const SCHEDULE: [u64; 4] = [1000, 2000, 4000, 8000];
    const EVERY: u64 = 512 << 10;

    /// Blocks of 100 bytes, sampled: `blocks` of them are live at each request count, and none was ever freed.
    fn points(seed: u64, blocks: impl Fn(u64) -> u64) -> Vec<Point> {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut unit = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            super::super::trend::float(state >> 11) / super::super::trend::float(1 << 53)
        };
        let p = 1.0 - (-100.0 / super::super::trend::float(EVERY)).exp();
        let (mut before, mut chosen) = (0, 0);
        let variance = u128::from(EVERY) * u128::from(EVERY);
        SCHEDULE
            .iter()
            .map(|requests| {
                let live = blocks(*requests);
                chosen += (before..live).filter(|_| unit() < p).count() as u64;
                before = live;
                let (bytes, blocks) = (chosen * EVERY, chosen * EVERY / 100);
                let counters = Counters {
                    total_bytes: bytes,
                    total_blocks: blocks,
                    live_bytes: bytes,
                    live_blocks: blocks,
                    sampled: Sampled {
                        live: chosen,
                        ever: chosen,
                        bytes_variance: u128::from(chosen) * variance,
                        blocks_variance: u128::from(chosen) * variance / 10_000,
                        most_bytes: variance,
                        most_blocks: variance / 10_000,
                    },
                };
                Point {
                    requests: *requests,
                    counters,
                }
            })
            .collect()
    }

    fn classes(blocks: impl Fn(u64) -> u64 + Copy) -> [usize; 3] {
        let mut counts = [0; 3];
        for seed in 1..=20 {
            match Class::of(&points(seed, blocks), true).0 {
                Class::Leak => counts[0] += 1,
                Class::Unclear => counts[1] += 1,
                _ => counts[2] += 1,
            }
        }
        counts
    }

    #[test]
    fn a_leak_with_enough_samples_is_one() {
        let [leaks, _, fine] = classes(|n| 200 * n); // 305 samples in all
        assert!(leaks >= 17 && fine == 0, "{leaks} leaks, {fine} fine");
    }

    #[test]
    fn a_leak_with_too_few_samples_is_never_called_fine_for_certain_nor_accused_on_noise() {
        let [leaks, unclear, _] = classes(|n| 20 * n); // 30 samples
        assert_eq!(leaks, 0);
        assert!(unclear >= 15, "{unclear}");
        assert_eq!(
            classes(|n| n / 2),
            [0, 0, 20],
            "one sample, if any: it is not seen"
        );
    }

    #[test]
    fn a_cache_that_is_full_is_no_leak_however_large_the_errors_are() {
        for bound in [1500, 2500, 3500] {
            let [leaks, ..] = classes(|n| 200 * n.min(bound));
            assert_eq!(leaks, 0, "a bound of {bound} requests");
        }
        let [leaks, _, fine] = classes(|n| 200 * n.min(1500));
        assert_eq!((leaks, fine), (0, 20));
    }

    #[test]
    fn growth_with_the_logarithm_is_no_leak() {
        assert_eq!(classes(|n| 100_000 * u64::from(n.ilog2()))[0], 0);
    }
}
