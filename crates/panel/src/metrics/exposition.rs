//! The text in which `/metrics` is told, read line by line: the classic format of Prometheus, and `OpenMetrics` as far as
//! the two agree. What the samples mean is `known`'s.
//!
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>,
//! <https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md>
//!
//! Our own, and not a crate: the parsers that there are want `regex`, `nom` or `pest`, which is more to build than all of
//! the panel's own code; it borrows from the text, for it runs once a second for each server.

use std::borrow::Cow;

/// A line of it: one number.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample<'a> {
    /// `http_requests_total`.
    pub name: &'a str,
    /// In their order.
    pub labels: Vec<(&'a str, Cow<'a, str>)>,
    /// What is counted or measured; may be infinite, or no number.
    pub value: f64,
}

impl Sample<'_> {
    /// The value of a label.
    pub fn label(&self, name: &str) -> Option<&str> {
        let mut labels = self.labels.iter();
        labels
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value.as_ref())
    }
}

/// A line that is none of the format's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is none of Prometheus' text format: {text:?}")]
pub struct Garbage {
    /// Counted from 1.
    pub line: usize,
    /// Its beginning.
    pub text: String,
}

/// Longest piece of a line that an error shows, in characters.
const SHOWN: usize = 80;

/// All samples of a text, in their order. Comments, help, types, timestamps and exemplars are passed over.
pub fn samples(text: &str) -> impl Iterator<Item = Result<Sample<'_>, Garbage>> {
    let lines = text.lines().map(str::trim).enumerate();
    lines
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(at, line)| {
            sample(line).ok_or_else(|| Garbage {
                line: at + 1,
                text: line.chars().take(SHOWN).collect(),
            })
        })
}

/// The names of the metrics that a text has, whether or not there are samples of them yet: those of its `# TYPE` lines. One
/// of the formats leaves out the `_total` of counters there.
pub fn declared(text: &str) -> impl Iterator<Item = &str> {
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    types.filter_map(|rest| rest.split_ascii_whitespace().next())
}

/// `name{label="value",…} value [timestamp] [# exemplar]`
fn sample(line: &str) -> Option<Sample<'_>> {
    let end = line.find(|c: char| c == '{' || c.is_ascii_whitespace())?;
    let (name, rest) = line.split_at(end);
    if !is_name(name, ":") {
        return None;
    }
    let rest = rest.trim_start();
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(labels) => read_labels(labels)?,
        None => (Vec::new(), rest),
    };
    let mut words = rest.split_ascii_whitespace();
    let value = number(words.next()?)?;
    let after = words.next();
    let fits = match after {
        None => true,
        Some(word) if word.starts_with('#') => true,
        // Milliseconds in the one format, seconds in the other: when it was measured matters to nobody here.
        Some(timestamp) => {
            number(timestamp).is_some() && words.next().is_none_or(|word| word.starts_with('#'))
        }
    };
    fits.then_some(Sample {
        name,
        labels,
        value,
    })
}

type Labels<'a> = Vec<(&'a str, Cow<'a, str>)>;

/// What stands between braces, of which the first is read already; and what comes after them.
fn read_labels(mut rest: &str) -> Option<(Labels<'_>, &str)> {
    let mut labels = Vec::new();
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix('}') {
            return Some((labels, after));
        }
        let (name, value) = rest.split_once('=')?;
        let name = name.trim_end();
        if !is_name(name, "") {
            return None;
        }
        let (value, after) = quoted(value.trim_start())?;
        labels.push((name, value));
        rest = after.trim_start();
        rest = match rest.strip_prefix(',') {
            Some(after) => after,
            None if rest.starts_with('}') => rest,
            None => return None,
        };
    }
}

/// A text in quotation marks, with `\\`, `\"` and `\n` in it; and what comes after it. Copied only if it has those.
fn quoted(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let text = text.strip_prefix('"')?;
    let end = text.find(['"', '\\'])?;
    if text[end..].starts_with('"') {
        return Some((Cow::Borrowed(&text[..end]), &text[end + 1..]));
    }
    let mut plain = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((Cow::Owned(plain), &text[at + 1..])),
            '\\' => match letters.next()?.1 {
                'n' => plain.push('\n'),
                escaped @ ('\\' | '"') => plain.push(escaped),
                other => plain.extend(['\\', other]), // as Prometheus reads it
            },
            letter => plain.push(letter),
        }
    }
    None
}

fn is_name(name: &str, besides: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || c == '_' || besides.contains(c);
    name.chars().all(good) && name.starts_with(|c: char| !c.is_ascii_digit())
}

