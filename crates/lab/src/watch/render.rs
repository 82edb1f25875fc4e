//! The screen as lines: what there is to see, in a size, at a time. Draws nothing.

use std::time::Duration;

use anstyle::{AnsiColor, Style};
use heapdiff::terminal::rate;
use tokio::time::Instant;

use super::chart::chart;
use super::model::{Cause, Finding, Model, State, Told};
use super::text::{clean, cut, hard, paint, paragraph, reflowed};
use crate::check::Status;
use crate::progress::memory;

/// Columns and rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) columns: usize,
    pub(crate) rows: usize,
}

/// Columns before a step's text.
const INDENT: usize = 13;

/// Rows of the chart, with its axis: no fewer, no more.
const CHART: (usize, usize) = (5, 14);

/// No wider than is easy to read.
const WIDEST_CHART: usize = 110;
const WIDEST_TEXT: usize = 100;

/// Rows that are not scrolled.
const HEAD: usize = 3;
const FOOT: usize = 3;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GOOD: Style = Style::new()
    .bold()
    .fg_color(Some(anstyle::Color::Ansi(AnsiColor::Green)));
const BAD: Style = Style::new()
    .bold()
    .fg_color(Some(anstyle::Color::Ansi(AnsiColor::Red)));
const CODE: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Yellow)));
const ACTIVE: Style = Style::new()
    .bold()
    .fg_color(Some(anstyle::Color::Ansi(AnsiColor::Cyan)));

/// How a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Waits,
    Runs,
    Good,
    Bad,
}

/// The whole screen, `size.rows` lines of at most `size.columns` columns.
pub(super) fn screen(model: &Model, size: Size, now: Instant) -> Vec<String> {
    let mut lines = head(model);
    let room = room(size);
    let body = body(model, size, now);
    let hidden = body.len().saturating_sub(room);
    let scrolled = model.scrolled.min(hidden);
    lines.extend(body.into_iter().skip(scrolled).take(room));
    lines.resize(HEAD + room, String::new());
    lines.extend(foot(model, size, now, (scrolled, hidden)));
    lines.truncate(size.rows);
    lines
        .into_iter()
        .map(|line| cut(&line, size.columns))
        .collect()
}

/// Rows that are scrolled by a page.
pub(super) fn room(size: Size) -> usize {
    size.rows.saturating_sub(HEAD + FOOT)
}

/// How many rows can be scrolled out at the top.
pub(super) fn most_scrolled(model: &Model, size: Size, now: Instant) -> usize {
    body(model, size, now).len().saturating_sub(room(size))
}

fn head(model: &Model) -> Vec<String> {
    let lab = &model.lab;
    vec![
        paint(BOLD, &format!(" lab {}: {}", lab.number, lab.title)),
        format!(" {}", paint(CODE, &lab.file)),
        String::new(),
    ]
}

fn foot(
    model: &Model,
    size: Size,
    now: Instant,
    (scrolled, hidden): (usize, usize),
) -> [String; FOOT] {
    let below = hidden - scrolled;
    let hint = match (scrolled, below) {
        (0, 0) => String::new(),
        (0, below) => format!(" ↓ {below} more "),
        (above, 0) => format!(" ↑ {above} more "),
        (above, below) => format!(" ↑ {above}  ↓ {below} more "),
    };
    let rule = size.columns.saturating_sub(hint.chars().count() + 4);
    let scrolls = if hidden > 0 { "   ↑ ↓ scroll" } else { "" };
    let keys = if model.over.is_some() {
        format!(" any key goes back{scrolls}")
    } else {
        format!(" Enter check now   h hint   r report   q quit{scrolls}")
    };
    [
        paint(DIM, &format!("{}{hint}────", "─".repeat(rule))),
        format!(" {}", status_line(model, now)),
        paint(DIM, &keys),
    ]
}

/// What is going on.
fn status_line(model: &Model, now: Instant) -> String {
    if let Some(notice) = &model.notice {
        return clean(notice);
    }
    let saved = match model.saved {
        Some(saved) => format!("saved {} ago", ago(now.saturating_duration_since(saved))),
        None => "not saved yet".to_owned(),
    };
    if model.is_idle() {
        format!("watching {}; {saved}", model.lab.file)
    } else {
        format!(
            "checking, for {}; a save starts over",
            ago(now.saturating_duration_since(model.begun))
        )
    }
}

/// A time, as calm as can be: `3 s`, `20 s`, `5 min`, `2 h`.
fn ago(time: Duration) -> String {
    match time.as_secs() {
        seconds @ ..10 => format!("{seconds} s"),
        seconds @ 10..60 => format!("{} s", seconds / 10 * 10),
        seconds @ 60..3600 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3600),
    }
}

fn body(model: &Model, size: Size, now: Instant) -> Vec<String> {
    let text = size.columns.saturating_sub(2).min(WIDEST_TEXT);
    if let Some(over) = &model.over {
        let mut lines = vec![paint(ACTIVE, &format!(" ── {}", over.title)), String::new()];
        lines.extend(indented(" ", paragraph(&reflowed(&over.text), text)));
        return lines;
    }
    let marks = marks(model);
    let mut lines = build(model, marks[0], now);
    lines.extend(step("contract", marks[1], &contract(model), text));
    let verdict = verdict(model, marks[3], text);
    if has_growth(model) {
        lines.extend(step("growth", marks[2], &growth(model), text));
        let free = room(size).saturating_sub(lines.len() + verdict.len() + 1);
        lines.extend(drawing(model, size, free));
    } else {
        lines.extend(step("growth", marks[2], "", text));
    }
    lines.extend(verdict);
    if model.status() == Some(Status::BuildFailed) {
        lines.push(String::new());
        for error in model.errors.iter().chain(&model.warnings) {
            lines.extend(indented(" ", hard(error, size.columns.saturating_sub(1))));
        }
    }
    lines
}

