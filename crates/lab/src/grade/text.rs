//! Grades as tables to read.

use std::fmt::Write as _;

use super::format::{confined, remarks};
use super::sheet::{Grade, Sheet};
use crate::bounded;

/// Characters of a submission's name that are shown in a table.
const MOST_OF_A_NAME: usize = 60;

/// Lines of a reason that are shown.
const MOST_LINES: usize = 12;

/// A submission, a line a lab, each with its reason below.
pub(super) fn render(sheet: &Sheet) -> String {
    let mut out = format!("{}\n\n", one_line(&sheet.submission));
    let widest = sheet.labs.iter().map(|grade| grade.title.chars().count());
    let widest = widest.max().unwrap_or(0);
    for grade in &sheet.labs {
        let _ = writeln!(
            out,
            "  lab {:<2} {:widest$}  {:<16} {:>5} of {}",
            grade.lab,
            grade.title,
            grade.status.words(),
            grade.points,
            grade.max_points
        );
        out.push_str(&reason(grade));
    }
    let _ = writeln!(
        out,
        "\n  {} of {} points ({:.0} s)",
        sheet.points, sheet.max_points, sheet.elapsed_s
    );
    for remark in remarks(sheet) {
        let _ = writeln!(out, "  note: {remark}");
    }
    for line in confined(sheet) {
        let _ = writeln!(out, "  {line}");
    }
    out
}

/// A class, a line a submission, and a column a lab.
pub(super) fn class(sheets: &[Sheet]) -> String {
    let names: Vec<String> = sheets
        .iter()
        .map(|sheet| bounded::start(&one_line(&sheet.submission), MOST_OF_A_NAME))
        .collect();
    let widest = names.iter().map(|name| name.chars().count());
    let widest = widest.max().unwrap_or(0).max("submission".len());
    let mut out = format!("{:widest$}", "submission");
    let Some(first) = sheets.first() else {
        return String::new();
    };
    for grade in &first.labs {
        let _ = write!(out, "  {:<16}", format!("lab {}", grade.lab));
    }
    out.push_str("  points\n");
    for (sheet, name) in sheets.iter().zip(names) {
        let _ = write!(out, "{name:widest$}");
        for grade in &sheet.labs {
            let _ = write!(out, "  {:<16}", grade.status.words());
        }
        let _ = writeln!(out, "  {} of {}", sheet.points, sheet.max_points);
    }
    out.push('\n');
    for line in confined(first) {
        let _ = writeln!(out, "{line}");
    }
    out
}

/// A submission's name, which may hold line feeds.
pub(super) fn one_line(name: &str) -> String {
    name.replace(char::is_control, "\u{fffd}")
}

fn reason(grade: &Grade) -> String {
    let Some(reason) = &grade.reason else {
        return String::new();
    };
    let mut out = String::new();
    for line in reason.lines().take(MOST_LINES) {
        let _ = writeln!(out, "         {line}");
    }
    if reason.lines().nth(MOST_LINES).is_some() {
        out.push_str("         …\n");
    }
    out
}
