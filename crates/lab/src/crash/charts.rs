//! The charts of a crash: latency and memory over requests, for both servers on the same axes.

use std::ops::Range;

use heapdiff::chart::{Axis, Begins, Chart, Mark, Series, Shape, Tone, Unit};
use heapdiff::terminal::thousands;

use super::facts::{Facts, Point, WARM, quantile};
use super::text::{size, time};

/// Points of a line: more than that are one beside the other in a column of the page.
const MOST: usize = 300;

/// The charts of one server.
pub(super) struct Charts {
    pub(super) latency: String,
    pub(super) memory: String,
}

/// Axes that all servers have room on.
pub(super) struct Axes {
    requests: Range<f64>,
    seconds: Range<f64>,
    bytes: Range<f64>,
}

impl Axes {
    pub(super) fn of(all: &[Facts]) -> Self {
        let points = || all.iter().flat_map(|facts| &facts.points);
        let timed = || all.iter().flat_map(|facts| timed(&facts.points));
        let most = |of: &dyn Fn(&Point) -> f64| points().map(of).fold(0.0, f64::max);
        let least = timed().map(seconds).fold(f64::INFINITY, f64::min);
        let slowest = timed().map(seconds).fold(0.0, f64::max);
        let bytes = |point: &Point| number(point.live_bytes.max(point.rss_bytes));
        let requests = all.iter().map(|facts| count(facts.requests));
        Self {
            requests: 0.0..requests.fold(0.0, f64::max),
            seconds: least..slowest,
            bytes: 0.0..most(&bytes),
        }
    }
}

impl Charts {
    pub(super) fn of(facts: &Facts, axes: &Axes) -> Self {
        Self {
            latency: latency(facts, axes).svg(),
            memory: memory(facts, axes).svg(),
        }
    }
}

/// The first request also opens the connection and wakes the server: it is in the tables, and would make everything else in
/// a chart look alike.
fn timed(points: &[Point]) -> &[Point] {
    points.get(1..).unwrap_or_default()
}

/// What is usual, as a line; the slowest of each few requests, as dots; and those in which the heap grew at once.
fn latency(facts: &Facts, axes: &Axes) -> Chart {
    let buckets = buckets(timed(&facts.points));
    let of = |part: f64| {
        let latencies = |points: &[Point]| {
            let latencies: Vec<f64> = points.iter().map(seconds).collect();
            quantile(latencies.into_iter(), part)
        };
        let places = buckets.iter();
        places
            .map(|(at, points)| (*at, latencies(points)))
            .collect::<Vec<_>>()
    };
    // The first requests are slow for many reasons.
    let jumps = facts.jumps.iter().filter(|jump| jump.request > WARM);
    let jumps = jumps.map(|jump| (count(jump.request), jump.latency_us / 1e6));
    let each = facts.points.len().div_ceil(MOST).max(1);
    let slowest = match each {
        1 => "each request".to_owned(),
        each => format!("slowest of {each}"),
    };
    let mut series = vec![
        named(&slowest, Tone::Second, Shape::Line(of(1.0))),
        named("half of them", Tone::First, Shape::Line(of(0.5))),
    ];
    if each == 1 {
        series.pop();
    }
    // Named where there are none, too: so both charts are as high.
    let jumps = Shape::Points(jumps.collect());
    series.push(named("the heap grew at once", Tone::Trend, jumps));
    let in_words = format!(
        "Of the first {n}, half took {} at the most, and the slowest {}; of the last {n}, {} and {}.",
        time(facts.first.p50_us),
        time(facts.first.worst_us),
        time(facts.last.p50_us),
        time(facts.last.worst_us),
        n = thousands(facts.first.requests as u64),
    );
    Chart {
        title: format!("{}: latency over requests", facts.server.program()),
        description: in_words,
        x: requests(axes),
        y: Axis {
            begins: Begins::InPowers,
            holds: ends(&axes.seconds),
            ..Axis::of(Unit::Seconds, None)
        },
        series,
        marks: marks(facts),
        size: Chart::SIZE,
    }
}

fn memory(facts: &Facts, axes: &Axes) -> Chart {
    let thin = facts.points.len().div_ceil(MOST).max(1);
    let last = facts.points.len().saturating_sub(1);
    // A step is a step only if both its ends are there.
    let is_shown = |at: &usize| {
        let jumped = |jump: &super::facts::Jump| jump.request == at + 1 || jump.request == at + 2;
        at.is_multiple_of(thin) || *at == last || facts.jumps.iter().any(jumped)
    };
    let of = |bytes: fn(&Point) -> u64| {
        let shown = (0..facts.points.len()).filter(is_shown);
        let points = shown.map(|at| (count(at + 1), number(bytes(&facts.points[at]))));
        Shape::Line(points.collect())
    };
    Chart {
        title: format!("{}: memory over requests", facts.server.program()),
        description: format!(
            "At last the live heap was {}, and RSS {}.",
            size(facts.live_bytes.last),
            size(facts.rss_bytes.last)
        ),
        x: requests(axes),
        y: Axis {
            holds: ends(&axes.bytes),
            ..Axis::of(Unit::Bytes, None)
        },
        series: vec![
            named("live heap", Tone::First, of(|point| point.live_bytes)),
            named("RSS", Tone::Second, of(|point| point.rss_bytes)),
        ],
        marks: marks(facts),
        size: Chart::SIZE,
    }
}

/// The end, if there was one.
fn marks(facts: &Facts) -> Vec<Mark> {
    let end = facts.end.as_ref().map(|_| Mark {
        x: count(facts.requests),
        label: "the end".to_owned(),
    });
    end.into_iter().collect()
}

fn requests(axes: &Axes) -> Axis {
    Axis {
        holds: ends(&axes.requests),
        ..Axis::of(Unit::Count, Some("requests"))
    }
}

/// The requests from the second on in order, a few together, and the place of each few.
fn buckets(points: &[Point]) -> Vec<(f64, &[Point])> {
    let each = points.len().div_ceil(MOST).max(1);
    let few = points.chunks(each).enumerate();
    few.map(|(at, few)| (count(at * each + 1) + count(few.len() + 1) / 2.0, few))
        .collect()
}

fn named(name: &str, tone: Tone, shape: Shape) -> Series {
    Series {
        name: Some(name.to_owned()),
        tone,
        shape,
    }
}

fn ends(range: &Range<f64>) -> Vec<f64> {
    vec![range.start, range.end]
}

fn seconds(point: &Point) -> f64 {
    point.latency_us / 1e6
}

#[expect(clippy::cast_precision_loss, reason = "a place in a chart")]
fn number(bytes: u64) -> f64 {
    bytes as f64
}

#[expect(clippy::cast_precision_loss, reason = "a place in a chart")]
fn count(requests: usize) -> f64 {
    requests as f64
}
