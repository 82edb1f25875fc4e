//! One frame of a stack: its canonical text and the parts of it (function, file, line, column).
//!
//! Knows how dhat-rs and valgrind write a frame. What a function's *name* means is `symbol`'s business,
//! whose code it is `in_app`'s.

use std::borrow::Cow;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;

use printable::printable;

/// One frame of an allocation's stack, without its address.
///
/// Two frames are equal when their canonical texts are: addresses differ from run to run (ASLR) and from
/// call site to call site, and say nothing to a reader. Cloning is cheap: all frames of a snapshot share one text.
#[derive(Clone)]
pub struct Frame {
    texts: Arc<String>,
    start: usize,
    parts: Parts,
}

/// Where the parts of a frame's text are, in bytes from its start: `function (file:line:column)`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parts {
    length: u32,
    function: u32,
    /// Where the file ends; it starts after the function and ` (`. 0 without a file.
    file_end: u32,
    line: Option<NonZeroU32>,
    column: Option<NonZeroU32>,
}

impl Frame {
    /// Reads a frame as it stands in a file's `ftbl`:
    /// `0x55…: function (file:line:col)` (dhat-rs), `0x10…: function (file:line)` or
    /// `0x48…: function (in object)` (valgrind), `???` where a name is unknown.
    ///
    /// Never fails: what is no location stays part of the function's name. Crate disambiguators
    /// (`name[8b3a…]`) and legacy hashes (`::h0123…`) are dropped, and control characters escaped, for a
    /// snapshot may come from anywhere and ends up on a terminal.
    pub fn parse(raw: &str) -> Self {
        let (text, parts) = canonical(without_address(raw));
        Self::within(&Arc::new(text.into_owned()), 0, parts)
    }

    /// The frame whose canonical text starts at `start` in `texts`.
    pub(crate) fn within(texts: &Arc<String>, start: usize, parts: Parts) -> Self {
        Self {
            texts: Arc::clone(texts),
            start,
            parts,
        }
    }

    /// The function's name as the symbol spells it, e.g. `<alloc::vec::Vec<u8>>::push`; `???` if unknown.
    pub fn function(&self) -> &str {
        &self.text()[..self.parts.function as usize]
    }

    /// The source file as the snapshot spells it; dhat-rs keeps a path's last three components only.
    pub fn file(&self) -> Option<&str> {
        let end = self.parts.file_end as usize;
        (end > 0).then(|| &self.text()[self.parts.function as usize + OPEN.len()..end])
    }

    /// The line in [`file`](Self::file), from 1.
    pub fn line(&self) -> Option<u32> {
        self.parts.line.map(NonZeroU32::get)
    }

    /// The column in [`line`](Self::line), from 1; valgrind writes none.
    pub fn column(&self) -> Option<u32> {
        self.parts.column.map(NonZeroU32::get)
    }

    /// Whether the symbolizer knew a name.
    pub fn is_known(&self) -> bool {
        self.function() != "???" && !self.function().is_empty()
    }

    /// `file:line:column`, as far as known; empty without a file.
    pub fn place(&self) -> String {
        let Some(file) = self.file() else {
            return String::new();
        };
        let mut place = file.to_owned();
        for number in [self.line(), self.line().and(self.column())]
            .into_iter()
            .flatten()
        {
            place.push(':');
            place.push_str(&number.to_string());
        }
        place
    }

    /// The canonical text, `function (file:line:col)`: what makes two frames equal.
    pub fn text(&self) -> &str {
        &self.texts[self.start..self.start + self.parts.length as usize]
    }
}

/// What stands between a function and its location.
const OPEN: &str = " (";

impl Parts {
    /// The length of the text, in bytes.
    pub(crate) fn length(&self) -> usize {
        self.length as usize
    }
}

