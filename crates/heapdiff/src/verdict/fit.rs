//! The straight line that a growth is held against, for whoever draws it.

use super::class::Class;
use super::in_place::{self, bars};
use super::site::{Point, SiteGrowth};
use super::trend::float;

/// A straight line: live bytes in proportion to the requests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fit {
    /// Bytes per request.
    pub slope: f64,
    /// Bytes before the first request.
    pub intercept: f64,
}

impl Fit {
    /// The bytes on the line.
    pub fn at(self, requests: u64) -> f64 {
        self.intercept + self.slope * float(requests)
    }
}

impl SiteGrowth {
    /// The line, where one is held against the growth: of what leaks or may leak. Blocks are counted: its slope is the
    /// estimate of their rate, and it ends at the last snapshot. A collection that grows in place: it goes through all
    /// of its [ranges](Self::ranges), with the slope nearest to the estimate that allows that.
    pub fn fit(&self) -> Option<Fit> {
        if !matches!(self.class, Class::Leak | Class::Unclear) {
            return None;
        }
        let slope = self.bytes_per_request.estimate;
        let last = self.points.last()?;
        let through_last = Fit {
            slope,
            intercept: float(last.counters.live_bytes) - slope * float(last.requests),
        };
        let through_ranges = in_place::slopes(&self.points)
            .filter(|_| self.grows_in_place)
            .filter(|slopes| slopes.low <= slopes.high)
            .map(|slopes| through(bars(&self.points), slope.clamp(slopes.low, slopes.high)));
        Some(through_ranges.unwrap_or(through_last))
    }

    /// Of a collection that grows in place between how many bytes and how many it holds at a snapshot, where that is
    /// known: requests, least, most. What is seen is its room, which it doubles when it is full.
    pub fn ranges(&self) -> impl Iterator<Item = (u64, f64, f64)> {
        let bars = if self.grows_in_place {
            bars(&self.points)
        } else {
            &[]
        };
        bars.iter().map(|point| {
            let [low, high] = ends(point);
            (point.requests, low, high)
        })
    }
}

/// The line with this slope in the middle of the ways through the bars.
fn through(bars: &[Point], slope: f64) -> Fit {
    let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
    for point in bars {
        let rise = slope * float(point.requests);
        let [least, most] = ends(point);
        (low, high) = (low.max(least - rise), high.min(most - rise));
    }
    Fit {
        slope,
        intercept: f64::midpoint(low, high),
    }
}

/// At least half of its room is in use, at most all.
fn ends(point: &Point) -> [f64; 2] {
    let room = float(point.counters.live_bytes);
    [room / 2.0, room]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Frame;
    use crate::site::Site;
    use crate::verdict::site::points;

    fn growth(of: impl Fn(u64) -> (u64, u64)) -> SiteGrowth {
        let site = Site {
            type_name: None,
            frame: Frame::parse("0x1: shop::buy (shop/src/main.rs:3:4)"),
            in_app: true,
        };
        SiteGrowth::of(site, points(&[100, 200, 400, 800], of))
    }

    #[test]
    fn the_line_of_counted_blocks_goes_through_them() {
        let growth = growth(|n| (48 * n + 1000, n + 3));
        let fit = growth.fit().expect("a leak");
        assert_eq!(
            fit,
            Fit {
                slope: 48.0,
                intercept: 1000.0
            }
        );
        assert_eq!(growth.ranges().count(), 0);
    }

    #[test]
    fn the_line_of_a_list_goes_through_all_its_bars() {
        for per_request in 1..500 {
            let growth = growth(|n| (8 * (n * per_request).next_power_of_two(), 1));
            let fit = growth.fit().expect("a leak");
            for (requests, low, high) in growth.ranges() {
                let at = fit.at(requests);
                assert!(
                    low - 1e-6 <= at && at <= high + 1e-6,
                    "{per_request}: {at} is not from {low} to {high}"
                );
            }
        }
    }

    #[test]
    fn what_stopped_has_no_line() {
        assert_eq!(growth(|n| (100 * n.min(300), n.min(300))).fit(), None);
        assert_eq!(growth(|_| (100, 1)).fit(), None);
    }
}
