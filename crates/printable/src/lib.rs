//! Texts that come from elsewhere (names in a snapshot, paths, what a server says), made harmless for a terminal.
#![forbid(unsafe_code)]

use std::borrow::Cow;

/// `text` on one line, with each character spelled out that a terminal would obey or hide: control characters (C0, DEL, C1),
/// line separators, direction marks, and characters without a width.
///
/// ```
/// assert_eq!(printable::printable("a\u{1b}[2J\u{202e}b.json"), r"a\u{1b}[2J\u{202e}b.json");
/// ```
pub fn printable(text: &str) -> Cow<'_, str> {
    spelled_out(text, is_hostile)
}

/// The same of a text of several lines: `\n` stays.
pub fn printable_lines(text: &str) -> Cow<'_, str> {
    spelled_out(text, |c| c != '\n' && is_hostile(c))
}

fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}' // a direction mark, as are 200e to 200f, 202a to 202e and 2066 to 2069
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{2069}'
                | '\u{feff}'
                | '\u{e0000}'..='\u{e007f}' // tags, which no font shows
        )
}

fn spelled_out(text: &str, hostile: impl Fn(char) -> bool) -> Cow<'_, str> {
    // Nearly all names are of ASCII. Without an early end, many bytes are looked at together.
    let plain = |all: bool, byte: &u8| all & (b' '..=b'~').contains(byte);
    if text.as_bytes().iter().fold(true, plain) || !text.contains(&hostile) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if hostile(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_spelled_out() {
        for c in [
            '\u{0}', '\u{7}', '\n', '\u{1b}', '\u{7f}', '\u{9b}', '\u{2028}', '\u{202e}',
            '\u{2066}',
        ] {
            let text = format!("a{c}b");
            let shown = printable(&text);
            assert_eq!(shown, format!("a{}b", c.escape_unicode()));
        }
        assert_eq!(printable_lines("a\n\tb"), "a\n\\u{9}b");
    }

    #[test]
    fn other_texts_stay_as_they_are() {
        for text in ["", "plain (a.rs:1:2)", "größer → 日本"] {
            assert!(matches!(printable(text), Cow::Borrowed(same) if same == text));
        }
    }
}