/// The canonical text of a frame without its address, and its parts. Nearly always that is the text as it stands.
pub(crate) fn canonical(raw: &str) -> (Cow<'_, str>, Parts) {
    let text = printable(raw);
    let (name, location, (file, line, column)) = split_location(&text);
    let function = without_hashes(name);
    let length = if location.is_empty() {
        function.len()
    } else {
        function.len() + OPEN.len() + location.len() + 1
    };
    if length >= u32::MAX as usize {
        return canonical("???");
    }
    let mut parts = Parts {
        length: as_u32(length),
        function: as_u32(function.len()),
        file_end: 0,
        line: None,
        column: None,
    };
    // an object is no source file: it is kept in the text, so that frames stay apart
    if !location.is_empty() && !location.starts_with("in ") {
        if file != "???" {
            parts.file_end = as_u32(function.len() + OPEN.len() + file.len());
        }
        (parts.line, parts.column) = (line, column);
    }
    if function.len() == name.len() {
        return (text, parts);
    }
    let mut canonical = function.into_owned();
    if !location.is_empty() {
        canonical.extend([OPEN, location, ")"]);
    }
    (Cow::Owned(canonical), parts)
}

impl PartialEq for Frame {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for Frame {}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.text(), f)
    }
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// The frame without its leading `0x…: `.
pub(crate) fn without_address(raw: &str) -> &str {
    let frame = || {
        let rest = raw.strip_prefix("0x")?;
        let digits = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
        rest[digits..].strip_prefix(": ")
    };
    frame().unwrap_or(raw)
}

/// Splits `function (location)`, and the location; that is empty when there is none.
fn split_location(text: &str) -> (&str, &str, Numbers<'_>) {
    let none = (text, "", ("", None, None));
    let Some(body) = text.strip_suffix(')') else {
        return none;
    };
    let open = |at: &usize| body.as_bytes()[*at] == b'(' && body.as_bytes()[*at - 1] == b' ';
    let Some(open) = (1..body.len()).rev().find(open) else {
        return none;
    };
    let (function, location) = (&body[..open - 1], &body[open + 1..]);
    // `operator new(unsigned long)` and `f(int (*)(char))` end in a parenthesis too
    let numbers = split_numbers(location);
    let is_location =
        location.starts_with("in ") || numbers.1.is_some() || location.ends_with(":0:0");
    if is_location && !function.is_empty() {
        (function, location, numbers)
    } else {
        none
    }
}

/// File, line and column.
type Numbers<'a> = (&'a str, Option<NonZeroU32>, Option<NonZeroU32>);

/// Splits `file:line:column` or `file:line`; 0 stands for unknown.
fn split_numbers(location: &str) -> Numbers<'_> {
    let number = |text: &str| {
        let digits = text.bytes().rev().take_while(u8::is_ascii_digit).count();
        let (head, number) = text.split_at(text.len() - digits);
        let head = head.strip_suffix(':').or_else(|| head.strip_suffix(":+"))?;
        Some((head.len(), number.parse::<u32>().ok()?))
    };
    let known = NonZeroU32::new;
    let Some((end, last)) = number(location) else {
        return (location, None, None);
    };
    let head = &location[..end];
    match number(head) {
        Some((end, line)) => (&head[..end], known(line), known(last)),
        None => (head, known(last), None),
    }
}

