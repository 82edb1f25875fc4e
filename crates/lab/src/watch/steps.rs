//! The steps of a check as lines: how each stands, and what there is to say of it.

use anstyle::Style;
use heapdiff::terminal::rate;
use tokio::time::Instant;

use super::chart::chart;
use super::model::{Model, State, Told};
use super::text::{ACTIVE, BAD, DIM, GOOD, ago, clean, indented, paint, paragraph, seconds};
use crate::check::Status;
use crate::progress::memory;

/// Columns before a step's text.
pub(super) const INDENT: usize = 13;

/// Rows of the chart, with its axis: no fewer, no more.
const CHART: (usize, usize) = (5, 14);

/// No wider than is easy to read.
const WIDEST_CHART: usize = 110;

/// How a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Waits,
    Runs,
    Good,
    Bad,
}

/// How the four steps stand: build, contract, growth, verdict.
pub(super) fn marks(model: &Model) -> [Mark; 4] {
    use Mark::{Bad, Good, Runs, Waits};
    match &model.state {
        State::Building => [Runs, Waits, Waits, Waits],
        State::Contract => [Good, Runs, Waits, Waits],
        State::Growth => [Good, Good, Runs, Waits],
        State::Told(Told::Stuck(_)) if model.build.is_none() => [Waits, Waits, Waits, Bad],
        State::Told(Told::Stuck(_)) => [Good, Waits, Waits, Bad],
        State::Told(Told::Found(finding)) => match finding.report.status {
            Status::Fixed | Status::Reference => [Good; 4],
            Status::Leaking => [Good, Good, Bad, Bad],
            Status::Holding => [Good, Good, Good, Bad],
            Status::Inconclusive => [Good, Good, Waits, Bad],
            Status::ContractBroken => [Good, Bad, Waits, Bad],
            Status::BuildFailed => [Bad, Waits, Waits, Bad],
            Status::NotStarted => [Waits; 4],
        },
    }
}

/// A step with its text, which may go on below.
pub(super) fn step(name: &str, mark: Mark, text: &str, columns: usize) -> Vec<String> {
    let (sign, style) = match mark {
        Mark::Waits => (paint(DIM, "·"), DIM),
        Mark::Runs => (paint(ACTIVE, "▸"), ACTIVE),
        Mark::Good => (paint(GOOD, "✔"), Style::new()),
        Mark::Bad => (paint(BAD, "✘"), Style::new()),
    };
    let name = paint(style, &format!("{name:<9}"));
    let mut rows = paragraph(text, columns.saturating_sub(INDENT)).into_iter();
    let first = rows.next().unwrap_or_default();
    let mut lines = vec![format!(" {sign} {name} {first}")];
    lines.extend(indented(&" ".repeat(INDENT), rows));
    lines
}

/// The build is one line: what cargo says last while it goes on, then how long it took.
pub(super) fn build(model: &Model, mark: Mark, now: Instant) -> Vec<String> {
    let text = match (mark, model.build) {
        (Mark::Runs, _) => {
            let since = ago(now.saturating_duration_since(model.begun));
            format!("{since}   {}", clean(&model.cargo))
        }
        (_, Some(took)) => match model.warnings.len() {
            _ if mark == Mark::Bad => seconds(took),
            0 => seconds(took),
            1 => format!("{}, with a warning", seconds(took)),
            n => format!("{}, with {n} warnings", seconds(took)),
        },
        (_, None) => String::new(),
    };
    let mut lines = step("build", mark, "", 0);
    lines[0].push_str(&text);
    lines
}

/// What is told of the contract.
pub(super) fn contract(model: &Model) -> String {
    let report = match &model.state {
        State::Contract => return "is asked".to_owned(),
        State::Growth if model.asked_again => return "kept; is asked once more".to_owned(),
        State::Growth => return "kept".to_owned(),
        State::Told(Told::Found(finding)) => &finding.report,
        State::Building | State::Told(Told::Stuck(_)) => return String::new(),
    };
    match report.status {
        Status::Fixed
        | Status::Reference
        | Status::Leaking
        | Status::Holding
        | Status::Inconclusive => "kept".to_owned(),
        Status::ContractBroken => {
            format!("broken: {}", report.reason.as_deref().unwrap_or_default())
        }
        Status::BuildFailed | Status::NotStarted => String::new(),
    }
}

/// Whether there is more than the heap before the first request.
pub(super) fn has_growth(model: &Model) -> bool {
    model.points.len() > 1 || matches!(model.state, State::Growth)
}

/// Bytes per request, as far as is known; and the heap as it was last seen.
pub(super) fn growth(model: &Model) -> String {
    let mut lines = Vec::new();
    match model.rate {
        Some(growth) if growth.estimate.abs() < 0.005 => {
            lines.push("no site grows with the requests".to_owned());
        }
        Some(growth) => lines.push(format!(
            "{} bytes per request, between {} and {}",
            rate(growth.estimate),
            rate(growth.low),
            rate(growth.high)
        )),
        None => lines.push("three snapshots tell".to_owned()),
    }
    lines.push(match model.glance {
        // Its row is there from the start: nothing below it moves.
        None => " ".to_owned(),
        Some(glance) => {
            let live = memory(glance.live_bytes, glance.rss_bytes);
            if model.is_idle() {
                format!("{live}, when last seen under load")
            } else {
                let done = glance.requests.min(model.target);
                format!("{live}, after {done} of {} requests", model.target)
            }
        }
    });
    lines.join("\n")
}

/// The chart, in what room there is.
pub(super) fn drawing(model: &Model, columns: usize, free: usize) -> Vec<String> {
    let rows = free.saturating_sub(1).min(CHART.1);
    let columns = columns.saturating_sub(5).min(WIDEST_CHART);
    if rows < CHART.0 || model.points.is_empty() {
        return Vec::new();
    }
    let style = match model.status() {
        Some(Status::Leaking) => BAD,
        Some(status) if status.passed() => GOOD,
        _ => ACTIVE,
    };
    let rows = chart(&model.points, model.lab.requests, columns, rows);
    let mut lines: Vec<String> = rows
        .into_iter()
        .map(|row| match row.split_once(['│', '┤']) {
            // The axis is calm, the line is what counts.
            Some((label, line)) => {
                let axis = &row[label.len()..row.len() - line.len()];
                format!(
                    "   {}{}",
                    paint(DIM, &format!("{label}{axis}")),
                    paint(style, line)
                )
            }
            None => paint(DIM, &format!("   {row}")),
        })
        .collect();
    lines.push(String::new());
    lines
}
