//! How each site grew over a series of snapshots, and what kind of growth that is.
//!
//! This is the evidence; what to say about a server as a whole is a verdict's business.

use std::collections::HashMap;

use crate::frames::Frames;
use crate::in_app::InApp;
use crate::profile::{Counters, Profile};
use crate::site::{Site, Sites};

/// What kind of growth a site shows, over windows between snapshots whose request counts double
/// (n, 2n, 4n, 8n: the windows are n, 2n and 4n requests long).
///
/// Of live bytes or of live blocks, whichever grows more steadily. The rules are tried from top to bottom:
///
/// | class | rule |
/// | --- | --- |
/// | `Shrinking` | less at the end than at the start |
/// | `Steady` | no more at the end than at the start |
/// | `Leak` | grew in *every* window, in each at least a third as fast as over the whole series, and in the last at least three fifths |
/// | `OneTime` | grew in exactly one window, which was not the last |
/// | `Bounded` | anything else: growth that slowed, stopped or comes and goes |
///
/// So a leak need not be smooth, but it must not be slowing down. An amortised collection doubles its capacity once
/// a window, wherever the powers of two fall, if the requests count from the process's start: its rate stays the same.
/// Growth by half at a time comes down to two thirds in the last window at worst; growth with the logarithm of the
/// requests, or a cache that fills from a finite set of keys and is nearly full, falls below three fifths.
/// With fewer than two windows nothing can be told apart from warming up, so growth is `Bounded` then, never a `Leak`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Grows with the requests, without end in sight.
    Leak,
    /// Grew, but not in proportion: a cache that fills, a pool, a table that got its size.
    Bounded,
    /// Made once, on first use.
    OneTime,
    /// Holds what it held.
    Steady,
    /// Holds less than it did.
    Shrinking,
}

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
    /// Live bytes gained per request over the whole series: (last − first) ÷ requests between. Negative if it shrank.
    pub bytes_per_request: f64,
    /// Live blocks gained per request, likewise.
    pub blocks_per_request: f64,
    /// Whether bytes grew while blocks did not: one collection that gets larger (`realloc`).
    pub grows_in_place: bool,
}

/// The growth of every site over snapshots taken after so many requests each; the largest growth in bytes first.
///
/// The request counts should double from one to the next, at rest each time; they are sorted here.
pub fn over(series: &[(u64, &Profile)], in_app: &InApp) -> Vec<SiteGrowth> {
    let mut series = series.to_vec();
    series.sort_by_key(|(requests, _)| *requests);
    let mut frames = Frames::default();
    let numbers: Vec<_> = series
        .iter()
        .map(|(_, profile)| frames.absorb(profile.frames()))
        .collect();
    let mut sites = Sites::new(&frames, in_app);
    let mut rows: HashMap<_, Vec<Point>> = HashMap::new();
    let empty: Vec<Point> = series
        .iter()
        .map(|(requests, _)| Point {
            requests: *requests,
            counters: Counters::default(),
        })
        .collect();
    let mut stack = Vec::new();
    for (at, ((_, profile), numbers)) in series.iter().zip(&numbers).enumerate() {
        for (frames, counters) in profile.stacks().iter() {
            stack.clear();
            stack.extend(frames.iter().map(|id| numbers[id.0 as usize]));
            let points = rows
                .entry(sites.of(&stack))
                .or_insert_with(|| empty.clone());
            points[at].counters.plus(counters);
        }
    }
    let sites = sites.into_parts().0;
    let mut growth: Vec<SiteGrowth> = rows
        .into_iter()
        .map(|(id, points)| SiteGrowth::of(sites[id.0].clone(), points))
        .collect();
    growth.sort_by(|a, b| {
        let by_name = || a.site.constructor().cmp(&b.site.constructor());
        let by_frame = || a.site.frame.text().cmp(b.site.frame.text());
        b.gained_bytes()
            .cmp(&a.gained_bytes())
            .then_with(by_name)
            .then_with(by_frame)
    });
    growth
}

