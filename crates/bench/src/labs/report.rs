//! The comparison as a page: one file, which needs no network and no script. Its style is that of heapdiff's pages.

use std::path::Path;

use anyhow::Result;
use askama::Template;
use heapdiff::chart::{Axis, Begins, Chart, Series, Shape, Tone, Unit};
use heapdiff::page;
use heapdiff::terminal::thousands;

use super::LEVELS;
use super::figures::Measured;
use super::side::Side;
use super::tables::time;
use crate::record::{self, Record};
use crate::table::Table;

/// Of heapdiff's style sheets those that are needed, and the page's own.
const SHEETS: [&str; 4] = ["tokens.css", "base.css", "answer.css", "chart.css"];
const OWN: &str = include_str!("../../templates/labs.css");

/// Points of a line along the requests.
const PLACES: usize = 50;

#[derive(Template)]
#[template(path = "labs.html")]
struct Page<'a> {
    style: String,
    says: String,
    record: &'a Record,
    headline: &'a Table,
    tables: &'a [Table],
    labs: Vec<Shown>,
}

struct Shown {
    number: u32,
    title: String,
    charts: Vec<(&'static str, String)>,
}

/// Writes it, whole or not at all.
///
/// # Errors
/// When that cannot be done.
pub(super) fn write(path: &Path, record: &Record, measured: &[Measured]) -> Result<()> {
    record::write(path, html(record, measured).as_bytes())
}

/// # Panics
/// Never: the template is compiled in, and memory takes all writes.
fn html(record: &Record, measured: &[Measured]) -> String {
    let sheet = |name: &&str| page::asset(name).map(|asset| asset.body);
    let style: Vec<&str> = SHEETS.iter().filter_map(sheet).chain([OWN]).collect();
    let empty = Table::default();
    let (headline, tables) = record.tables.split_first().unwrap_or((&empty, &[]));
    let page = Page {
        style: style.join("\n"),
        says: says(measured),
        record,
        headline,
        tables,
        labs: measured.iter().map(shown).collect(),
    };
    page.render().expect("a template of plain texts")
}

/// What an instructor would say first.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "bytes of a request"
)]
fn says(measured: &[Measured]) -> String {
    let last = LEVELS.len() - 1;
    let slower = measured
        .iter()
        .filter_map(|lab| lab.handler(last))
        .filter(|estimate| estimate.low > 1.1)
        .count();
    let most = measured
        .iter()
        .filter_map(|lab| Some((lab.bytes_per_request(Side::Leaky)?, lab)))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let Some((bytes, lab)) = most else {
        return "Nothing was measured.".to_owned();
    };
    let after = thousands(LEVELS[last] as u64);
    let time = match slower {
        0 => "no leaky handler is more than a tenth slower than its fix: the time of a request does not tell".to_owned(),
        1 => "one leaky handler is more than a tenth slower than its fix".to_owned(),
        more => format!("{more} leaky handlers are more than a tenth slower than their fix"),
    };
    let kept = thousands(bytes.max(0.0).round() as u64);
    format!(
        "After {after} requests {time}. Lab {} has kept {kept} bytes of every one.",
        lab.lab.number
    )
}

fn shown(lab: &Measured) -> Shown {
    Shown {
        number: lab.lab.number,
        title: lab.lab.title.clone(),
        charts: vec![
            ("the handler alone: half take less", typical(lab).svg()),
            ("the slowest of each 200, logarithmic", slowest(lab).svg()),
            ("requests per second over HTTP", throughput(lab).svg()),
            ("live heap", heap(lab).svg()),
        ],
    }
}

fn typical(lab: &Measured) -> Chart {
    let of = |side| along(lab, side, |nanos| nanos[nanos.len() / 2]);
    let last = LEVELS.len() - 1;
    let [leaky, fixed] = Side::BOTH.map(|side| {
        lab.handler_seconds(last, side)
            .map_or_else(String::new, time)
    });
    chart(
        lab,
        "what a request takes",
        format!("At last {leaky} leaky and {fixed} fixed."),
        Axis::of(Unit::Seconds, None),
        [of(Side::Leaky), of(Side::Fixed)],
    )
}

fn slowest(lab: &Measured) -> Chart {
    let of = |side| along(lab, side, |nanos| nanos[nanos.len() - 1]);
    let [leaky, fixed] = Side::BOTH.map(|side| {
        lab.worst(side)
            .map_or_else(String::new, |worst| time(worst.seconds))
    });
    chart(
        lab,
        "the slowest requests",
        format!("The slowest took {leaky} leaky and {fixed} fixed."),
        Axis {
            begins: Begins::InPowers,
            ..Axis::of(Unit::Seconds, None)
        },
        [of(Side::Leaky), of(Side::Fixed)],
    )
}

