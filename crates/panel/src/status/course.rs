//! How a server came to be as it is: of its readings a point for each step of a range, rates between them, and what
//! happened.

use std::time::{Duration, Instant};

use super::range::Range;
use super::ring::{Absent, CLASSES, Reading, Ring, Said};

/// A stretch of a server's life.
#[derive(Debug, Default)]
pub(super) struct Course {
    /// Oldest first.
    pub(super) points: Vec<Point>,
    pub(super) events: Vec<Event>,
}

/// A moment. What is not known is no number, and a gap in the lines.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    /// Seconds up to now, negative.
    pub(super) ago: f64,
    /// Bytes, the most of the step.
    pub(super) live: f64,
    pub(super) rss: f64,
    pub(super) used: f64,
    pub(super) ceiling: f64,
    pub(super) in_flight: f64,
    /// A second.
    pub(super) requests: f64,
    pub(super) classes: [f64; CLASSES],
    pub(super) allocated: f64,
    /// Percent of one processor.
    pub(super) cpu: f64,
    /// Seconds.
    pub(super) p50: f64,
    pub(super) p99: f64,
}

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Event {
    /// Seconds up to now, negative.
    pub(super) ago: f64,
    pub(super) what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Snapshot,
    Restarted,
    Gone,
    NoMetrics,
    Back,
}

impl What {
    /// The word at its mark.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot",
            Self::Restarted => "restarted",
            Self::Gone => "gone",
            Self::NoMetrics => "no metrics",
            Self::Back => "back",
        }
    }
}

/// The last stretch of a ring.
pub(super) fn course(ring: &Ring, now: Instant, range: Range) -> Course {
    let step = range.step();
    let step_of = |reading: &Reading| {
        let since = reading.at.saturating_duration_since(ring.epoch);
        since.as_nanos() / step.as_nanos()
    };
    let ago = |reading: &Reading| -now.saturating_duration_since(reading.at).as_secs_f64();
    // one step more than is shown, for the rates of the first point
    let length = Duration::from_secs_f64(range.seconds()) + step;
    let from = now.checked_sub(length);
    let readings = ring.readings();
    let readings: Vec<&Reading> = readings
        .filter(|reading| from.is_none_or(|from| reading.at >= from))
        .collect();

    let mut course = Course::default();
    let mut before: Option<&Reading> = None;
    for group in readings.chunk_by(|a, b| step_of(a) == step_of(b)) {
        let Some(last) = group.last() else { continue };
        if before.is_some_and(|before| before.run != last.run) {
            course.points.push(Point::unknown(ago(last)));
        }
        course.points.push(point(ago(last), before, group, last));
        before = Some(last);
    }
    course.events = events(&readings, ago);
    course.points.retain(|point| point.ago >= -range.seconds());
    course.events.retain(|event| event.ago >= -range.seconds());
    course
}

/// Of amounts the most in the step, of what is counted the rate since the step before.
fn point(ago: f64, before: Option<&Reading>, group: &[&Reading], last: &Reading) -> Point {
    let mut point = Point::unknown(ago);
    let Ok(said) = &last.said else {
        return point;
    };
    let same_run = group.iter().filter(|reading| reading.run == last.run);
    let most = |amount: fn(&Said) -> Option<u64>| {
        let amounts = same_run.clone();
        let amounts = amounts.filter_map(|reading| amount(reading.said.as_ref().ok()?));
        amounts.max().map_or(f64::NAN, float)
    };
    point.live = most(|said| said.live_bytes);
    point.rss = most(|said| said.rss_bytes);
    point.used = most(|said| said.used_bytes);
    point.ceiling = said.ceiling_bytes.map_or(f64::NAN, float);
    point.in_flight = most(|said| said.in_flight);

    let Some((earlier, seconds)) = before.and_then(|before| since(before, last)) else {
        return point;
    };
    let rate = |now: Option<u64>, then: Option<u64>| match (now, then) {
        (Some(now), Some(then)) if now >= then => float(now - then) / seconds,
        _ => f64::NAN,
    };
    point.requests = rate(said.requests, earlier.requests);
    point.allocated = rate(said.allocated_bytes, earlier.allocated_bytes);
    if said.requests.is_some() {
        for (at, class) in point.classes.iter_mut().enumerate() {
            *class = rate(Some(said.classes[at]), Some(earlier.classes[at]));
        }
    }
    if let (Some(now), Some(then)) = (said.cpu_seconds, earlier.cpu_seconds) {
        point.cpu = 100.0 * (now - then).max(0.0) / seconds;
    }
    if let (Some(now), Some(then)) = (&said.durations, &earlier.durations)
        && let Some(window) = now.since(then)
    {
        point.p50 = window.quantile(0.5).unwrap_or(f64::NAN);
        point.p99 = window.quantile(0.99).unwrap_or(f64::NAN);
    }
    point
}

/// What an earlier reading of the same run said, and how long ago that was.
fn since<'a>(earlier: &'a Reading, now: &Reading) -> Option<(&'a Said, f64)> {
    let seconds = now.at.saturating_duration_since(earlier.at).as_secs_f64();
    let said = earlier.said.as_ref().ok()?;
    (earlier.run == now.run && seconds > 0.0).then_some((said, seconds))
}

fn events(readings: &[&Reading], ago: impl Fn(&Reading) -> f64) -> Vec<Event> {
    let pairs = readings.windows(2).filter_map(|pair| {
        let (before, now) = (pair[0], pair[1]);
        let what = match (&before.said, &now.said) {
            (_, Ok(_)) if before.run != now.run => What::Restarted,
            (Ok(earlier), Ok(said)) if said.snapshots > earlier.snapshots => What::Snapshot,
            (Err(_), Ok(_)) => What::Back,
            (before, Err(Absent::Gone)) if !matches!(before, Err(Absent::Gone)) => What::Gone,
            (before, Err(Absent::Amiss)) if !matches!(before, Err(Absent::Amiss)) => {
                What::NoMetrics
            }
            _ => return None,
        };
        let ago = ago(now);
        Some(Event { ago, what })
    });
    pairs.collect()
}

impl Point {
    pub(super) fn unknown(ago: f64) -> Self {
        Self {
            ago,
            live: f64::NAN,
            rss: f64::NAN,
            used: f64::NAN,
            ceiling: f64::NAN,
            in_flight: f64::NAN,
            requests: f64::NAN,
            classes: [f64::NAN; CLASSES],
            allocated: f64::NAN,
            cpu: f64::NAN,
            p50: f64::NAN,
            p99: f64::NAN,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a place in a chart")]
fn float(amount: u64) -> f64 {
    amount as f64
}

#[cfg(test)]
mod tests;