impl SiteGrowth {
    fn of(site: Site, points: Vec<Point>) -> Self {
        let bytes: Vec<(u64, u64)> = points
            .iter()
            .map(|point| (point.requests, point.counters.live_bytes))
            .collect();
        let blocks: Vec<(u64, u64)> = points
            .iter()
            .map(|point| (point.requests, point.counters.live_blocks))
            .collect();
        let (gained_bytes, gained_blocks) = (gained(&bytes), gained(&blocks));
        Self {
            site,
            class: class_of(&bytes, &blocks),
            bytes_per_request: rate(&bytes),
            blocks_per_request: rate(&blocks),
            grows_in_place: gained_bytes > 0 && gained_blocks <= 0,
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
}

/// (requests, amount) at each snapshot.
type Series = [(u64, u64)];

fn class_of(bytes: &Series, blocks: &Series) -> Class {
    match (class(bytes), class(blocks)) {
        // Blocks that leak hold bytes; a `Vec` of them need not look proportional meanwhile.
        (Class::Bounded | Class::OneTime, Class::Leak) => Class::Leak,
        (of_bytes, _) => of_bytes,
    }
}

fn class(series: &Series) -> Class {
    let grew: Vec<bool> = series
        .windows(2)
        .map(|pair| pair[1].1 > pair[0].1)
        .collect();
    match gained(series) {
        ..0 => return Class::Shrinking,
        0 => return Class::Steady,
        1.. => {}
    }
    let overall = rate(series);
    let keeps_up = |pair: &Series, part: f64| rate(pair) >= part * overall;
    let in_proportion = series.windows(2).all(|pair| keeps_up(pair, 1.0 / 3.0))
        && series
            .windows(2)
            .last()
            .is_some_and(|pair| keeps_up(pair, 0.6));
    if grew.len() >= 2 && grew.iter().all(|grew| *grew) && in_proportion {
        return Class::Leak;
    }
    let windows_of_growth = grew.iter().filter(|grew| **grew).count();
    if windows_of_growth == 1 && grew.last() == Some(&false) {
        Class::OneTime
    } else {
        Class::Bounded
    }
}

fn gained(series: &Series) -> i64 {
    match series {
        [(_, first), .., (_, last)] => last.cast_signed() - first.cast_signed(),
        _ => 0,
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a quotient for people: 52 bits are plenty"
)]
fn rate(series: &Series) -> f64 {
    match series {
        [(from, _), .., (to, _)] if to > from => gained(series) as f64 / (to - from) as f64,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEDULE: [u64; 4] = [100, 200, 400, 800];

    fn classes(amount: impl Fn(u64) -> u64) -> Class {
        let series: Vec<(u64, u64)> = SCHEDULE.iter().map(|n| (*n, amount(*n))).collect();
        class(&series)
    }

    #[test]
    fn boxes_that_pile_up_are_a_leak() {
        assert_eq!(classes(|n| 48 * n + 1000), Class::Leak);
        assert_eq!(classes(|n| 16 * n), Class::Leak);
    }

    #[test]
    fn a_vec_that_doubles_is_a_leak_wherever_its_powers_of_two_fall() {
        for per_request in 1..3000 {
            assert_eq!(
                classes(|n| 8 * (n * per_request).next_power_of_two()),
                Class::Leak,
                "{per_request} a request"
            );
        }
    }

    #[test]
    fn a_cache_that_fills_from_a_finite_set_of_keys_is_bounded() {
        // drawn at random: keys × (1 − e^(−n / keys)) are in after n requests
        for keys in [50.0, 100.0, 200.0, 300.0] {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "small numbers"
            )]
            let filled = |n: u64| (100.0 * keys * (1.0 - (-(n as f64) / keys).exp())) as u64;
            assert_eq!(classes(filled), Class::Bounded, "{keys} keys");
        }
    }

    #[test]
    fn a_cache_that_fills_is_bounded() {
        assert_eq!(classes(|n| 100 * n.min(300)), Class::Bounded);
        assert_eq!(classes(|n| 100 * n.min(150)), Class::OneTime);
        assert_eq!(classes(|n| 1000 * u64::from(n.ilog2())), Class::Bounded);
    }

    #[test]
    fn a_singleton_is_one_time_unless_it_came_last() {
        assert_eq!(classes(|n| if n >= 150 { 4096 } else { 0 }), Class::OneTime);
        assert_eq!(classes(|n| if n >= 500 { 4096 } else { 0 }), Class::Bounded);
    }

    #[test]
    fn what_stays_or_falls_is_no_leak() {
        assert_eq!(classes(|_| 4096), Class::Steady);
        assert_eq!(classes(|n| 4096 - n), Class::Shrinking);
        assert_eq!(
            classes(|n| if n == 200 { 9999 } else { 4096 }),
            Class::Steady
        );
    }

    #[test]
    fn growth_that_pauses_once_is_no_leak() {
        assert_eq!(classes(|n| if n == 400 { 200 } else { n }), Class::Bounded);
    }

    #[test]
    fn two_snapshots_are_too_few_for_a_leak() {
        assert_eq!(class(&[(100, 0), (200, 1_000_000)]), Class::Bounded);
        assert_eq!(class(&[(100, 5)]), Class::Steady);
        assert_eq!(class(&[]), Class::Steady);
    }

    #[test]
    fn rates_are_exact() {
        assert!((rate(&[(100, 1000), (200, 9999), (300, 17000)]) - 80.0).abs() < f64::EPSILON);
    }
}
