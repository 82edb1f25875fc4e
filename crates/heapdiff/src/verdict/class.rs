//! What kind of growth a site shows: the classes, and the rules that find them.

use std::fmt;

use super::blocks::{self, ENOUGH_BLOCKS};
use super::in_place;
use super::sampled;
use super::site::Point;
use super::trend::{Trend, Window, float};

/// What kind of growth a site shows over a series of snapshots whose request counts double, all stacks of the site
/// added up first.
///
/// ```text
/// bytes                                                                      ╭─────
///   │          ╱    │     ╭────────    │  ╭──────────    │  ────────────    │  ╭──╯ ?
///   │       ╱       │   ╭─╯            │  │              │                  │  │
///   │    ╱          │  ╱               │  │              │                  │  │
///   │ ╱             │ ╱                │ ─╯              │                  │ ─╯
///   └── leak        └── bounded        └── one-time      └── steady         └── unclear
/// ```
///
/// **What is measured.** Where blocks are kept one by one, their *number* is exact. Where a collection grows in place its
/// blocks do not change, and its bytes are known only up to a factor of two: it doubles its room when it is full. So a
/// site is judged by its blocks, or as a collection if its blocks became no more, or much larger (three times as large on
/// average; one and a half times if they became fewer than ten more: the lists of so many threads).
///
/// The rules are tried from top to bottom:
///
/// | class | rule | because |
/// | --- | --- | --- |
/// | [`Shrinking`](Self::Shrinking), [`Steady`](Self::Steady) | at the end fewer bytes than at the start, or as many | a leak never gives back |
/// | [`Bounded`](Self::Bounded), [`OneTime`](Self::OneTime) | nothing gained in the last window; or it fell meanwhile, and is not a quarter above its highest level; or it gained no more than chance does where blocks come and go (2.5·√freed) | a leak does not stop. What comes and goes is a pool, a store with expiry, the buffers of connections |
/// | | *blocks:* in the last window slower than a third of an earlier rate, of at least three windows | growth with the logarithm, or the last of a finite set of keys: it fades. With two windows it could be a leak behind the warm-up |
/// | | *collection:* no straight line goes through its bars (see the module `in_place`) | what it holds is not in proportion to the requests |
/// | | *collection, elsewhere:* its bytes became less than three times as many in the last two windows | the buffers of connections get larger one by one, until each is as large as it may be; a list doubles in each window |
/// | | *samples:* no more than three standard errors of what came and went | chance |
/// | | less than 0.1 bytes per request in your own code, 16 elsewhere | less than any block in a hundred requests; runtimes have tables of their own that grow with use |
/// | [`Leak`](Self::Leak) | *blocks:* at least ten in the last two windows, and in the last as fast as before (more than twice as fast as when there were fewer than ten is not). "As fast": 2 % slower at the most if the rate was exact until then (the same, or a whole number, of at least 50 blocks); else within 2.5 deviations of chance, from 15 % to 35 % | each request, or one in ten, keeps something: the rate stays. A cache that meets its bound within the window gets slower. The first window is left out: it may hold the warm-up |
/// | | *collection:* a straight line goes through its bars, upwards, and its bytes doubled two and a third times (from nothing before the first request: once more) | a list from which nothing is taken doubles once a window; those of several threads somewhat more or less |
/// | [`Unclear`](Self::Unclear) | anything else that gained at least 1 byte per request in the last window (a collection: in all) in your own code; 16 elsewhere, and 16 where the evidence is thin: a handful of blocks, growth in the last window and not in the one before, or what comes and goes; elsewhere thin evidence does not count at all | it may be a leak, and it may be a cache that fills: one more doubling tells. [`Doubt`] says why |
/// | [`OneTime`](Self::OneTime) | grew in exactly one window | made on first use |
/// | [`Bounded`](Self::Bounded) | anything else | too little to matter |
///
/// **What goes together ends together.** A list of boxes has two sites: its own, and that of the boxes. Its room doubles for
/// the last time long before it is full, while the number of boxes is exact. So where a collection would be a leak, but
/// blocks of the same file get slower in the last window and none keeps its rate, it is unclear, too.
///
/// **What cannot be told.** A cache that is still filling at the same rate when the series ends is a leak as far as anyone
/// can see; so is a list of plain values that gets full in the second half of the last window. One more doubling tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// Grows with the requests, without end in sight.
    Leak,
    /// Grows, and the series does not tell whether it will stop.
    Unclear,
    /// Grew, then stopped: a cache, a pool, a table that got its size.
    Bounded,
    /// Made once, on first use.
    OneTime,
    /// Holds what it held.
    Steady,
    /// Holds less than it did.
    Shrinking,
}

