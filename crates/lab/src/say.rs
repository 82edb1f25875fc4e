//! How the lab speaks to a student: headings, notes and things to type, in colour on a terminal.

use anstyle::{AnsiColor, Style};

/// A step's heading.
pub(crate) fn heading(text: &str) {
    let style = Style::new().bold().fg_color(Some(AnsiColor::Cyan.into()));
    anstream::println!("\n{style}── {text}{style:#}\n");
}

/// Plain words.
pub(crate) fn note(text: &str) {
    anstream::println!("{text}");
}

/// What went well.
pub(crate) fn good(text: &str) {
    let style = Style::new().bold().fg_color(Some(AnsiColor::Green.into()));
    anstream::println!("{style}{text}{style:#}");
}

/// What did not.
pub(crate) fn bad(text: &str) {
    let style = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
    anstream::println!("{style}{text}{style:#}");
}

/// Something to type or to open, set apart within a text.
pub(crate) fn code(text: impl std::fmt::Display) -> String {
    let style = Style::new().fg_color(Some(AnsiColor::Yellow.into()));
    format!("{style}{text}{style:#}")
}
