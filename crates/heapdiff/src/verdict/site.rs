//! One site over a series of snapshots.

use super::class::{Class, Doubt, grows_in_place};
use super::rate::Rate;
use super::sampled;
use crate::profile::Counters;
use crate::site::Site;

/// A site's state at one snapshot of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// Requests served by then.
    pub requests: u64,
    /// What was live, and ever allocated, at the site.
    pub counters: Counters,
}

/// One site over a series of snapshots.
#[derive(Debug, Clone)]
pub struct SiteGrowth {
    /// Where and what.
    pub site: Site,
    /// One point per snapshot, in order of requests.
    pub points: Vec<Point>,
    /// What kind of growth it is.
    pub class: Class,
    /// Why it is unclear, if it is.
    pub doubt: Option<Doubt>,
    /// Live bytes gained per request.
    pub bytes_per_request: Rate,
    /// Live blocks gained per request.
    pub blocks_per_request: Rate,
    /// Whether collections got larger, rather than blocks more.
    pub grows_in_place: bool,
    /// The reason, if the user accepts this site's growth.
    pub allowed: Option<String>,
}

impl SiteGrowth {
    pub(super) fn of(site: Site, points: Vec<Point>) -> Self {
        let (class, doubt) = Class::of(&points, site.in_app);
        let grows_in_place = grows_in_place(&points);
        let bytes_per_request = if grows_in_place {
            Rate::of_room(&points)
        } else {
            Rate::of_bytes(&points)
        };
        Self {
            site,
            class,
            doubt,
            bytes_per_request,
            blocks_per_request: Rate::of_blocks(&points),
            grows_in_place,
            allowed: None,
            points,
        }
    }

    /// Live bytes gained from the first snapshot to the last.
    pub fn gained_bytes(&self) -> i64 {
        match (self.points.first(), self.points.last()) {
            (Some(first), Some(last)) => {
                last.counters.live_bytes.cast_signed() - first.counters.live_bytes.cast_signed()
            }
            _ => 0,
        }
    }

    /// Whether it changed by no more than chance does in a sample.
    pub fn is_within_error(&self) -> bool {
        sampled::is_noise(&self.points)
    }

    /// Whether it leaks and nobody accepts that.
    pub fn is_leak(&self) -> bool {
        self.class == Class::Leak && self.allowed.is_none()
    }

    /// Whether it may leak and nobody accepts that.
    pub fn is_unclear(&self) -> bool {
        self.class == Class::Unclear && self.allowed.is_none()
    }

    /// Its type, function and line, as the tables say them: `Vec<Order> in orders::handle (orders/src/main.rs:36)`.
    pub fn name(&self) -> String {
        let frame = &self.site.frame;
        let mut name = self.site.constructor();
        if self.site.type_name.is_some() {
            name = format!("{name} in {}", self.site.function());
        }
        match (frame.file(), frame.line()) {
            (Some(file), Some(line)) => format!("{name} ({file}:{line})"),
            (Some(file), None) => format!("{name} ({file})"),
            _ => name,
        }
    }
}

/// Points with so many live bytes and blocks at each request count; nothing was ever freed.
#[cfg(test)]
pub(super) fn points(schedule: &[u64], live: impl Fn(u64) -> (u64, u64)) -> Vec<Point> {
    let at = |requests: u64| {
        let (live_bytes, live_blocks) = live(requests);
        let counters = Counters {
            total_bytes: live_bytes,
            total_blocks: live_blocks,
            live_bytes,
            live_blocks,
            ..Counters::default()
        };
        Point { requests, counters }
    };
    schedule.iter().copied().map(at).collect()
}
