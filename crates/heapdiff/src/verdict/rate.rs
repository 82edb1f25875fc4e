//! Growth per request, and between which bounds it lies.

use super::in_place;
use super::sampled;
use super::site::Point;
use super::trend::{Window, float};
use crate::change::Change;

/// An amount gained per request.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rate {
    /// What the live heap gained per request: (last − first) ÷ requests between. Without the first window, where there
    /// are three and that one is still warm-up. Negative if it shrank.
    pub estimate: f64,
    /// At least so much per request is kept…
    pub low: f64,
    /// …and at most so much. Of blocks, the rates of the slowest and the fastest window. A collection that grows in
    /// place shows its room and not what it holds: for it, the flattest and the steepest line through its bars. Of an
    /// estimate, three standard errors to either side.
    pub high: f64,
}

/// A first window so much faster than all that follows is warm-up.
pub(super) const WARM_UP: f64 = 1.5;

impl Rate {
    /// Of what `amount` finds at each snapshot.
    pub(super) fn of(
        points: &[Point],
        amount: impl Fn(&Point) -> u64 + Copy,
        error: impl Fn(&Point, &Point) -> f64,
    ) -> Self {
        let estimate = |points: &[Point]| match points {
            [first, .., last] => {
                (float(amount(last)) - float(amount(first))) / float(last.requests - first.requests)
            }
            _ => 0.0,
        };
        let warm = points.get(1..).unwrap_or_default();
        let mut used = points;
        if warm.len() >= 3 && estimate(&points[..2]) > WARM_UP * estimate(warm).max(0.0) {
            used = warm;
        }
        let mut rate = Self {
            estimate: estimate(used),
            low: f64::INFINITY,
            high: f64::NEG_INFINITY,
        };
        for window in Window::all(used, amount) {
            rate.low = rate.low.min(window.rate());
            rate.high = rate.high.max(window.rate());
        }
        // of an estimate no window is known exactly; what there is from the first to the last is known best
        if let [from, .., to] = used
            && sampled::is_estimate(used)
        {
            let error = sampled::SURE * error(from, to) / float(to.requests - from.requests);
            (rate.low, rate.high) = (rate.estimate - error, rate.estimate + error);
        }
        if rate.low > rate.high {
            return Self::default();
        }
        rate
    }

    /// Of live bytes.
    pub(super) fn of_bytes(points: &[Point]) -> Self {
        Self::of(points, |point| point.counters.live_bytes, sampled::error)
    }

    /// Of live blocks.
    pub(super) fn of_blocks(points: &[Point]) -> Self {
        Self::of(
            points,
            |point| point.counters.live_blocks,
            |from, to| Change::between(&from.counters, &to.counters).blocks_error(),
        )
    }

    /// Of the bytes of a collection that grows in place.
    pub(super) fn of_room(points: &[Point]) -> Self {
        let rate = Self::of_bytes(points);
        in_place::slopes(points).map_or(rate, |slopes| Self {
            estimate: rate.estimate,
            low: slopes.low.clamp(0.0, rate.estimate.max(0.0)),
            high: slopes.high.max(rate.estimate),
        })
    }
}

impl std::ops::AddAssign for Rate {
    fn add_assign(&mut self, other: Self) {
        self.estimate += other.estimate;
        self.low += other.low;
        self.high += other.high;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::site::points;

    #[test]
    fn an_exact_rate_has_no_width() {
        let points = points(&[100, 200, 400], |n| (16 * n, n));
        let rate = Rate::of_bytes(&points);
        assert_eq!(
            rate,
            Rate {
                estimate: 16.0,
                low: 16.0,
                high: 16.0
            }
        );
    }

    #[test]
    fn the_warm_up_is_left_out() {
        let points = points(&[0, 100, 200, 400], |n| (16 * n + 90_000 * n.min(1), n));
        let rate = Rate::of_bytes(&points);
        assert_eq!(
            rate,
            Rate {
                estimate: 16.0,
                low: 16.0,
                high: 16.0
            }
        );
    }

    #[test]
    fn no_window_no_rate() {
        assert_eq!(Rate::of_bytes(&points(&[5], |_| (1, 1))), Rate::default());
        assert_eq!(Rate::of_bytes(&[]), Rate::default());
    }
}