/// How the four steps stand: build, contract, growth, verdict.
fn marks(model: &Model) -> [Mark; 4] {
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
            Status::ContractBroken => [Good, Bad, Waits, Bad],
            Status::BuildFailed => [Bad, Waits, Waits, Bad],
            Status::NotStarted => [Waits; 4],
        },
    }
}

/// A step with its text, which may go on below.
fn step(name: &str, mark: Mark, text: &str, columns: usize) -> Vec<String> {
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

fn indented(space: &str, lines: impl IntoIterator<Item = String>) -> impl Iterator<Item = String> {
    lines.into_iter().map(move |line| format!("{space}{line}"))
}

/// The build is one line: what cargo says last while it goes on, then how long it took.
fn build(model: &Model, mark: Mark, now: Instant) -> Vec<String> {
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
fn contract(model: &Model) -> String {
    let report = match &model.state {
        State::Contract => return "is asked".to_owned(),
        State::Growth => return "kept".to_owned(),
        State::Told(Told::Found(finding)) => &finding.report,
        State::Building | State::Told(Told::Stuck(_)) => return String::new(),
    };
    match report.status {
        Status::Fixed | Status::Reference | Status::Leaking | Status::Holding => "kept".to_owned(),
        Status::ContractBroken => {
            format!("broken: {}", report.reason.as_deref().unwrap_or_default())
        }
        Status::BuildFailed | Status::NotStarted => String::new(),
    }
}

/// Whether there is more than the heap before the first request.
fn has_growth(model: &Model) -> bool {
    model.points.len() > 1 || matches!(model.state, State::Growth)
}

/// Bytes per request, as far as is known; and the heap as it was last seen.
fn growth(model: &Model) -> String {
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
fn drawing(model: &Model, size: Size, free: usize) -> Vec<String> {
    let rows = free.saturating_sub(1).min(CHART.1);
    let columns = size.columns.saturating_sub(5).min(WIDEST_CHART);
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

fn verdict(model: &Model, mark: Mark, columns: usize) -> Vec<String> {
    match &model.state {
        State::Told(Told::Found(finding)) => found(model, finding, mark, columns),
        State::Told(Told::Stuck(why)) => {
            let text = format!("NOT CHECKED: {why}");
            step("verdict", mark, &text, columns)
        }
        _ => step("verdict", mark, "", columns),
    }
}

/// The verdict in words, where, and how long it took.
fn found(model: &Model, finding: &Finding, mark: Mark, columns: usize) -> Vec<String> {
    let report = &finding.report;
    let (headline, more) = match report.status {
        Status::Fixed => (
            "FIXED".to_owned(),
            "It keeps its contract and does not leak. What is next: cargo lab".to_owned(),
        ),
        Status::Reference => (
            "NO LEAK".to_owned(),
            format!(
                "The file holds the shipped solution. To solve the lab yourself: cargo lab start {}",
                model.lab.number
            ),
        ),
        Status::Leaking => (
            format!(
                "LEAKING: {} bytes of every request are kept",
                rate(report.bytes_per_request.unwrap_or_default()).trim_start_matches('+')
            ),
            place(finding),
        ),
        Status::Holding => (
            "NO LEAK, BUT HOLDING: what a spike took is not given back".to_owned(),
            report.reason.clone().unwrap_or_default(),
        ),
        Status::ContractBroken => (
            "CONTRACT BROKEN: it does not do its job".to_owned(),
            format!("It must hold: {}.", model.lab.contract),
        ),
        Status::BuildFailed => (
            "BUILD FAILED".to_owned(),
            match model.errors.len() {
                1 => "The compiler says why:".to_owned(),
                errors => format!("{errors} errors; begin with the first:"),
            },
        ),
        Status::NotStarted => ("NOT STARTED".to_owned(), String::new()),
    };
    let style = if report.status.passed() { GOOD } else { BAD };
    let mut lines = step("verdict", mark, "", columns);
    lines[0].push_str(&paint(style, &headline));
    let space = " ".repeat(INDENT);
    lines.extend(indented(
        &space,
        paragraph(&more, columns.saturating_sub(INDENT)),
    ));
    if let Some(line) = &finding.line {
        let number = report.top_site.as_ref().and_then(|site| site.line);
        let number = number.unwrap_or_default();
        lines.push(format!(
            "{space}{} {}",
            paint(DIM, &format!("{number} │")),
            paint(CODE, &clean(line.trim()))
        ));
    }
    let since = match model.cause {
        Cause::Start => "the start",
        Cause::Save => "the save",
        Cause::Enter => "Enter",
    };
    let parts = match report.status {
        Status::BuildFailed => String::new(),
        _ => format!(
            ": build {:.1} s, measure {:.1} s",
            report.build_s, report.measure_s
        ),
    };
    let time = format!("{} from {since}{parts}", seconds(finding.took));
    lines.push(format!("{space}{}", paint(DIM, &time)));
    lines
}

/// Where a leak's memory is allocated.
fn place(finding: &Finding) -> String {
    match &finding.report.top_site {
        None => String::new(),
        Some(site) => match (&site.file, site.line) {
            (Some(file), Some(line)) => {
                format!(
                    "Most of it is {}, allocated at {file}:{line}",
                    site.type_name
                )
            }
            _ => format!("Most of it is {}", site.type_name),
        },
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

#[cfg(test)]
#[path = "render_tests.rs"]
mod tests;
