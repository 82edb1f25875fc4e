//! The trend of a collection that grows *in place*: a `Vec`, a `String`, a `HashMap`, a `VecDeque`, an arena.
//!
//! Such a collection doubles its room when it is full, so what is seen is not what it holds but a power of two
//! above it: at each snapshot it holds more than half of its bytes, and at most all. Picture a bar from b/2 to b
//! over each request count: a leak is a straight line through all the bars.
//!
//! ```text
//!  bytes
//!    │                              ┃  b
//!    │                            ╱ ┃        the line: what the collection holds
//!    │             ┃          ╱     ╿  b/2   the bars: what it may hold
//!    │             ┃      ╱
//!    │      ┃      ╿  ╱
//!    │  ┃   ┃  ╱
//!    │  ╿   ╿
//!    └──n───2n─────4n───────────────8n── requests
//! ```
//!
//! Several collections at one site, one of each thread, say, double at different times. Their sum has the same bars,
//! though it need not double in each window.

use super::Doubt;
use super::site::Point;
use super::trend::{Trend, Window, float, wavers};

/// How much of the bars must have been climbed, in doublings of bytes. Three windows of doubling requests give three
/// doublings of a single collection, and somewhat more or less of several.
const DOUBLINGS: f64 = 2.3;

/// What rounding may take off a bound: sums of several collections do not start from nothing.
const LEEWAY: f64 = 1.1;

/// What the slopes of lines through all bars lie between, in bytes per request. Empty if the lower one is larger.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Slopes {
    pub(super) low: f64,
    pub(super) high: f64,
}

/// The trend of the live bytes over at least two windows.
pub(super) fn trend(points: &[Point]) -> Trend {
    let windows = Window::all(points, |point| point.counters.live_bytes);
    let Some(last) = windows.last() else {
        return Trend::Doubtful(Doubt::TooShort);
    };
    let levels: Vec<f64> = points.iter().map(bytes).collect();
    if wavers(&levels) {
        return Trend::Stopped;
    }
    if last.gained <= 0.0 {
        return if may_have_room_left(points, &windows) {
            Trend::Doubtful(Doubt::TooShort)
        } else {
            Trend::Stopped
        };
    }
    let Some(slopes) = slopes(points) else {
        return Trend::Doubtful(Doubt::Late);
    };
    if slopes.low > slopes.high * LEEWAY {
        return Trend::Stopped;
    }
    let grew = windows.iter().filter(|window| window.gained > 0.0).count();
    if grew >= 2 && slopes.low > 0.0 && doublings(points) >= DOUBLINGS {
        return Trend::Proportional;
    }
    // a table that was as large as it is for a while, and then once was not enough
    let rested = windows
        .iter()
        .rev()
        .nth(1)
        .is_none_or(|window| window.gained <= 0.0);
    if rested {
        return Trend::Doubtful(Doubt::Late);
    }
    Trend::Doubtful(Doubt::TooShort)
}

/// Lists from which nothing is taken grow in every window that doubles the requests: at least one of them holds twice as
/// much. An arena adds chunks that are about as large as all before, and its newest may just not be full: it is not
/// seen to have stopped if it grew by a block in each window until then and a line still goes through all bars.
fn may_have_room_left(points: &[Point], windows: &[Window]) -> bool {
    let [earlier @ .., _] = windows else {
        return false;
    };
    let chunks = Window::all(points, |point| point.counters.live_blocks);
    earlier.len() >= 2
        && earlier.iter().all(|window| window.gained > 0.0)
        && chunks[..earlier.len()]
            .iter()
            .all(|window| window.gained > 0.0)
        && slopes(points)
            .is_some_and(|slopes| slopes.low > 0.0 && slopes.low <= slopes.high * LEEWAY)
}

/// Between which slopes every pair of bars lets a line through; `None` with fewer than two bars.
pub(super) fn slopes(points: &[Point]) -> Option<Slopes> {
    let bars = bars(points);
    let mut slopes = Slopes {
        low: f64::NEG_INFINITY,
        high: f64::INFINITY,
    };
    for (at, from) in bars.iter().enumerate() {
        for to in &bars[at + 1..] {
            let requests = float(to.requests - from.requests);
            slopes.low = slopes.low.max((bytes(to) / 2.0 - bytes(from)) / requests);
            slopes.high = slopes.high.min((bytes(to) - bytes(from) / 2.0) / requests);
        }
    }
    (bars.len() >= 2).then_some(slopes)
}

