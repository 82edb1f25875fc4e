//! Texts for the screen: cut and wrapped to its width, without anything that could move its cursor.

use std::time::Duration;

use anstyle::{AnsiColor, Style};
use console::AnsiCodeIterator;
use unicode_width::UnicodeWidthChar;

/// Ends every style.
const PLAIN: &str = "\x1b[0m";

pub(super) const BOLD: Style = Style::new().bold();
pub(super) const DIM: Style = Style::new().dimmed();
pub(super) const GOOD: Style = Style::new()
    .bold()
    .fg_color(Some(anstyle::Color::Ansi(AnsiColor::Green)));
pub(super) const BAD: Style = Style::new()
    .bold()
    .fg_color(Some(anstyle::Color::Ansi(AnsiColor::Red)));
pub(super) const CODE: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Yellow)));
pub(super) const ACTIVE: Style = Style::new()
    .bold()
    .fg_color(Some(anstyle::Color::Ansi(AnsiColor::Cyan)));

/// A text in a style.
pub(super) fn paint(style: Style, text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    format!("{style}{text}{style:#}")
}

/// Lines with space before each.
pub(super) fn indented(
    space: &str,
    lines: impl IntoIterator<Item = String>,
) -> impl Iterator<Item = String> {
    lines.into_iter().map(move |line| format!("{space}{line}"))
}

/// A text's lines, wrapped between words to so many columns.
pub(super) fn paragraph(text: &str, columns: usize) -> Vec<String> {
    let mut out = Vec::new();
    for line in text.lines() {
        let mut row = String::new();
        for word in clean(line).split_inclusive(' ') {
            if width(&row) + width(word.trim_end()) > columns && !row.is_empty() {
                out.push(std::mem::take(&mut row).trim_end().to_owned());
            }
            row.push_str(word);
        }
        match hard(row.trim_end(), columns) {
            rows if rows.is_empty() => out.push(String::new()),
            rows => out.extend(rows),
        }
    }
    out
}

/// A time, to a tenth of a second.
pub(super) fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// A time, as calm as can be: `3 s`, `20 s`, `5 min`, `2 h`.
pub(super) fn ago(time: Duration) -> String {
    match time.as_secs() {
        seconds @ ..10 => format!("{seconds} s"),
        seconds @ 10..60 => format!("{} s", seconds / 10 * 10),
        seconds @ 60..3600 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3600),
    }
}

/// Prose with each of its paragraphs in one line, as it can be wrapped anew. Lists and code stay as they are.
pub(super) fn reflowed(text: &str) -> String {
    let is_prose = |line: &str| line.starts_with(|c: char| c.is_alphabetic() || "`(\"".contains(c));
    let mut out = String::new();
    let mut before = "";
    for line in text.lines() {
        if !out.is_empty() {
            let joins = is_prose(before) && is_prose(line) && !line.starts_with("```");
            out.push(if joins { ' ' } else { '\n' });
        }
        out.push_str(line);
        before = if line.starts_with("```") { "" } else { line };
    }
    out
}

/// A coloured text's lines, broken where a terminal of so many columns would break them. Of its control sequences the
/// colours stay.
pub(super) fn hard(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut rows = Vec::new();
    let (mut row, mut used) = (String::new(), 0);
    // What a row that goes on must begin with.
    let mut style = String::new();
    let mut end = |row: &mut String, style: &str| {
        if !style.is_empty() {
            row.push_str(PLAIN);
        }
        rows.push(std::mem::replace(row, style.to_owned()));
    };
    for (piece, is_code) in AnsiCodeIterator::new(text) {
        if is_code {
            if !piece.starts_with("\x1b[") || !piece.ends_with('m') {
                continue;
            }
            row.push_str(piece);
            if matches!(piece, PLAIN | "\x1b[m") {
                style.clear();
            } else {
                style.push_str(piece);
            }
            continue;
        }
        for c in piece.chars() {
            if c == '\n' {
                end(&mut row, &style);
                used = 0;
                continue;
            }
            let Some(wide) = c.width() else { continue };
            if used + wide > columns {
                end(&mut row, &style);
                used = 0;
            }
            row.push(c);
            used += wide;
        }
    }
    if used > 0 {
        end(&mut row, &style);
    }
    rows
}

/// The beginning of a coloured text that fits into so many columns.
pub(super) fn cut(text: &str, columns: usize) -> String {
    let cut = console::truncate_str(text, columns, "…");
    if cut.contains('\x1b') {
        format!("{cut}{PLAIN}")
    } else {
        cut.into_owned()
    }
}

/// Columns that a coloured text takes.
pub(super) fn width(text: &str) -> usize {
    console::measure_text_width(text)
}

/// Without control characters: a server's answer may be in it.
pub(super) fn clean(text: &str) -> String {
    console::strip_ansi_codes(text)
        .chars()
        .filter(|c| !c.is_control())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_style_goes_on_in_the_next_row() {
        let rows = hard("\x1b[1mabcdef\x1b[0mgh\nij", 4);
        assert_eq!(rows, ["\x1b[1mabcd\x1b[0m", "\x1b[1mef\x1b[0mgh", "ij"]);
    }

    #[test]
    fn nothing_moves_the_cursor() {
        assert_eq!(hard("a\x1b[2Jb\rc\x1b[Hd", 80), ["abcd"]);
        assert_eq!(paragraph("a\x1b[2Jb\x07", 80), ["ab"]);
    }

    #[test]
    fn words_stay_whole_where_they_can() {
        let text = "one two three\n\nelevenletters";
        assert_eq!(
            paragraph(text, 8),
            ["one two", "three", "", "elevenle", "tters"]
        );
    }

    #[test]
    fn prose_flows_and_code_does_not() {
        let text = "one\ntwo\n\n    let a;\n    let b;\n\nthree\n- four\n- five";
        assert_eq!(
            reflowed(text),
            "one two\n\n    let a;\n    let b;\n\nthree\n- four\n- five"
        );
    }

    #[test]
    fn wide_letters_count_twice() {
        assert_eq!(hard("日本語", 4), ["日本", "語"]);
        assert_eq!(width(&cut("\x1b[1m日本語", 5)), 5);
    }
}
