//! What is kept of a server: its last readings, so many and no more.

use std::collections::VecDeque;
use std::time::Instant;

use crate::metrics::{Histogram, Metrics};

/// Readings that are kept: a quarter of an hour of one a second, and a few for ticks that come early.
pub(super) const KEPT: usize = 15 * 60 + 10;

/// The last readings, oldest first.
#[derive(Debug)]
pub(super) struct Ring {
    readings: VecDeque<Reading>,
    /// Steps of charts are counted from here, so that they do not wander with the time.
    pub(super) epoch: Instant,
}

/// What a server said at one moment.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) at: Instant,
    /// Which run of the server: another one begins when it is started anew.
    pub(super) run: u32,
    pub(super) said: Result<Said, Absent>,
}

/// Why there are no numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Absent {
    /// Nobody answers.
    Gone,
    /// Somebody does, but not with metrics.
    Amiss,
}

/// Of the metrics what has a course. All of it is in the ring itself, but for the bounds of the histogram, which are shared:
/// so a ring takes some 400 KB, and no more, whatever a server says.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    pub(super) live_bytes: Option<u64>,
    pub(super) rss_bytes: Option<u64>,
    pub(super) used_bytes: Option<u64>,
    pub(super) ceiling_bytes: Option<u64>,
    pub(super) allocated_bytes: Option<u64>,
    pub(super) in_flight: Option<u64>,
    pub(super) requests: Option<u64>,
    /// Requests by the first digit of their status; what has none of 1 to 5 is at 0.
    pub(super) classes: [u64; CLASSES],
    pub(super) snapshots: Option<u64>,
    pub(super) cpu_seconds: Option<f64>,
    pub(super) durations: Option<Histogram>,
}

pub(super) const CLASSES: usize = 6;

impl Ring {
    /// All the room that it will ever need.
    pub(super) fn new() -> Self {
        Self {
            readings: VecDeque::with_capacity(KEPT),
            epoch: Instant::now(),
        }
    }

    /// Keeps it; the oldest one goes when there is no room.
    pub(super) fn push(&mut self, reading: Reading) {
        if self.readings.len() == KEPT {
            self.readings.pop_front();
        }
        self.readings.push_back(reading);
    }

    pub(super) fn readings(&self) -> impl DoubleEndedIterator<Item = &Reading> {
        self.readings.iter()
    }
}

impl Said {
    pub(super) fn of(metrics: &Metrics) -> Self {
        let mut classes = [0_u64; CLASSES];
        for (status, count) in metrics.requests_by_status.iter().flatten() {
            let digit = status.bytes().next().unwrap_or_default();
            let class = match digit {
                b'1'..=b'5' => usize::from(digit - b'0'),
                _ => 0,
            };
            classes[class] = classes[class].saturating_add(*count);
        }
        Self {
            live_bytes: metrics.live_bytes,
            rss_bytes: metrics.rss_bytes,
            used_bytes: metrics.used_bytes,
            ceiling_bytes: metrics.ceiling_bytes,
            allocated_bytes: metrics.allocated_bytes,
            in_flight: metrics.in_flight,
            requests: metrics.requests(),
            classes,
            snapshots: metrics.snapshots,
            cpu_seconds: metrics.cpu_seconds,
            durations: metrics.durations.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_keeps_the_last_readings_in_the_room_that_it_had_from_the_start() {
        let mut ring = Ring::new();
        let room = ring.readings.capacity();
        let text = include_str!("../../tests/metrics/classic.txt");
        let metrics = Metrics::read(text).expect("metrics");
        for run in 0..u32::try_from(3 * KEPT).expect("a number") {
            ring.push(Reading {
                at: Instant::now(),
                run,
                said: Ok(Said::of(&metrics)),
            });
        }
        assert_eq!(ring.readings().count(), KEPT);
        assert_eq!(ring.readings.capacity(), room);
        let (first, last) = (ring.readings().next(), ring.readings().next_back());
        let run = |reading: Option<&Reading>| reading.map(|it| it.run as usize);
        assert_eq!(run(first), Some(2 * KEPT));
        assert_eq!(run(last), Some(3 * KEPT - 1));
        let bytes = room * size_of::<Reading>();
        assert!(bytes < 450_000, "{bytes}");
    }

    #[test]
    fn statuses_are_counted_by_their_class() {
        let said = |text: &str| Said::of(&Metrics::read(text).expect("metrics"));
        let said = said(
            "http_requests_total{status=\"200\"} 5\nhttp_requests_total{status=\"2xx\"} 1\n\
             http_requests_total{status=\"503\"} 2\nhttp_requests_total{status=\"weird\"} 3",
        );
        assert_eq!(said.classes, [3, 0, 6, 0, 0, 2]);
        assert_eq!(said.requests, Some(11));
    }
}
