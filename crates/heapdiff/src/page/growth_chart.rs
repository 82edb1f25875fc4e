//! The charts of a verdict: the whole heap with RSS beside it, and each site. What they show is the judgement's; drawing
//! is `chart`'s.

use crate::chart::{Axis, Bar, Chart, Series, Shape, Tone, Unit};
use crate::terminal::{amount, between, cut_end, rate, signed_amount, thousands};
use crate::verdict::{HeapPoint, Judgement, SiteGrowth};

/// Letters of a site's name in a chart's title: generated names can have thousands.
const LONGEST: usize = 200;

/// The live heap against the requests, and RSS where it is known.
pub(super) fn of_heap(judgement: &Judgement) -> String {
    let heap = &judgement.heap;
    let live: Vec<_> = heap
        .iter()
        .map(|at| point(at.requests, at.live_bytes))
        .collect();
    let rss = heap
        .iter()
        .filter_map(|at| Some(point(at.requests, at.rss_bytes?)));
    let rss: Vec<_> = rss.collect();
    let mut series = line("live heap", Tone::First, live);
    let mut description = ends("The live heap", heap, |at| Some(at.live_bytes));
    if !rss.is_empty() {
        // below what it is held against
        series.splice(0..0, line("RSS", Tone::Second, rss));
        description += &ends(" RSS", heap, |at| at.rss_bytes);
    }
    chart("The whole heap against requests", description, series).svg()
}

/// A site's live bytes against the requests; the line that it is held against, if it leaks or may leak; and of a
/// collection that grows in place what it may hold.
pub(super) fn of_site(growth: &SiteGrowth) -> String {
    let points = growth.points.iter();
    let live: Vec<_> = points
        .map(|at| point(at.requests, at.counters.live_bytes))
        .collect();
    let ranges = growth.ranges().map(|(requests, low, high)| Bar {
        x: float(requests),
        low,
        high,
    });
    let ranges: Vec<_> = ranges.collect();
    let mut series = Vec::new();
    if !ranges.is_empty() {
        series.push(named("may hold", Tone::First, Shape::Bars(ranges)));
    }
    match growth.fit() {
        Some(fit) => {
            let straight = growth.points.iter();
            let straight = straight.map(|at| (float(at.requests), fit.at(at.requests)));
            let straight = Shape::Line(straight.collect());
            let name = format!("{} bytes per request", rate(fit.slope));
            series.push(named(&name, Tone::Trend, straight));
            series.push(named("live bytes", Tone::First, Shape::Points(live)));
        }
        None => series.extend(line("live bytes", Tone::First, live)),
    }
    let title = format!("{} against requests", cut_end(&growth.name(), LONGEST));
    chart(&title, in_words(growth), series).svg()
}

/// What is seen in the chart of a site.
fn in_words(growth: &SiteGrowth) -> String {
    let live = ends("Live bytes", &growth.points, |at| {
        Some(at.counters.live_bytes)
    });
    let per_request = rate(growth.bytes_per_request.estimate);
    let range = between(growth.bytes_per_request);
    let range = range.map_or_else(String::new, |range| format!(" ({range})"));
    let in_place = if growth.grows_in_place {
        " It grows in place: at each snapshot it holds between half and all of its bytes."
    } else {
        ""
    };
    format!(
        "{live} {}: {per_request} bytes per request{range}.{in_place}",
        growth.class
    )
}

/// `Live bytes: 6.3 KiB at 100 requests, 50.0 KiB at 800, +43.8 KiB.`
fn ends<T: At>(what: &str, points: &[T], bytes: impl Fn(&T) -> Option<u64>) -> String {
    let mut known = points
        .iter()
        .filter_map(|at| Some((at.requests(), bytes(at)?)));
    let (Some(first), last) = (known.next(), known.next_back()) else {
        return String::new();
    };
    let last = last.unwrap_or(first);
    let change = last.1.cast_signed().saturating_sub(first.1.cast_signed());
    format!(
        "{what}: {} at {} requests, {} at {}, {}.",
        amount(first.1),
        thousands(first.0),
        amount(last.1),
        thousands(last.0),
        signed_amount(change)
    )
}

trait At {
    fn requests(&self) -> u64;
}

impl At for HeapPoint {
    fn requests(&self) -> u64 {
        self.requests
    }
}

impl At for crate::verdict::Point {
    fn requests(&self) -> u64 {
        self.requests
    }
}

fn chart(title: &str, description: String, series: Vec<Series>) -> Chart {
    Chart {
        title: title.to_owned(),
        description,
        x: Axis::of(Unit::Count, Some("requests")),
        y: Axis::of(Unit::Bytes, None),
        series,
        marks: Vec::new(),
        size: Chart::SIZE,
    }
}

/// Dots, joined.
fn line(name: &str, tone: Tone, points: Vec<(f64, f64)>) -> Vec<Series> {
    let joined = Series {
        name: None,
        tone,
        shape: Shape::Line(points.clone()),
    };
    vec![joined, named(name, tone, Shape::Points(points))]
}

fn named(name: &str, tone: Tone, shape: Shape) -> Series {
    Series {
        name: Some(name.to_owned()),
        tone,
        shape,
    }
}

fn point(requests: u64, bytes: u64) -> (f64, f64) {
    (float(requests), float(bytes))
}

#[expect(clippy::cast_precision_loss, reason = "a place in a chart")]
fn float(number: u64) -> f64 {
    number as f64
}
