//! A frame's name as folded stacks can hold it: one word between semicolons, whatever a snapshot says.

use crate::frame::Frame;
use crate::short;

/// The function as people say it. The user's own code says its line, too.
pub(super) fn of(frame: &Frame, in_app: bool) -> String {
    let mut name = short::short_function(frame.function());
    if in_app && let (Some(file), Some(line)) = (frame.file(), frame.line()) {
        name = format!("{name} ({file}:{line})");
    }
    plain(&name)
}

/// A text without what folded stacks or XML cannot hold, and no longer than anyone reads.
fn plain(text: &str) -> String {
    let text = caption(text).replace(';', ":"); // as `stackcollapse-perf.pl` does
    let mut out: String = text.chars().take(LONGEST).collect();
    if out.len() < text.len() {
        out.push('…');
    }
    // `# …` is a comment there, and a last word of digits a count
    if out.starts_with("# ") {
        out.replace_range(1..2, "_");
    }
    if let Some((_, last)) = out.rsplit_once(' ')
        && last.chars().all(|c| c.is_ascii_digit() || c == '.')
    {
        let at = out.len() - last.len() - 1;
        out.replace_range(at..=at, "_");
    }
    if out.is_empty() {
        out.push_str("???");
    }
    out
}

/// A text without what XML cannot hold, in one line.
pub(super) fn caption(text: &str) -> String {
    text.trim()
        .chars()
        .map(|c| match c {
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => ' ',
            '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
            c => c,
        })
        .collect()
}

/// Characters: more than anyone reads, and no name can make a file grow without bounds.
const LONGEST: usize = 400;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_code_says_its_line_and_the_rest_does_not() {
        let frame = Frame::parse("0x1: shop::cart::add::{closure#0} (shop/src/cart.rs:3:4)");
        assert_eq!(of(&frame, true), "cart::add (shop/src/cart.rs:3)");
        assert_eq!(of(&frame, false), "cart::add");
        let push = Frame::parse("0x1: <alloc::vec::Vec<[u8; 100]>>::push (src/vec/mod.rs:1:2)");
        assert_eq!(of(&push, false), "Vec<[u8: 100]>::push");
    }

    #[test]
    fn what_folded_stacks_mean_otherwise_is_replaced() {
        for (hostile, harmless) in [
            ("a;b", "a:b"),
            ("a\nb 1\n", "a b_1"),
            ("a\u{2028}b", "a b"),
            ("# no comment", "#_no comment"),
            ("twenty 20", "twenty_20"),
            ("pi 3.14", "pi_3.14"),
            ("gone \u{ffff}", "gone \u{fffd}"),
            ("  ", "???"),
            ("<script>", "<script>"), // the SVG's writer escapes it
        ] {
            assert_eq!(plain(hostile), harmless, "{hostile:?}");
        }
        assert_eq!(plain(&"é".repeat(100_000)).chars().count(), LONGEST + 1);
    }
}