fn throughput(lab: &Measured) -> Chart {
    let of = |side| {
        let levels = LEVELS.iter().enumerate();
        levels
            .filter_map(|(at, level)| Some((number(*level), lab.per_second(at, side)?)))
            .collect()
    };
    chart(
        lab,
        "requests per second over HTTP",
        "At each level the median of the rounds.".to_owned(),
        Axis::of(Unit::Count, None),
        [of(Side::Leaky), of(Side::Fixed)],
    )
}

fn heap(lab: &Measured) -> Chart {
    #[expect(clippy::cast_precision_loss, reason = "a place in a chart")]
    let of = |side: Side| {
        let first = lab.http[side as usize].first();
        let points = first.map(|round| round.heap.as_slice()).unwrap_or_default();
        points
            .iter()
            .map(|(requests, bytes)| (*requests as f64, *bytes as f64))
            .collect()
    };
    chart(
        lab,
        "the live heap",
        "At rest after each thousand requests, in the first round.".to_owned(),
        Axis::of(Unit::Bytes, None),
        [of(Side::Leaky), of(Side::Fixed)],
    )
}

fn chart(
    lab: &Measured,
    what: &str,
    description: String,
    y: Axis,
    sides: [Vec<(f64, f64)>; 2],
) -> Chart {
    let [leaky, fixed] = sides;
    let named = |name: &str, tone, points| Series {
        name: Some(name.to_owned()),
        tone,
        shape: Shape::Line(points),
    };
    Chart {
        title: format!("Lab {}: {what}", lab.lab.number),
        description,
        x: Axis::of(Unit::Count, Some("requests")),
        y,
        series: vec![
            named("leaky", Tone::First, leaky),
            named("fixed", Tone::Second, fixed),
        ],
        marks: Vec::new(),
        size: Chart::SIZE,
    }
}

/// Along the requests of the way to the last level, a few at a time, one value of the few's times, which `of` picks when
/// they are sorted; of the rounds the median.
fn along(lab: &Measured, side: Side, of: fn(&[u64]) -> u64) -> Vec<(f64, f64)> {
    let few = LEVELS[LEVELS.len() - 1].div_ceil(PLACES);
    let rounds: Vec<&[u64]> = lab.way(side).collect();
    (0..PLACES)
        .filter_map(|place| {
            let values = rounds.iter().filter_map(|nanos| {
                let mut nanos = nanos.get(place * few..(place + 1) * few)?.to_vec();
                nanos.sort_unstable();
                #[expect(clippy::cast_precision_loss, reason = "a time")]
                Some(of(&nanos) as f64 / 1e9)
            });
            let value = crate::ratio::median(&values.collect::<Vec<_>>())?;
            Some((number(place * few + few / 2), value))
        })
        .collect()
}

#[expect(clippy::cast_precision_loss, reason = "a place in a chart")]
fn number(requests: usize) -> f64 {
    requests as f64
}

#[cfg(test)]
mod tests {
    use super::html;
    use crate::labs::course::Lab;
    use crate::labs::figures::Measured;
    use crate::labs::handlers::Sampled;
    use crate::labs::http::Served;
    use crate::labs::{LEVELS, tables};
    use crate::machine::Machine;
    use crate::record::Record;

    /// A leak of 100 bytes a request, whose handler takes twice as long as the fixed one's.
    fn measured() -> Measured {
        let sampled = |seconds: f64, level: usize| {
            let before = (0..level as u64).map(|at| 1000 + at % 7).collect();
            vec![
                Sampled {
                    seconds: vec![seconds; 10],
                    before
                };
                2
            ]
        };
        let served = |bytes: u64| Served {
            per_second: vec![vec![1000.0; 5]; LEVELS.len()],
            heap: (0..12)
                .map(|at| (at * 1000, 50_000 + at * 1000 * bytes))
                .collect(),
        };
        Measured {
            lab: Lab {
                number: 9,
                title: "A list & a <map>".to_owned(),
                routes: vec!["/".to_owned()],
                busy: None,
            },
            levels: LEVELS
                .map(|level| vec![sampled(2e-6, level), sampled(1e-6, level)])
                .to_vec(),
            http: [100, 0].map(|bytes| vec![served(bytes); 2]).to_vec(),
        }
    }

    #[test]
    fn the_page_says_what_was_measured_and_means_nothing_to_a_browser_that_it_should_not() {
        let measured = [measured()];
        let record = Record {
            name: "labs".to_owned(),
            command: "just bench".to_owned(),
            date: "2026-01-02".to_owned(),
            machine: Machine::default(),
            tables: tables::all(&measured),
        };
        let page = html(&record, &measured);
        assert!(page.contains(
            "one leaky handler is more than a tenth slower than its fix. Lab 9 has kept 100 bytes"
        ));
        assert!(page.contains("<td>2.00 [2.00–2.00]</td>"));
        assert!(page.contains("9 A list &#38; a &#60;map&#62;"));
        assert_eq!(page.matches("<svg").count(), 4);
        assert!(!page.contains("<script"));
    }
}
