//! The charts of the Status view: what each shows of a course, and how its numbers are written. Drawing is `heapdiff`'s
//! `chart`. Those of several servers have one scale, so that they can be held against each other.

mod write;

use heapdiff::chart::{Axis, Chart, Mark, Series, Shape, Tone, Unit};
use serde::Serialize;

use self::write::{bytes, count, percent, seconds};
use super::course::{Course, Point};
use super::range::Range;
use super::ring::Said;

/// What a chart shows, whoever's it is.
pub(super) struct Kind {
    /// For the page, and for whoever reads the document.
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    /// What a server must tell for it, and whether it does.
    needs: &'static str,
    tells: fn(&Said) -> bool,
    unit: Unit,
    write: fn(f64) -> String,
    lines: &'static [Line],
}

/// A line of a chart.
struct Line {
    name: &'static str,
    tone: Tone,
    of: fn(&Point) -> f64,
    /// Whether it is left out while it is zero all the time.
    rare: bool,
}

/// A chart as the page shows it.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    id: &'static str,
    title: &'static str,
    /// Nothing where the server does not tell it.
    svg: Option<String>,
    /// Why there is no chart.
    missing: Option<String>,
    /// The lines in words.
    values: Vec<Value>,
}

/// A line in words.
#[derive(Debug, Serialize)]
struct Value {
    name: &'static str,
    /// At the last moment; nothing if it is not known then.
    now: Option<String>,
    /// The most in the range; of a ceiling how much of it is used.
    beside: Option<String>,
}

/// In the order in which they are shown.
pub(super) const KINDS: &[Kind] = &[
    Kind {
        id: "memory",
        title: "Memory",
        needs: "heap_live_bytes or process_resident_memory_bytes",
        tells: |said| said.live_bytes.or(said.rss_bytes).is_some(),
        unit: Unit::Bytes,
        write: bytes,
        lines: &[
            line("RSS", Tone::Second, |point| point.rss),
            line("live heap", Tone::First, |point| point.live),
        ],
    },
    Kind {
        id: "allocation",
        title: "Allocated per second",
        needs: "heap_allocated_bytes_total",
        tells: |said| said.allocated_bytes.is_some(),
        unit: Unit::Bytes,
        write: bytes,
        lines: &[line("allocated", Tone::First, |point| point.allocated)],
    },
    Kind {
        id: "requests",
        title: "Requests per second",
        needs: "http_requests_total",
        tells: |said| said.requests.is_some(),
        unit: Unit::Count,
        write: count,
        lines: &[line("answered", Tone::First, |point| point.requests)],
    },
    Kind {
        id: "latency",
        title: "Latency",
        needs: "http_request_duration_seconds",
        tells: |said| said.durations.is_some(),
        unit: Unit::Seconds,
        write: seconds,
        lines: &[
            line("p99", Tone::Second, |point| point.p99),
            line("p50", Tone::First, |point| point.p50),
        ],
    },
    Kind {
        id: "in-flight",
        title: "Requests in flight",
        needs: "http_requests_in_flight",
        tells: |said| said.in_flight.is_some(),
        unit: Unit::Count,
        write: count,
        lines: &[line("in flight", Tone::First, |point| point.in_flight)],
    },
    Kind {
        id: "statuses",
        title: "Answers per second by status",
        needs: "http_requests_total",
        tells: |said| said.requests.is_some(),
        unit: Unit::Count,
        write: count,
        lines: &[
            line("2xx", Tone::First, |point| point.classes[2]),
            rare("1xx and others", Tone::Trend, |point| {
                point.classes[0] + point.classes[1]
            }),
            rare("3xx", Tone::Second, |point| point.classes[3]),
            rare("4xx", Tone::Third, |point| point.classes[4]),
            rare("5xx", Tone::Fourth, |point| point.classes[5]),
        ],
    },
    Kind {
        id: "cpu",
        title: "CPU",
        needs: "process_cpu_seconds_total",
        tells: |said| said.cpu_seconds.is_some(),
        unit: Unit::Percent,
        write: percent,
        lines: &[line("of one processor", Tone::First, |point| point.cpu)],
    },
];

/// The room of a chart in a card.
const SIZE: (u32, u32) = (360, 168);

/// A ceiling is drawn from the quarter of it on; farther away it would press all else to the floor.
const NEAR: f64 = 0.25;

const fn line(name: &'static str, tone: Tone, of: fn(&Point) -> f64) -> Line {
    Line {
        name,
        tone,
        of,
        rare: false,
    }
}

const fn rare(name: &'static str, tone: Tone, of: fn(&Point) -> f64) -> Line {
    Line {
        rare: true,
        ..line(name, tone, of)
    }
}

impl Kind {
    /// The most that a course comes to, its ceiling included if it is near.
    pub(super) fn reaches(&self, course: &Course) -> f64 {
        let lines = self.lines.iter();
        let most = lines
            .map(|line| highest(course, line.of))
            .fold(0.0, f64::max);
        self.near_ceiling(course)
            .map_or(most, |ceiling| most.max(ceiling))
    }

