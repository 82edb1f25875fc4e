//! What is seen of a server under the load that ends the leaky one: how long it lasted, its latencies, where its heap grew
//! at once. A pure function of what was traced.

use std::ops::Range;
use std::time::Duration;

use driver::Call;
use serde::Serialize;

use super::play::{End, Played};
use crate::repo::Server;

/// Requests at either end whose latencies are compared.
const MOST: usize = 1000;

/// A heap that grows by so much in one request, and by so many times what a request usually adds, grew at once: a
/// collection made room.
const LEAST_JUMP: u64 = 32 << 10;
const TIMES_USUAL: u64 = 32;

/// Requests before and after one whose latencies are what is usual there.
const AROUND: usize = 25;

/// Requests after which a server is warm, and how many of the slowest after them are named.
pub(super) const WARM: usize = 100;
const SLOWEST: usize = 5;

/// A server under the load.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Facts {
    pub(super) server: Server,
    /// What is in its file.
    pub(super) holds: String,
    /// Requests that were answered, in the shortest round.
    pub(super) requests: usize,
    /// In each round.
    pub(super) rounds: Vec<usize>,
    /// Of those in the first round, how many were turned away.
    pub(super) turned_away: usize,
    /// How it ended; null where the load did.
    pub(super) end: Option<End>,
    /// Live bytes after the first request, after the last, and gained by each in between.
    pub(super) live_bytes: Heap,
    /// RSS, likewise, in bytes.
    pub(super) rss_bytes: Heap,
    pub(super) first: Latency,
    pub(super) last: Latency,
    /// Where the heap grew at once, in order.
    pub(super) jumps: Vec<Jump>,
    /// The slowest once it was warm, the slowest first.
    pub(super) slowest: Vec<Slow>,
    /// Each request, for the charts.
    #[serde(skip)]
    pub(super) points: Vec<Point>,
}

/// An amount of memory over the requests, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(super) struct Heap {
    pub(super) first: u64,
    pub(super) last: u64,
    pub(super) per_request: f64,
}

/// A distribution of latencies, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(super) struct Latency {
    /// Of so many requests.
    pub(super) requests: usize,
    pub(super) p50_us: f64,
    pub(super) p99_us: f64,
    pub(super) worst_us: f64,
    /// The place of the slowest, from 1.
    pub(super) worst_request: usize,
}

/// A request in which the heap grew at once.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Jump {
    /// Its place, from 1.
    pub(super) request: usize,
    /// Live bytes before and after it.
    pub(super) before_bytes: u64,
    pub(super) after_bytes: u64,
    /// The power of two that it grew by, if it is one: 27 for 2^27 bytes.
    pub(super) power: Option<u32>,
    pub(super) latency_us: f64,
    /// The median of the requests around it.
    pub(super) around_us: f64,
    /// 1 if it is the slowest of all, 2 if it is the second.
    pub(super) rank: usize,
}

/// A slow request.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Slow {
    pub(super) request: usize,
    pub(super) latency_us: f64,
    /// Whether the heap grew at once in it.
    pub(super) is_jump: bool,
}

/// A request: the fastest of its rounds, and the heap after it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub(super) latency_us: f64,
    pub(super) live_bytes: u64,
    pub(super) rss_bytes: u64,
}

impl Facts {
    pub(super) fn of(played: &Played) -> Self {
        let points = points(&played.rounds);
        let jumps = jumps(&points);
        let of = |bytes: fn(&Point) -> u64| Heap::of(&points, bytes);
        // Where there are few, the first and the last do not overlap.
        let part = MOST.min(points.len() / 2);
        let first_round = played.rounds.first();
        let turned_away = first_round.map_or(0, |calls| {
            calls.iter().filter(|call| call.turned_away).count()
        });
        Self {
            server: played.server,
            holds: played.holds.clone(),
            requests: points.len(),
            rounds: played.rounds.iter().map(Vec::len).collect(),
            turned_away,
            end: played.end.clone(),
            live_bytes: of(|point| point.live_bytes),
            rss_bytes: of(|point| point.rss_bytes),
            first: Latency::of(&points, 0..part),
            last: Latency::of(&points, points.len() - part..points.len()),
            slowest: slowest(&points, &jumps),
            jumps,
            points,
        }
    }

    /// Of its slowest requests, how many are those in which the heap grew at once.
    pub(super) fn slowest_that_grew(&self) -> usize {
        self.slowest.iter().filter(|slow| slow.is_jump).count()
    }
}

/// What slows a request down in every round is the server's doing; what does so in one is the machine's.
fn points(rounds: &[Vec<Call>]) -> Vec<Point> {
    let requests = rounds.iter().map(Vec::len).min().unwrap_or(0);
    let mut known = (0, 0);
    (0..requests)
        .map(|at| {
            let latency = rounds.iter().map(|calls| calls[at].latency).min();
            if let Some(health) = rounds[0][at].health {
                known = (health.live_bytes, health.rss_bytes.unwrap_or(0));
            }
            Point {
                latency_us: micros(latency.unwrap_or_default()),
                live_bytes: known.0,
                rss_bytes: known.1,
            }
        })
        .collect()
}

fn jumps(points: &[Point]) -> Vec<Jump> {
    let grew = |at: usize| {
        points[at]
            .live_bytes
            .saturating_sub(points[at - 1].live_bytes)
    };
    let mut all: Vec<u64> = (1..points.len()).map(grew).collect();
    all.sort_unstable();
    let usual = all.get(all.len() / 2).copied().unwrap_or(0);
    let least = LEAST_JUMP.max(TIMES_USUAL.saturating_mul(usual));
    let mut latencies: Vec<f64> = points.iter().map(|point| point.latency_us).collect();
    latencies.sort_by(|one, other| other.total_cmp(one));
    (1..points.len())
        .filter(|at| grew(*at) >= least)
        .map(|at| Jump {
            request: at + 1,
            before_bytes: points[at - 1].live_bytes,
            after_bytes: points[at].live_bytes,
            power: power(grew(at)),
            latency_us: points[at].latency_us,
            around_us: around(points, at),
            rank: 1 + latencies.partition_point(|slower| *slower > points[at].latency_us),
        })
        .collect()
}