/// How often the bytes doubled. Growing from next to nothing before the first request counts once: how much there
/// was then says little.
fn doublings(points: &[Point]) -> f64 {
    let (Some(first), [from, .., to]) = (points.first(), bars(points)) else {
        return 0.0;
    };
    let from_nothing = first.requests == 0 && bytes(from) >= 2.0 * bytes(first);
    (bytes(to) / bytes(from)).log2() + f64::from(u8::from(from_nothing))
}

/// From the first snapshot on that has anything, and not before the first request.
pub(super) fn bars(points: &[Point]) -> &[Point] {
    let first = points
        .iter()
        .position(|point| point.requests > 0 && point.counters.live_bytes > 0);
    &points[first.unwrap_or(points.len())..]
}

fn bytes(point: &Point) -> f64 {
    float(point.counters.live_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::site::points;

    const SCHEDULE: [u64; 4] = [100, 200, 400, 800];

    fn room(of: impl Fn(u64) -> u64) -> Trend {
        trend(&points(&SCHEDULE, |n| (of(n), 1)))
    }

    #[test]
    fn a_vec_is_a_leak_wherever_its_powers_of_two_fall() {
        for per_request in 1..3000 {
            let seen = room(|n| 8 * (n * per_request).next_power_of_two());
            assert_eq!(seen, Trend::Proportional, "{per_request} a request");
        }
    }

    #[test]
    fn lists_of_several_threads_are_a_leak_however_the_requests_fall() {
        // Each window's requests go to the threads in other shares: of a small generator, the same in each run.
        let mut state = 1_u64;
        let mut random = move |below: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) % below
        };
        let (mut leaks, rounds) = (0, 1000);
        for _ in 0..rounds {
            let threads = 2 + random(7);
            let mut held = vec![0_u64; usize::try_from(threads).expect("few")];
            let mut sums = Vec::new();
            for n in [100, 100, 200, 400] {
                for _ in 0..n {
                    held[usize::try_from(random(threads)).expect("few")] += 1;
                }
                sums.push(
                    held.iter()
                        .map(|held| 16 * held.max(&4).next_power_of_two())
                        .sum::<u64>(),
                );
            }
            let at = |n: u64| sums[SCHEDULE.iter().position(|at| *at == n).expect("of it")];
            let seen = room(at);
            assert_ne!(seen, Trend::Stopped, "{sums:?}");
            leaks += u32::from(seen == Trend::Proportional);
        }
        assert!(leaks > 950, "{leaks} of {rounds}");
    }

    #[test]
    fn a_list_that_is_full_has_stopped() {
        for bound in 1..=512_u64 {
            let seen = room(|n| 8 * n.min(bound).next_power_of_two());
            assert_eq!(seen, Trend::Stopped, "a bound of {bound}");
        }
    }

    #[test]
    fn an_arena_may_leave_a_window_out_and_lists_may_not() {
        let room = |n: u64| 16 * n.min(400).next_power_of_two();
        let chunks = trend(&points(&SCHEDULE, |n| {
            (room(n), u64::from(n.min(400).ilog2()))
        }));
        assert_eq!(chunks, Trend::Doubtful(Doubt::TooShort));
        let lists = trend(&points(&SCHEDULE, |n| (room(n), 4)));
        assert_eq!(lists, Trend::Stopped);
    }

    #[test]
    fn one_doubling_of_a_large_table_is_no_leak() {
        assert_eq!(
            room(|n| if n < 800 { 64_000 } else { 128_000 }),
            Trend::Doubtful(Doubt::Late)
        );
        assert_eq!(
            room(|n| if n < 400 { 64_000 } else { 128_000 }),
            Trend::Stopped
        );
    }

    #[test]
    fn two_windows_are_too_short_for_a_doubling_list() {
        let seen = trend(&points(&[100, 200, 400], |n| {
            (16 * n.next_power_of_two(), 1)
        }));
        assert_eq!(seen, Trend::Doubtful(Doubt::TooShort));
    }

    #[test]
    fn a_series_from_the_first_request_on_counts_from_nothing() {
        let seen = trend(&points(&[0, 100, 200, 400], |n| {
            (16 * n.next_power_of_two(), 1)
        }));
        assert_eq!(seen, Trend::Proportional);
    }

    #[test]
    fn the_true_rate_lies_between_the_slopes() {
        for per_request in 1..100 {
            let points = points(&SCHEDULE, |n| {
                (8 * (n * per_request).next_power_of_two(), 1)
            });
            let slopes = slopes(&points).expect("bars");
            let rate = float(8 * per_request);
            assert!(
                slopes.low <= rate && rate <= slopes.high,
                "{per_request}: {slopes:?}"
            );
        }
    }
}