    /// Of one server, on an axis that `reaches` so far.
    pub(super) fn show(&self, now: &Said, course: &Course, range: Range, reaches: f64) -> Shown {
        let wanted = |line: &&Line| !line.rare || highest(course, line.of) > 0.0;
        let lines: Vec<&Line> = self.lines.iter().filter(wanted).collect();
        let mut shown = Shown {
            id: self.id,
            title: self.title,
            svg: None,
            missing: None,
            values: Vec::new(),
        };
        // what it told before it was started again is shown all the same
        let told = |line: &&Line| !highest(course, line.of).is_nan();
        if !(self.tells)(now) && !lines.iter().any(told) {
            shown.missing = Some(match now.requests {
                Some(0) if self.id == "latency" => "No request was answered yet.".to_owned(),
                _ => format!("It does not tell: its /metrics has no {}.", self.needs),
            });
            return shown;
        }
        // as in the chart's legend, but what is most important first
        let values = lines.iter().rev().map(|line| self.value(course, line));
        shown.values = values.collect();
        let ceiling = self.ceiling(course);
        if let Some(ceiling) = ceiling {
            shown.values.push(Value {
                name: "ceiling",
                now: Some((self.write)(ceiling)),
                beside: used(course, ceiling),
            });
        }
        let mut series: Vec<Series> = lines
            .iter()
            .map(|line| Series {
                name: Some(line.name.to_owned()),
                tone: line.tone,
                shape: Shape::Line(
                    course
                        .points
                        .iter()
                        .map(|it| (it.ago, (line.of)(it)))
                        .collect(),
                ),
            })
            .collect();
        if let Some(ceiling) = ceiling.filter(|ceiling| *ceiling <= reaches) {
            series.push(Series {
                name: Some("ceiling".to_owned()),
                tone: Tone::Limit,
                shape: Shape::Line(vec![(-range.seconds(), ceiling), (0.0, ceiling)]),
            });
        }
        if let [only] = series.as_mut_slice() {
            only.name = None; // the title says it
        }
        let chart = Chart {
            title: format!("{}, the last {}", self.title, in_words(range)),
            description: shown.in_words(),
            x: Axis::last(range.seconds()),
            y: Axis {
                holds: vec![reaches],
                ..Axis::of(self.unit, None)
            },
            series,
            marks: self.marks(course),
            size: SIZE,
        };
        shown.svg = Some(chart.svg());
        shown
    }

    fn value(&self, course: &Course, line: &Line) -> Value {
        let write = |number: f64| number.is_finite().then(|| (self.write)(number));
        Value {
            name: line.name,
            now: course.points.last().and_then(|it| write((line.of)(it))),
            beside: write(highest(course, line.of)).map(|most| format!("max. {most}")),
        }
    }

    fn ceiling(&self, course: &Course) -> Option<f64> {
        let last = course.points.iter().rev().map(|point| point.ceiling);
        let mut last = last.filter(|ceiling| ceiling.is_finite());
        if self.id == "memory" {
            last.next()
        } else {
            None
        }
    }

    fn near_ceiling(&self, course: &Course) -> Option<f64> {
        let most = [
            |it: &Point| it.live,
            |it: &Point| it.rss,
            |it: &Point| it.used,
        ];
        let most = most.map(|of| highest(course, of)).into_iter();
        let most = most.fold(0.0, f64::max);
        self.ceiling(course)
            .filter(|ceiling| most >= NEAR * ceiling)
    }

    /// What happened, in every chart; the words only in the first.
    fn marks(&self, course: &Course) -> Vec<Mark> {
        let word = |word: &str| match self.id {
            "memory" => word.to_owned(),
            _ => String::new(),
        };
        let events = course.events.iter();
        events
            .map(|event| Mark {
                x: event.ago,
                label: word(event.what.word()),
            })
            .collect()
    }
}

impl Shown {
    fn in_words(&self) -> String {
        let unknown = || "not known".to_owned();
        let values = self.values.iter().map(|value| {
            let now = value.now.clone().unwrap_or_else(unknown);
            match &value.beside {
                Some(beside) => format!("{}: {now} ({beside}).", value.name),
                None => format!("{}: {now}.", value.name),
            }
        });
        values.collect::<Vec<_>>().join(" ")
    }
}

/// How much of the ceiling is used, as the ceiling counts it.
fn used(course: &Course, ceiling: f64) -> Option<String> {
    let used = course.points.last()?.used;
    (used.is_finite() && ceiling > 0.0).then(|| format!("{} used", percent(100.0 * used / ceiling)))
}

fn highest(course: &Course, of: fn(&Point) -> f64) -> f64 {
    course.points.iter().map(of).fold(f64::NAN, f64::max)
}

fn in_words(range: Range) -> String {
    match range.minutes() {
        1 => "minute".to_owned(),
        minutes => format!("{minutes} minutes"),
    }
}

#[cfg(test)]
mod tests;