/// Why a growth is [`Class::Unclear`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Doubt {
    /// It got slower in the last window, but did not stop: a cache may be about to be full.
    Slowing,
    /// A list's room doubled to the end, but the blocks that are kept beside it got slower.
    Together,
    /// It grew in the last window, and not in the one before.
    Late,
    /// A list's room doubled too few times.
    TooShort,
    /// Fewer than ten blocks in the last two windows.
    TooFew,
    /// It comes and goes, and came to more than ever in the last window.
    Uneven,
    /// It grew by more than chance does in a sample, but whether it keeps its rate the samples do not tell.
    Sampling,
}

/// Of a leak, bytes per request: in the user's own code, and elsewhere.
const LEAST_LEAK: [f64; 2] = [0.1, 16.0];
/// Of an unclear growth, bytes per request in the last window, likewise.
const LEAST_UNCLEAR: [f64; 2] = [1.0, 16.0];
/// Where the evidence is thin (late, uneven, a handful of blocks), also in the user's own code: tables of keys that come
/// and go are made larger once, at any time, and what is under way at a snapshot varies.
const LEAST_THIN: f64 = 16.0;
/// A collection outside the user's own code became so many times as large over the last two windows, if it is to count.
/// One that leaks doubles in each.
const LEAST_RISE_ELSEWHERE: f64 = 3.0;
/// What is not steady matters from this part of its level on.
const LEAST_OF_LEVEL: f64 = 0.1;
/// Blocks so much larger on average, in a handful of them or in any number, are collections.
const LARGER_FEW: f64 = 1.5;
const LARGER: f64 = 3.0;

impl Class {
    /// As programs read it: `leak`, `one-time`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Leak => "leak",
            Self::Unclear => "unclear",
            Self::Bounded => "bounded",
            Self::OneTime => "one-time",
            Self::Steady => "steady",
            Self::Shrinking => "shrinking",
        }
    }

    /// The class of these points, and the doubt if it is unclear.
    pub(super) fn of(points: &[Point], in_app: bool) -> (Self, Option<Doubt>) {
        let bytes = Window::all(points, |point| point.counters.live_bytes);
        let gained: f64 = bytes.iter().map(|window| window.gained).sum();
        if sampled::is_noise(points) {
            return (Self::Steady, None);
        }
        if gained < 0.0 {
            return (Self::Shrinking, None);
        }
        let Some(last) = bytes.last().filter(|_| gained > 0.0) else {
            return (Self::Steady, None);
        };
        let trend = if sampled::is_rough(points) {
            sampled::trend(points)
        } else if !grows_in_place(points) {
            blocks::trend(points)
        } else if in_app || rises(points) {
            in_place::trend(points)
        } else {
            Trend::Stopped
        };
        let requests: f64 = bytes.iter().map(|window| window.requests).sum();
        let elsewhere = usize::from(!in_app);
        // a list need not double in the last window
        let doubtful_rate = |doubt: Doubt| match doubt {
            Doubt::TooShort | Doubt::Sampling => gained / requests,
            _ => last.rate(),
        };
        match trend {
            Trend::Proportional if gained / requests >= LEAST_LEAK[elsewhere] => (Self::Leak, None),
            Trend::Doubtful(doubt)
                if doubtful_rate(doubt) >= LEAST_UNCLEAR[elsewhere]
                    && matters(doubt, in_app, points, last) =>
            {
                (Self::Unclear, Some(doubt))
            }
            _ if bytes.iter().filter(|window| window.gained > 0.0).count() == 1 => {
                (Self::OneTime, None)
            }
            _ => (Self::Bounded, None),
        }
    }
}

