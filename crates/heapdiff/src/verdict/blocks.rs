//! The trend of live *blocks*: what is boxed, interned, queued or spawned one by one. Their number is exact.

use super::Doubt;
use super::rate::WARM_UP;
use super::site::Point;
use super::trend::{Trend, Window, float, wavers};

/// Fewer blocks than this in the last two windows show no proportion: 3 and 6 could as well be 5 and 4.
pub(super) const ENOUGH_BLOCKS: f64 = 10.0;

/// From this many blocks on in a window, a rate that is the same to [`SAME`] is so by rule and not by chance.
const MANY_BLOCKS: f64 = 50.0;

/// Two rates so close, as a part of one, are the same.
const SAME: f64 = 0.005;

/// How much slower than before, as a part of the rate, the last window may be where the rate was exact…
const SLACK_EXACT: f64 = 0.02;
/// …and where it was not: never less, for a few requests are in flight at each snapshot…
const SLACK_LEAST: f64 = 0.15;
/// …and never more, however few blocks there are.
const SLACK_MOST: f64 = 0.35;

/// Deviations of chance that are allowed for: beyond 2.5 of them lies one window in 160.
const DEVIATIONS: f64 = 2.5;

/// Below this part of an earlier rate, growth that is still there is the end of something that filled.
const FADED: f64 = 1.0 / 3.0;

/// The trend of the live blocks over at least two windows.
pub(super) fn trend(points: &[Point]) -> Trend {
    let windows = Window::all(points, |point| point.counters.live_blocks);
    let [earlier @ .., previous, last] = windows.as_slice() else {
        return Trend::Doubtful(Doubt::TooShort);
    };
    let levels: Vec<f64> = points
        .iter()
        .map(|point| float(point.counters.live_blocks))
        .collect();
    if last.gained <= 0.0 || wavers(&levels) || last.gained < noise(points) {
        return Trend::Stopped;
    }
    if previous.gained <= 0.0 {
        let before = earlier.iter().any(|window| window.gained > 0.0);
        return Trend::Doubtful(if before { Doubt::Uneven } else { Doubt::Late });
    }
    if previous.gained + last.gained < ENOUGH_BLOCKS {
        return Trend::Doubtful(Doubt::TooFew);
    }
    let before = before(earlier, *previous);
    let quotient = last.rate() / before.rate();
    if quotient < 1.0 - slack(earlier, previous, &before, last) {
        // With two windows the first may hold the warm-up: what is left may be all of a leak.
        let faded = earlier.last().is_some_and(|first| {
            quotient < FADED || last.rate() < FADED * first.rate().max(previous.rate())
        });
        return if faded {
            Trend::Stopped
        } else {
            Trend::Doubtful(Doubt::Slowing)
        };
    }
    // Hardly anything until then: threads and caches of a runtime that were there for one request, and then for all.
    let hardly = before.gained < ENOUGH_BLOCKS;
    let sudden = hardly || earlier.last().is_none_or(|first| first.gained <= 0.0);
    if quotient > 2.0 && sudden {
        return Trend::Doubtful(Doubt::Late);
    }
    Trend::Proportional
}

/// The last window but one, together with the one before it unless that is still warm-up: the more blocks, the less
/// chance.
fn before(earlier: &[Window], previous: Window) -> Window {
    match earlier.last() {
        Some(first) if first.gained > 0.0 && first.rate() < WARM_UP * previous.rate() => Window {
            requests: first.requests + previous.requests,
            gained: first.gained + previous.gained,
        },
        _ => previous,
    }
}

/// How much slower than before the last window may be, as a part of the rate before.
fn slack(earlier: &[Window], previous: &Window, before: &Window, last: &Window) -> f64 {
    let rate = previous.rate();
    let same = |other: f64| (other - rate).abs() <= SAME * rate;
    let exact = previous.gained >= MANY_BLOCKS
        && (same(rate.round()) || earlier.last().is_some_and(|first| same(first.rate())));
    let expected = rate * last.requests;
    if exact {
        return SLACK_EXACT.max(2.0 / expected);
    }
    // the counts of both windows scatter by their roots
    let scatter = (1.0 / expected + 1.0 / before.gained).sqrt();
    (DEVIATIONS * scatter).clamp(SLACK_LEAST, SLACK_MOST)
}