/// `1`, `2.5e3`, `+Inf`, `-Inf`, `NaN`; not `infinity` and the like, which Rust would read, too.
fn number(word: &str) -> Option<f64> {
    match word {
        "+Inf" | "Inf" => Some(f64::INFINITY),
        "-Inf" => Some(f64::NEG_INFINITY),
        "NaN" => Some(f64::NAN),
        _ if word.contains(|c: char| c.is_ascii_alphabetic() && !matches!(c, 'e' | 'E')) => None,
        _ => word.parse().ok(),
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these numbers are exact")]
mod tests {
    use super::*;

    fn one(line: &str) -> Sample<'_> {
        let mut all = samples(line).map(|sample| sample.expect(line));
        let only = all.next().expect(line);
        assert!(all.next().is_none(), "{line}");
        only
    }

    #[test]
    fn both_formats_of_our_own_server_say_the_same() {
        let of = |text: &'static str| {
            let all = samples(text).map(|sample| sample.expect("a sample"));
            let all = all.filter(|sample| !sample.name.starts_with("process_"));
            all.collect::<Vec<_>>()
        };
        let classic = of(include_str!("../../tests/metrics/classic.txt"));
        let open = of(include_str!("../../tests/metrics/openmetrics.txt"));
        assert_eq!(classic.len(), 43);
        let names = |samples: &[Sample<'_>]| {
            let names = samples.iter();
            let mut names: Vec<_> = names
                .map(|it| (it.name.to_owned(), it.labels.len()))
                .collect();
            names.sort(); // a histogram's sum may come before or after its buckets
            names
        };
        assert_eq!(names(&classic), names(&open));
        for text in [
            include_str!("../../tests/metrics/classic.txt"),
            include_str!("../../tests/metrics/openmetrics.txt"),
        ] {
            assert_eq!(declared(text).count(), 18);
            assert!(declared(text).any(|name| name.trim_end_matches("_total") == "http_requests"));
        }
        let bucket = classic.iter().find(|it| it.label("le") == Some("0.0005"));
        assert_eq!(bucket.map(|it| it.value), Some(1.0));
    }

    #[test]
    fn what_is_escaped_in_a_label_is_told_as_it_was_meant() {
        let sample = one(r#"a:b{path="C:\\x \"y\"\n, }", q = "" , } 1.5"#);
        assert_eq!(sample.name, "a:b");
        assert_eq!(sample.label("path"), Some("C:\\x \"y\"\n, }"));
        assert_eq!(sample.label("q"), Some(""));
        assert_eq!(sample.label("other"), None);
        assert_eq!(one(r#"a{b="größer # x"} 1"#).label("b"), Some("größer # x"));
    }

    #[test]
    fn numbers_may_be_infinite_or_none_and_have_timestamps_and_exemplars() {
        let value = |line| one(line).value;
        assert_eq!(value("a +Inf"), f64::INFINITY);
        assert_eq!(value("a{} -Inf"), f64::NEG_INFINITY);
        assert!(value("a NaN").is_nan());
        assert_eq!(value("  a\t1.5e+3  1395066363000 "), 1500.0);
        assert_eq!(value("a{le=\"1\"} 7 # {trace_id=\"x y\"} 0.67"), 7.0);
        assert_eq!(value("a 7 12.5 # {trace_id=\"x\"} 0.67 12.5"), 7.0);
    }

    #[test]
    fn comments_and_empty_lines_are_no_samples() {
        let text = "# HELP a {weird \"\n#\n\n \n# EOF\na 1\r\n";
        assert_eq!(one(text).name, "a");
    }

    #[test]
    fn what_is_no_sample_is_told_with_its_line() {
        for bad in [
            "<!doctype html>",
            "{\"error\":\"no\"}",
            "a",
            "a ",
            "a{} ",
            "a one",
            "a infinity",
            "a 0x10",
            "a 1 2 3",
            "a 1 soon",
            "1a 1",
            "a-b 1",
            "a{b} 1",
            "a{b=c} 1",
            "a{b=\"c} 1",
            "a{b=\"c\\",
            "a{b=\"c\" d=\"e\"} 1",
            "a{b=\"c\"",
            "größe 1",
            "\u{1b}[31m 1",
        ] {
            let text = format!("fine 1\n{bad}");
            let error = samples(&text).nth(1).expect(bad).expect_err(bad);
            assert_eq!((error.line, error.text.as_str()), (2, bad.trim()));
        }
        let long = format!("{} x", "ä".repeat(5000));
        let error = samples(&long).next().expect("a line").expect_err("no name");
        assert_eq!(error.text.chars().count(), SHOWN);
    }
}
