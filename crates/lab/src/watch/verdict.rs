//! The verdict as lines: in words, where, and how long it took.

use heapdiff::terminal::rate;

use super::model::{Cause, Finding, Model, State, Told};
use super::steps::{INDENT, Mark, step};
use super::text::{BAD, CODE, DIM, GOOD, clean, indented, paint, paragraph, seconds};
use crate::check::{Report, Status};

/// What is told of the check, as a step.
pub(super) fn verdict(model: &Model, mark: Mark, columns: usize) -> Vec<String> {
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
            match (&report.top_site, report.bytes_per_request) {
                (Some(_), Some(bytes)) => format!(
                    "LEAKING: {} bytes of every request are kept",
                    rate(bytes).trim_start_matches('+')
                ),
                _ => "LEAKING".to_owned(),
            },
            place(report),
        ),
        Status::Holding => (
            "NO LEAK, BUT HOLDING: RSS has memory that the heap has not".to_owned(),
            report.reason.clone().unwrap_or_default(),
        ),
        Status::Inconclusive => (
            "NOT CERTAIN: it may leak, and may only fill something".to_owned(),
            report.reason.clone().unwrap_or_default(),
        ),
        Status::ContractBroken => (
            "CONTRACT BROKEN: it does not do its job".to_owned(),
            format!("It must hold: {}.", model.lab.contract),
        ),
        Status::BuildFailed => (
            "BUILD FAILED".to_owned(),
            match (&report.reason, model.errors.len()) {
                (Some(reason), _) => reason.clone(),
                (None, 1) => "The compiler says why:".to_owned(),
                (None, errors) => format!("{errors} errors; begin with the first:"),
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

/// Where a leak's memory is allocated; and what is said of it besides.
fn place(report: &Report) -> String {
    let site = report.top_site.as_ref();
    let site = site.map(|site| match (&site.file, site.line) {
        (Some(file), Some(line)) => {
            format!(
                "Most of it is {}, allocated at {file}:{line}",
                site.type_name
            )
        }
        _ => format!("Most of it is {}", site.type_name),
    });
    let parts = report.reason.iter().cloned().chain(site);
    parts.collect::<Vec<_>>().join("\n")
}
