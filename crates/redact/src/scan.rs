//! The rule for text: looks at each name in it, and at what follows.

use std::borrow::Cow;
use std::ops::Range;

use crate::MASK;
use crate::name::{self, Name};

/// A command line with its secrets masked. Its arguments are joined by spaces, so nothing shows where one ends.
pub fn command_line(text: &str) -> Cow<'_, str> {
    scan(text, Ends::Lost)
}

/// What the end of the text, and the spaces in it, mean.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ends {
    /// The text is one argument.
    Known,
    /// The text is a command line; each space may end an argument or be in one.
    Lost,
}

/// The text with its secrets masked.
pub(crate) fn scan(text: &str, ends: Ends) -> Cow<'_, str> {
    let scanner = Scanner {
        text,
        ends,
        no_user_before: 0,
        no_url_user_before: 0,
    };
    let masked = scanner.masked();
    if masked.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    for range in masked {
        out.push_str(&text[copied..range.start]);
        out.push_str(MASK);
        copied = range.end;
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

struct Scanner<'a> {
    text: &'a str,
    ends: Ends,
    /// No `user:password@` begins before this position, and no such part of a URL before the next one. They keep the search
    /// linear.
    no_user_before: usize,
    no_url_user_before: usize,
}

/// How a name and its value are joined.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Joint {
    Equals,
    Colon,
    Space,
}