/// What the number of blocks may gain by chance where blocks come and go: a full table of sessions, say. DHAT
/// counts a `realloc` as a block that went and one that came, so this is too much rather than too little.
fn noise(points: &[Point]) -> f64 {
    let [.., before, after] = points else {
        return 0.0;
    };
    let (before, after) = (&before.counters, &after.counters);
    let allocated = after.total_blocks.saturating_sub(before.total_blocks);
    let gained = after.live_blocks.saturating_sub(before.live_blocks);
    let freed = allocated.saturating_sub(gained);
    DEVIATIONS * float(freed.min(before.live_blocks)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::site::points;

    const SCHEDULE: [u64; 4] = [100, 200, 400, 800];

    fn blocks(of: impl Fn(u64) -> u64) -> Trend {
        trend(&points(&SCHEDULE, |n| (16 * of(n), of(n))))
    }

    fn counts(of: [u64; 4]) -> Trend {
        blocks(|n| {
            of[SCHEDULE
                .iter()
                .position(|at| *at == n)
                .expect("of the schedule")]
        })
    }

    #[test]
    fn what_is_kept_of_each_request_is_proportional() {
        assert_eq!(blocks(|n| n), Trend::Proportional);
        assert_eq!(blocks(|n| 3 * n + 5000), Trend::Proportional);
        assert_eq!(blocks(|n| n / 10), Trend::Proportional);
        assert_eq!(blocks(|n| n / 50), Trend::Proportional);
    }

    #[test]
    fn chance_does_not_hide_a_leak() {
        // one request in ten, drawn by a small generator that is the same in each run
        let mut state = 1_u64;
        let mut one_in_ten = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33).is_multiple_of(10)
        };
        let mut leaks = 0;
        for _ in 0..1000 {
            let mut kept = 0;
            let of = [100, 100, 200, 400].map(|requests| {
                kept += (0..requests).filter(|_| one_in_ten()).count() as u64;
                kept
            });
            let seen = counts(of);
            assert_ne!(seen, Trend::Stopped, "{of:?}");
            leaks += u32::from(seen == Trend::Proportional);
        }
        assert!(leaks > 950, "{leaks} of 1000");
    }

    #[test]
    fn the_rest_of_the_warm_up_does_not_hide_a_leak() {
        assert_eq!(counts([500, 620, 660, 740]), Trend::Proportional);
    }

    #[test]
    fn a_cache_whose_bound_lies_within_the_series_is_no_leak() {
        for bound in 101..=780 {
            let seen = blocks(|n| n.min(bound));
            assert_ne!(seen, Trend::Proportional, "a bound of {bound}");
            assert_eq!(
                seen == Trend::Stopped,
                bound < 534,
                "a bound of {bound}: {seen:?}"
            );
        }
    }

    #[test]
    fn a_cache_that_fills_from_a_finite_set_of_keys_is_no_leak() {
        // drawn at random: keys × (1 − e^(−n / keys)) are in after n requests
        for keys in [50.0, 100.0, 200.0, 300.0, 500.0, 1000.0] {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "small numbers"
            )]
            let filled = |n: u64| (keys * (1.0 - (-float(n) / keys).exp())) as u64;
            assert_ne!(blocks(filled), Trend::Proportional, "{keys} keys");
        }
    }

    #[test]
    fn growth_with_the_logarithm_fades() {
        assert_eq!(blocks(|n| 1000 * u64::from(n.ilog2())), Trend::Stopped);
    }

    #[test]
    fn a_handful_of_blocks_shows_no_proportion() {
        assert_eq!(blocks(|n| n / 100), Trend::Doubtful(Doubt::TooFew));
    }

    #[test]
    fn what_began_in_the_last_window_may_be_anything() {
        assert_eq!(counts([5, 5, 5, 400]), Trend::Doubtful(Doubt::Late));
        assert_eq!(counts([5, 5, 40, 400]), Trend::Doubtful(Doubt::Late));
        assert_eq!(counts([36, 38, 40, 60]), Trend::Doubtful(Doubt::Late));
        assert_eq!(counts([5, 50, 40, 400]), Trend::Doubtful(Doubt::Uneven));
    }

    #[test]
    fn a_full_table_whose_entries_come_and_go_has_stopped() {
        let full = |live: [u64; 4]| {
            let mut points = points(&SCHEDULE, |n| (16 * n, n));
            for (point, live) in points.iter_mut().zip(live) {
                point.counters.live_blocks = live;
                point.counters.total_blocks = 10 * point.requests;
            }
            trend(&points)
        };
        assert_eq!(full([1000, 1010, 990, 1030]), Trend::Stopped);
        assert_eq!(full([1000, 1010, 1020, 1060]), Trend::Stopped);
        assert_eq!(full([100, 200, 400, 800]), Trend::Proportional);
    }
}
