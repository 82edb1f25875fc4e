//! How the lab speaks to a student: headings, notes and things to type, in colour on a terminal.

use anstyle::{AnsiColor, Style};
use printable::printable_lines;

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
    anstream::println!("{style}{}{style:#}", harmless(text));
}

/// What did not.
pub(crate) fn bad(text: &str) {
    let style = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
    anstream::println!("{style}{}{style:#}", harmless(text));
}

/// A text that may hold what a terminal would obey: a path, a compiler's words, a server's answer. Colours and bells in it are dropped.
pub(crate) fn harmless(text: &str) -> String {
    let plain = anstream::adapter::strip_str(text).to_string();
    printable_lines(&plain).into_owned()
}

/// Something to type or to open, set apart within a text.
pub(crate) fn code(text: impl std::fmt::Display) -> String {
    let style = Style::new().fg_color(Some(AnsiColor::Yellow.into()));
    format!("{style}{text}{style:#}")
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn a_text_of_others_reaches_no_terminal_as_it_is() {
        assert_eq!(harmless("\u{1b}[31mred\u{1b}[0m\nnext"), "red\nnext");
        assert_eq!(harmless("a\u{202e}b\u{7}\u{9b}2J"), r"a\u{202e}b\u{9b}2J");
    }
}
