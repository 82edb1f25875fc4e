//! How far back a tab looks.

use std::time::Duration;

/// A stretch of time up to now, and how finely it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Range {
    Minute,
    Five,
    Fifteen,
}

impl Range {
    pub(super) const ALL: [Self; 3] = [Self::Minute, Self::Five, Self::Fifteen];

    /// Nothing for a range that there is not.
    pub(crate) fn of_minutes(minutes: u8) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|range| range.minutes() == minutes)
    }

    pub(super) fn minutes(self) -> u8 {
        match self {
            Self::Minute => 1,
            Self::Five => 5,
            Self::Fifteen => 15,
        }
    }

    pub(super) fn seconds(self) -> f64 {
        60.0 * f64::from(self.minutes())
    }

    /// A point of a chart stands for so many seconds: more than a hundred points are not told apart in one.
    pub(super) fn step(self) -> Duration {
        Duration::from_secs(match self {
            Self::Minute => 1,
            Self::Five => 3,
            Self::Fifteen => 10,
        })
    }

    pub(super) fn index(self) -> usize {
        match self {
            Self::Minute => 0,
            Self::Five => 1,
            Self::Fifteen => 2,
        }
    }
}
