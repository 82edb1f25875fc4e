//! The screen as lines: what there is to see, in a size, at a time. Draws nothing.

use tokio::time::Instant;

use super::model::Model;
use super::steps::{build, contract, drawing, growth, has_growth, marks, step};
use super::text::{
    ACTIVE, BOLD, CODE, DIM, ago, clean, cut, hard, indented, paint, paragraph, reflowed,
};
use super::verdict::verdict;
use crate::check::Status;

/// Columns and rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) columns: usize,
    pub(crate) rows: usize,
}

/// No wider than is easy to read.
const WIDEST_TEXT: usize = 100;

/// Rows that are not scrolled.
const HEAD: usize = 3;
const FOOT: usize = 3;

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
        lines.extend(drawing(model, size.columns, free));
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

#[cfg(test)]
#[path = "render_tests.rs"]
mod tests;