impl Scanner<'_> {
    /// What is to be masked, in order and apart from each other.
    fn masked(mut self) -> Vec<Range<usize>> {
        let mut masked = Vec::new();
        let mut at = 0;
        while let Some(run) = self.next_run(at) {
            at = run.end;
            if let Some(range) = self.secret_at(&run) {
                at = range.end.max(at);
                masked.push(range);
            }
        }
        masked
    }

    /// The next name, an option's dashes included.
    fn next_run(&self, from: usize) -> Option<Range<usize>> {
        let bytes = self.text.as_bytes();
        let start = from + bytes[from..].iter().position(|&byte| is_of_name(byte))?;
        let length = bytes[start..].iter().position(|&byte| !is_of_name(byte));
        let end = length.map_or(bytes.len(), |length| start + length);
        // `%3Ftoken`: the first two are of an escaped character.
        let is_escaped = start > 0
            && bytes[start - 1] == b'%'
            && end - start > 2
            && bytes[start..start + 2].iter().all(u8::is_ascii_hexdigit);
        Some(if is_escaped {
            start + 2..end
        } else {
            start..end
        })
    }

    fn secret_at(&mut self, run: &Range<usize>) -> Option<Range<usize>> {
        if self.text[run.end..].starts_with("://") {
            return self.user_of_url(run.end + 3);
        }
        let word = &self.text[run.clone()];
        let name = Name::of(word);
        let joint = self.joint(run.end);
        if let Some((joint, value)) = joint
            && name.is_secret()
        {
            return self.value(run, &name, joint, value);
        }
        if word.starts_with('-') || matches!(joint, Some((Joint::Equals, _))) {
            let value = match joint {
                Some((_, value)) => Some(value),
                None => self.next_word(run.end).map(|word| word.start),
            };
            if let Some(value) = value {
                if joint.is_none() && name.is_secret() {
                    return self.value(run, &name, Joint::Space, value);
                }
                if name.is_of_user() {
                    return self.password_of_user(value);
                }
            }
        }
        if matches!(
            word,
            "Bearer" | "bearer" | "BEARER" | "Basic" | "basic" | "BASIC"
        ) {
            let start = self.next_word(run.end)?.start;
            let end = self.end_of_word(start);
            let is_option = name::is_option(&self.text[start..end]);
            return some(start..end).filter(|_| !is_option);
        }
        self.user_of_word(run)
    }

    /// What joins a name that ends here to its value, and where that begins.
    fn joint(&self, end: usize) -> Option<(Joint, usize)> {
        let rest = &self.text[end..];
        let closed = rest.trim_start_matches(['"', '\'', '`', ']', '\\']);
        let spaced = closed.trim_start();
        let (joint, after) = if let Some(after) = spaced.strip_prefix('=') {
            (Joint::Equals, after.trim_start_matches(['=', '>']))
        } else if let Some(after) = strip_escaped(spaced, "%3d") {
            (Joint::Equals, after)
        } else if let Some(after) = spaced.strip_prefix(":=") {
            (Joint::Equals, after)
        } else if let Some(after) = spaced.strip_prefix(':') {
            let is_path = after.starts_with(':') || after.starts_with("//");
            if is_path {
                return None;
            }
            (Joint::Colon, after)
        } else if let Some(after) = strip_escaped(spaced, "%3a") {
            (Joint::Colon, after)
        } else {
            return None;
        };
        // `name= next`: without a space before it as well, the value is empty.
        let is_spaced = joint == Joint::Colon || closed.len() != spaced.len();
        let after = if is_spaced { after.trim_start() } else { after };
        Some((joint, self.text.len() - after.len()))
    }

    /// The value of a secret name, which begins at `start`.
    fn value(
        &self,
        run: &Range<usize>,
        name: &Name,
        joint: Joint,
        start: usize,
    ) -> Option<Range<usize>> {
        let rest = &self.text[start..];
        if rest.is_empty() {
            return None;
        }
        let is_argument = self.ends == Ends::Known && run.start == 0;
        let number = &rest[..rest
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(rest.len())];
        if name.counts(number) && !rest[number.len()..].starts_with(is_of_value) {
            return None;
        }
        if is_argument && joint != Joint::Space {
            return Some(start..self.text.len());
        }
        if let Some(after) = rest.strip_prefix(MASK)
            && !after.starts_with(is_of_value)
        {
            return Some(start..start + MASK.len());
        }
        for quote in ["\\\"", "\"", "'", "`"] {
            if let Some(quoted) = rest.strip_prefix(quote) {
                let start = start + quote.len();
                return some(start..start + closing(quoted, quote));
            }
        }
        let before = self.text[..run.start].chars().next_back();
        let is_closed = self.text[run.end..].starts_with(is_quote);
        if let Some(quote) = before.filter(|c| is_quote(*c))
            && !is_closed
            && joint != Joint::Space
        {
            return some(start..start + closing(rest, quote.encode_utf8(&mut [0; 4])));
        }
        if joint == Joint::Colon && self.ends == Ends::Known {
            return Some(start..self.text.len());
        }
        let word = &self.text[start..self.end_of_word(start)];
        if joint == Joint::Space && name::is_option(word) {
            return None;
        }
        let begins_word = before.is_none_or(|c| c.is_whitespace() || is_quote(c));
        if joint == Joint::Equals && self.ends == Ends::Known && !begins_word {
            return some(start..start + end_of_assigned(rest)); // `Server=a;Password=two words;Database=b`
        }
        let end = start
            + match joint {
                Joint::Equals => end_of_assigned(word),
                Joint::Colon | Joint::Space => word.len(),
            };
        let is_whole_word = end == start + word.len();
        let is_parameter = matches!(before, Some('?' | '&' | '#')); // of a URL, which has no spaces
        let is_phrase = is_whole_word && !is_parameter && name.is_of_phrase();
        some(start..self.end_of_phrase(start, end, joint, is_phrase))
    }

    /// The end of a value whose first word ends at `end`: after the word that a scheme is followed by, and of a phrase before
    /// the next option or assignment.
    fn end_of_phrase(&self, start: usize, mut end: usize, joint: Joint, is_phrase: bool) -> usize {
        let is_scheme = name::is_scheme(&self.text[start..end]);
        if is_scheme && let Some(next) = self.next_word(end) {
            let is_option = name::is_option(&self.text[next.clone()]);
            return if is_option { end } else { next.end };
        }
        while is_phrase
            && let Some(next) = self.next_word(end)
            && let word = &self.text[next.clone()]
            && !word.starts_with('-')
            && (joint != Joint::Equals
                || self.text[..end].ends_with([';', ','])
                || !begins_with_assignment(word))
        {
            end = next.end;
        }
        end
    }

    /// The word after the spaces that begin here; `None` if there are none.
    fn next_word(&self, from: usize) -> Option<Range<usize>> {
        let rest = &self.text[from..];
        let word = rest.trim_start();
        if word.is_empty() || word.len() == rest.len() {
            return None;
        }
        let start = self.text.len() - word.len();
        let length = word.find(char::is_whitespace).unwrap_or(word.len());
        Some(start..start + length)
    }

    /// The end of the word that begins here: before a space, and before quotes that stand before the space.
    fn end_of_word(&self, start: usize) -> usize {
        let rest = &self.text[start..];
        let word = &rest[..rest.find(char::is_whitespace).unwrap_or(rest.len())];
        start + word.trim_end_matches(is_quote).len()
    }

    /// The part of a URL before its `@`. A password that is not escaped may hold `/`, `?` and `#`, so `a:b` may be a user
    /// and the beginning of a password rather than a host and a port, if there is an `@` at all.
    fn user_of_url(&mut self, start: usize) -> Option<Range<usize>> {
        let rest = &self.text[start..];
        let ends = |c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#');
        let authority = &rest[..rest.find(ends).unwrap_or(rest.len())];
        let is_host = authority.starts_with('[') || !authority.contains([':', '@']);
        if is_host || start < self.no_url_user_before {
            return None;
        }
        let region = &rest[..end_of_url(rest)];
        let at = region.rfind('@');
        if at.is_none() {
            self.no_url_user_before = start + region.len();
        }
        some(start..start + at?)
    }

    /// `user:password` before an `@`, without a scheme.
    fn user_of_word(&mut self, run: &Range<usize>) -> Option<Range<usize>> {
        let before = self.text[..run.start].chars().next_back();
        let begins =
            before.is_none_or(|c| c.is_whitespace() || is_quote(c) || matches!(c, '=' | ','));
        if !begins || run.start < self.no_user_before || !self.text[run.end..].starts_with(':') {
            return None;
        }
        let rest = &self.text[run.end..];
        let region = &rest[..rest
            .find(|c: char| c.is_whitespace() || c == '/')
            .unwrap_or(rest.len())];
        let at = region.rfind('@');
        if at.is_none() {
            self.no_user_before = run.end + region.len();
        }
        some(run.start..run.end + at?)
    }

    /// `password` in `user:password`, which begins here.
    fn password_of_user(&self, start: usize) -> Option<Range<usize>> {
        let start = start + usize::from(self.text[start..].starts_with(is_quote));
        let end = self.end_of_word(start);
        let word = &self.text[start..end];
        let colon = word.find(':').filter(|_| !word.contains("://"))?;
        some(start + colon + 1..end)
    }
}