/// Drops what a compiler adds to tell equal names apart: `[8b3a…]` after a crate's name (v0) and a final
/// `::h` with 16 hexadecimal digits (legacy). They change with each build.
fn without_hashes(function: &str) -> Cow<'_, str> {
    let legacy = |at: usize| {
        let hash = function.get(at..)?.strip_prefix("::h")?;
        let is_hash = hash.bytes().all(|b| b.is_ascii_hexdigit());
        is_hash.then(|| &function[..at])
    };
    let function = function
        .len()
        .checked_sub("::h".len() + 16)
        .and_then(legacy)
        .unwrap_or(function);
    if !function.as_bytes().contains(&b'[') {
        return Cow::Borrowed(function);
    }
    let mut out = String::with_capacity(function.len());
    let mut rest = function;
    while let Some(open) = rest.find('[') {
        let (before, bracket) = rest.split_at(open);
        out.push_str(before);
        // no further than a hash is long, or a name of many brackets would take its time
        let length = bracket.bytes().skip(1).take(17).position(|b| b == b']');
        let hash = length.map_or("", |length| &bracket[1..=length]);
        let after_name = before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        if after_name
            && (8..=16).contains(&hash.len())
            && hash.bytes().all(|b| b.is_ascii_hexdigit())
        {
            rest = &bracket[hash.len() + 2..];
        } else {
            out.push('[');
            rest = &bracket[1..];
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the caller checked that the text is shorter than 4 GiB"
)]
fn as_u32(offset: usize) -> u32 {
    offset as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(raw: &str) -> (String, Option<String>, Option<u32>, Option<u32>) {
        let frame = Frame::parse(raw);
        (
            frame.function().to_owned(),
            frame.file().map(str::to_owned),
            frame.line(),
            frame.column(),
        )
    }

    #[test]
    fn a_frame_of_dhat_rs_has_function_file_line_and_column() {
        assert_eq!(
            parts("0x55d3: <alloc::vec::Vec<u8>>::push (src/vec/mod.rs:992:22)"),
            (
                "<alloc::vec::Vec<u8>>::push".into(),
                Some("src/vec/mod.rs".into()),
                Some(992),
                Some(22)
            )
        );
    }

    #[test]
    fn a_frame_of_valgrind_has_no_column() {
        assert_eq!(
            parts("0x1091: main (leak.c:10)"),
            ("main".into(), Some("leak.c".into()), Some(10), None)
        );
    }

    #[test]
    fn an_object_is_no_source_file() {
        assert_eq!(
            parts("0x48: malloc (in /usr/lib/vg.so)"),
            ("malloc".into(), None, None, None)
        );
        assert_ne!(
            Frame::parse("0x1: f (in /a.so)"),
            Frame::parse("0x1: f (in /b.so)")
        );
    }

    #[test]
    fn what_is_unknown_stays_unknown() {
        assert_eq!(parts("0x1: ???"), ("???".into(), None, None, None));
        assert_eq!(
            parts("0x1: ??? (???:0:0)"),
            ("???".into(), None, None, None)
        );
        assert_eq!(
            parts("0x1: f (src/a.rs:0:0)"),
            ("f".into(), Some("src/a.rs".into()), None, None)
        );
        assert_eq!(parts(""), (String::new(), None, None, None));
        assert_eq!(parts("[root]"), ("[root]".into(), None, None, None));
    }

    #[test]
    fn a_parenthesis_of_the_name_is_no_location() {
        for name in [
            "operator new(unsigned long)",
            "f(int (*)(char))",
            "<fn() as a::B<(), ()>>::c",
        ] {
            assert_eq!(parts(&format!("0x1: {name}")).0, name);
            assert_eq!(
                parts(&format!("0x1: {name} (a.rs:3:4)")),
                (name.into(), Some("a.rs".into()), Some(3), Some(4))
            );
        }
    }

    #[test]
    fn frames_are_equal_whatever_their_address_and_their_hashes() {
        let frame = Frame::parse("0x1: a::b (src/a.rs:1:2)");
        assert_eq!(frame, Frame::parse("0xffff1: a::b (src/a.rs:1:2)"));
        assert_eq!(
            frame,
            Frame::parse("0x1: a::b::h0123456789abcdef (src/a.rs:1:2)")
        );
        assert_eq!(
            frame,
            Frame::parse("0x1: a[8b3a1f0c9d2e4b57]::b (src/a.rs:1:2)")
        );
        assert_eq!(
            Frame::parse("0x1: <[u8; 100] as a::B>::c").function(),
            "<[u8; 100] as a::B>::c"
        );
    }

    #[test]
    fn escape_sequences_are_spelled_out() {
        let frame = Frame::parse("0x1: \u{1b}[31mred\u{202e} (a\u{7}.rs:1:2)");
        assert_eq!(frame.function(), r"\u{1b}[31mred\u{202e}");
        assert_eq!(frame.file(), Some(r"a\u{7}.rs"));
    }
}