/// Whether a growth of this kind is worth another look.
fn matters(doubt: Doubt, in_app: bool, points: &[Point], last: &Window) -> bool {
    let [.., before, after] = points else {
        return false;
    };
    let (before, after) = (
        float(before.counters.live_bytes),
        float(after.counters.live_bytes),
    );
    match doubt {
        // Elsewhere the evidence is too thin: what is under way, and pools of it, differ from snapshot to snapshot.
        Doubt::Late | Doubt::TooFew | Doubt::Uneven if !in_app => false,
        Doubt::Late => last.rate() >= LEAST_THIN,
        Doubt::TooFew | Doubt::Uneven => {
            last.rate() >= LEAST_THIN && after - before >= LEAST_OF_LEVEL * before
        }
        // An arena whose newest chunk is not full; a runtime's buffers grow with its connections and stop.
        Doubt::TooShort => in_app || last.gained > 0.0,
        // Elsewhere, where everything comes and goes, the errors of many sites would make every verdict an open one.
        Doubt::Sampling => in_app,
        Doubt::Slowing | Doubt::Together => true,
    }
}

/// Whether the last two windows brought as much as a list brings that is not a runtime's.
fn rises(points: &[Point]) -> bool {
    let bytes = |point: &Point| float(point.counters.live_bytes);
    match points {
        [.., before, _, last] => bytes(last) >= LEAST_RISE_ELSEWHERE * bytes(before),
        _ => true,
    }
}

/// Whether what grew are collections that got larger, rather than blocks that got more.
pub(super) fn grows_in_place(points: &[Point]) -> bool {
    let (Some(start), Some(last)) = (points.first(), points.last()) else {
        return false;
    };
    let blocks = |point: &Point| float(point.counters.live_blocks);
    if last.counters.live_bytes <= start.counters.live_bytes {
        return false;
    }
    let more = blocks(last) - blocks(start);
    if more <= 0.0 {
        return true;
    }
    let Some(first) = points.iter().find(|point| point.counters.live_blocks > 0) else {
        return false;
    };
    let size = |point: &Point| float(point.counters.live_bytes) / blocks(point).max(1.0);
    let larger = size(last) / size(first);
    larger >= LARGER || more < ENOUGH_BLOCKS && larger >= LARGER_FEW
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Doubt {
    /// What is seen, in words.
    pub fn seen(self) -> &'static str {
        match self {
            Self::Slowing => "it grew more slowly in the last window",
            Self::Together => {
                "the list doubled its room, but the blocks kept beside it grew more slowly in the last window"
            }
            Self::Late => "it grew in the last window, and not in the one before",
            Self::TooShort => {
                "a list doubles its room now and then, and this one did so too few times"
            }
            Self::TooFew => "it grew by a handful of blocks only",
            Self::Uneven => "it comes and goes",
            Self::Sampling => {
                "it grew by more than chance does, but there are too few samples to tell whether it goes on"
            }
        }
    }

    /// What to do for an answer.
    fn advice(self) -> &'static str {
        match self {
            Self::Slowing | Self::Together | Self::Late | Self::TooShort => {
                "take one more doubling"
            }
            Self::TooFew => "take more requests",
            Self::Sampling => "take more requests, or record more samples (a smaller --sample)",
            Self::Uneven => {
                "take snapshots at rest, with no request in flight, and one more doubling"
            }
        }
    }
}

impl fmt::Display for Doubt {
    /// What is seen, and what to do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.seen(), self.advice())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::site::points;

    const SCHEDULE: [u64; 4] = [100, 200, 400, 800];

    fn class(of: impl Fn(u64) -> (u64, u64)) -> Class {
        Class::of(&points(&SCHEDULE, of), true).0
    }