fn some(range: Range<usize>) -> Option<Range<usize>> {
    (!range.is_empty()).then_some(range)
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

fn is_of_value(c: char) -> bool {
    !c.is_whitespace()
        && !is_quote(c)
        && !matches!(c, '&' | ';' | ',' | ')' | ']' | '}' | '@' | '\\')
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\'' | '`')
}

/// Without an escaped character at its start; `escape` is in lower case.
fn strip_escaped<'a>(text: &'a str, escape: &str) -> Option<&'a str> {
    let start = text.get(..escape.len())?;
    start
        .eq_ignore_ascii_case(escape)
        .then(|| &text[escape.len()..])
}

/// Where the quoted text ends; at its end if the quote is not closed.
fn closing(quoted: &str, quote: &str) -> usize {
    let mut from = 0;
    while let Some(at) = quoted[from..].find(quote) {
        let end = from + at;
        let slashes = quoted[..end]
            .bytes()
            .rev()
            .take_while(|&byte| byte == b'\\')
            .count();
        if quote.starts_with('\\') || slashes % 2 == 0 {
            return end;
        }
        from = end + quote.len();
    }
    quoted.len()
}

/// Where a URL ends that goes on with this text: before a space, or before another URL that a separator precedes.
fn end_of_url(text: &str) -> usize {
    let mut from = 0;
    while let Some(next) = text[from..].find("://").map(|at| from + at) {
        if let Some(space) = text[from..next].find(char::is_whitespace) {
            return from + space;
        }
        let before = text[..next].trim_end_matches(|c| c < '\u{80}' && is_of_name(c as u8));
        if before.ends_with([',', ';', '|', '&', '=']) {
            return before.len();
        }
        from = next + 3;
    }
    let space = text[from..].find(char::is_whitespace);
    space.map_or(text.len(), |space| from + space)
}

/// Where the value ends in `value&name=…`: a separator ends it only if another assignment follows.
fn end_of_assigned(word: &str) -> usize {
    word.match_indices(['&', ';', ','])
        .find(|(at, _)| begins_with_assignment(&word[at + 1..]))
        .map_or(word.len(), |(at, _)| at)
}

fn begins_with_assignment(text: &str) -> bool {
    let length = text.bytes().take_while(|&byte| is_of_name(byte)).count();
    length > 0 && text[length..].starts_with('=')
}