/// The power of two that `bytes` are, but for what little a request leaves besides.
fn power(bytes: u64) -> Option<u32> {
    let power = bytes.checked_ilog2()?;
    let beyond = bytes - (1 << power);
    (beyond < (1 << power) / 100).then_some(power)
}

fn around(points: &[Point], at: usize) -> f64 {
    let from = at.saturating_sub(AROUND);
    let to = (at + AROUND + 1).min(points.len());
    let others = (from..to).filter(|other| *other != at);
    quantile(others.map(|other| points[other].latency_us), 0.5)
}

fn slowest(points: &[Point], jumps: &[Jump]) -> Vec<Slow> {
    let mut all: Vec<Slow> = points
        .iter()
        .enumerate()
        .skip(WARM)
        .map(|(at, point)| Slow {
            request: at + 1,
            latency_us: point.latency_us,
            is_jump: jumps.iter().any(|jump| jump.request == at + 1),
        })
        .collect();
    all.sort_by(|one, other| other.latency_us.total_cmp(&one.latency_us));
    all.truncate(SLOWEST);
    all
}

impl Heap {
    #[expect(clippy::cast_precision_loss, reason = "bytes of a heap, below 2^53")]
    fn of(points: &[Point], bytes: fn(&Point) -> u64) -> Self {
        let (Some(first), Some(last)) = (points.first(), points.last()) else {
            return Self::default();
        };
        let (first, last) = (bytes(first), bytes(last));
        Self {
            first,
            last,
            per_request: (last as f64 - first as f64) / (points.len() - 1).max(1) as f64,
        }
    }
}

impl Latency {
    fn of(points: &[Point], places: Range<usize>) -> Self {
        let latency = |at: usize| points[at].latency_us;
        let of = |part| quantile(places.clone().map(latency), part);
        let by_latency = |one: &usize, other: &usize| latency(*one).total_cmp(&latency(*other));
        let worst = places.clone().max_by(by_latency);
        Self {
            requests: places.len(),
            worst_request: worst.map_or(0, |at| at + 1),
            p50_us: of(0.5),
            p99_us: of(0.99),
            worst_us: of(1.0),
        }
    }
}

/// The smallest value that this part of them does not exceed; zero of nothing.
pub(super) fn quantile(values: impl Iterator<Item = f64>, part: f64) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a place in a list"
    )]
    let at = ((part * values.len() as f64).ceil() as usize).max(1) - 1;
    values.get(at).copied().unwrap_or(0.0)
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A heap that doubles like a list of references, and takes longer each time it does.
    fn doubling(requests: u32) -> Vec<Point> {
        (1..=requests)
            .map(|request| {
                let room = (u64::from(request) * 80_000).next_power_of_two();
                let grew = (u64::from(request - 1) * 80_000).next_power_of_two() < room;
                Point {
                    latency_us: if grew { f64::from(request) } else { 0.0 } + 100.0,
                    live_bytes: 200_000 + u64::from(request) * 74 + room,
                    rss_bytes: 0,
                }
            })
            .collect()
    }

    #[test]
    fn a_list_that_doubles_jumps_at_powers_of_two_and_is_slowest_there() {
        let points = doubling(1000);
        let jumps = jumps(&points);
        let at: Vec<_> = jumps.iter().map(|jump| jump.request).collect();
        assert_eq!(at, [2, 4, 7, 14, 27, 53, 105, 210, 420, 839]);
        assert_eq!(jumps[9].power, Some(26));
        assert_eq!((jumps[9].rank, jumps[0].rank), (1, 10));
        assert_eq!((jumps[9].latency_us, jumps[9].around_us), (939.0, 100.0));
        let slowest = slowest(&points, &jumps);
        let jumped: Vec<_> = slowest.iter().map(|slow| slow.is_jump).collect();
        assert_eq!(
            jumped,
            [true, true, true, true, false],
            "four are after the warm-up"
        );
    }

    #[test]
    fn even_growth_has_no_jumps() {
        let points: Vec<_> = (0..1000_u32)
            .map(|request| Point {
                latency_us: 100.0,
                live_bytes: u64::from(request) * 100_000,
                rss_bytes: 0,
            })
            .collect();
        assert_eq!(jumps(&points), []);
        assert!(jumps(&[]).is_empty() && jumps(&points[..1]).is_empty());
    }

    #[test]
    fn of_each_request_the_fastest_round_counts() {
        let call = |latency_us: u64| Call {
            latency: Duration::from_micros(latency_us),
            turned_away: false,
            health: None,
        };
        let rounds = [
            vec![call(100), call(9000), call(100)],
            vec![call(200), call(120), call(110)],
            vec![call(150), call(8000)],
        ];
        let latencies: Vec<_> = points(&rounds).iter().map(|at| at.latency_us).collect();
        assert_eq!(
            latencies,
            [100.0, 120.0],
            "as many as the shortest round has"
        );
        assert_eq!(points(&[]), []);
    }

    #[test]
    fn a_quantile_is_one_of_the_values() {
        let at = |part| format!("{}", quantile([3.0, 1.0, 2.0, 4.0].into_iter(), part));
        assert_eq!([at(0.0), at(0.5), at(0.99), at(1.0)], ["1", "2", "4", "4"]);
        assert_eq!(format!("{}", quantile(std::iter::empty(), 0.5)), "0");
    }
}