    #[test]
    fn each_class_has_its_example() {
        assert_eq!(class(|n| (48 * n, n)), Class::Leak);
        assert_eq!(class(|n| (16 * n.next_power_of_two(), 1)), Class::Leak);
        assert_eq!(class(|n| (100 * n.min(600), n.min(600))), Class::Unclear);
        assert_eq!(class(|n| (100 * n.min(300), n.min(300))), Class::Bounded);
        assert_eq!(class(|n| (100 * n.min(150), n.min(150))), Class::OneTime);
        assert_eq!(class(|_| (4096, 3)), Class::Steady);
        assert_eq!(class(|n| (4096 - n, 3)), Class::Shrinking);
    }

    #[test]
    fn a_singleton_is_one_time_unless_it_came_last() {
        assert_eq!(
            class(|n| (4096 * u64::from(n > 150), u64::from(n > 150))),
            Class::OneTime
        );
        assert_eq!(
            class(|n| (8192 * u64::from(n > 500), u64::from(n > 500))),
            Class::Unclear
        );
        assert_eq!(
            class(|n| (64 * u64::from(n > 500), u64::from(n > 500))),
            Class::OneTime
        );
    }

    #[test]
    fn a_leak_in_one_request_of_ten_counts_and_in_one_of_a_hundred_needs_more_requests() {
        assert_eq!(class(|n| (16 * (n / 10), n / 10)), Class::Leak);
        assert_eq!(class(|n| ((n / 100) << 20, n / 100)), Class::Unclear);
        assert_eq!(class(|n| (16 * (n / 100), n / 100)), Class::Bounded);
    }

    #[test]
    fn lists_of_threads_that_came_late_are_collections() {
        // at first two threads, then eight; all lists together as large as they must be
        let threads = |n: u64| if n == 100 { 2 } else { 8 };
        let room = |n: u64| threads(n) * 16 * (n / threads(n)).next_power_of_two();
        assert!(grows_in_place(&points(&SCHEDULE, |n| (
            room(n),
            threads(n)
        ))));
        assert_eq!(class(|n| (room(n), threads(n))), Class::Leak);
    }

    #[test]
    fn outside_the_users_code_little_growth_is_the_runtimes() {
        let little = points(&SCHEDULE, |n| (8 * n, n));
        assert_eq!(Class::of(&little, false).0, Class::Bounded);
        let much = points(&SCHEDULE, |n| (80 * n, n));
        assert_eq!(Class::of(&much, false).0, Class::Leak);
    }

    #[test]
    fn the_buffers_of_connections_have_stopped_when_they_stop() {
        let seen = |n| match n {
            100 => (32_768, 4),
            200 => (73_728, 6),
            _ => (106_496, 7),
        };
        let points = points(&SCHEDULE, seen);
        assert_eq!(Class::of(&points, false).0, Class::Bounded);
        assert_eq!(Class::of(&points, true).0, Class::Unclear); // an arena, perhaps
    }

    #[test]
    fn the_buffers_of_connections_may_get_larger_to_the_end_and_a_list_of_the_runtimes_may_not() {
        for buffers in [
            [(32_768, 4), (57_344, 6), (73_728, 6), (90_112, 7)],
            [(32_768, 4), (65_536, 5), (74_004, 6), (106_772, 7)],
            [(32_768, 4), (73_728, 6), (106_496, 7), (139_264, 7)],
            [(32_768, 4), (57_344, 6), (90_112, 7), (147_456, 8)],
        ] {
            let at = |n| buffers[SCHEDULE.iter().position(|at| *at == n).expect("of it")];
            let class = Class::of(&points(&SCHEDULE, at), false).0;
            assert_eq!(class, Class::Bounded, "{buffers:?}");
        }
        let list = points(&SCHEDULE, |n| (64 * n.next_power_of_two(), 1));
        assert_eq!(Class::of(&list, false).0, Class::Leak);
    }

    #[test]
    fn no_series_no_growth() {
        assert_eq!(Class::of(&[], true), (Class::Steady, None));
        assert_eq!(
            Class::of(&points(&[5], |_| (9, 9)), true),
            (Class::Steady, None)
        );
    }
}
