//! How an amount went over the windows of a series, before it is asked what that makes of a site.

use super::Doubt;
use super::site::Point;

/// How live blocks, or the bytes of a collection, went with the requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trend {
    /// Grew in proportion to the requests, to the end.
    Proportional,
    /// Grew, and no longer does; or comes and goes below a level it has had before.
    Stopped,
    /// Grew, and it cannot be told whether it will go on.
    Doubtful(Doubt),
}

/// What was gained between two snapshots.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    /// Requests between them; at least one.
    pub(super) requests: f64,
    /// What is more at its end.
    pub(super) gained: f64,
}

impl Window {
    /// The windows between snapshots, of what `amount` finds in each.
    pub(super) fn all(points: &[Point], amount: impl Fn(&Point) -> u64) -> Vec<Self> {
        points
            .windows(2)
            .map(|pair| Self {
                requests: float(pair[1].requests - pair[0].requests),
                gained: float(amount(&pair[1])) - float(amount(&pair[0])),
            })
            .collect()
    }

    /// Gained per request.
    pub(super) fn rate(&self) -> f64 {
        self.gained / self.requests
    }
}

/// A count as a number to divide.
#[expect(
    clippy::cast_precision_loss,
    reason = "rates and ratios: 52 bits are plenty"
)]
pub(super) fn float(count: u64) -> f64 {
    count as f64
}

/// So much above the highest level so far is news for what comes and goes; a leak from nothing doubles with the
/// requests.
pub(super) const NEWS: f64 = 1.25;

/// Whether an amount fell somewhere, and has not risen much above its highest level since.
pub(super) fn wavers(amounts: &[f64]) -> bool {
    let fell = amounts.windows(2).any(|pair| pair[1] < pair[0]);
    let Some((last, before)) = amounts.split_last() else {
        return false;
    };
    let highest = before.iter().copied().fold(0.0, f64::max);
    fell && *last <= NEWS * highest
}
