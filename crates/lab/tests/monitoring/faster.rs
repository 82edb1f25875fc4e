//! The shipped configuration with every duration a twentieth of itself, and nothing else changed.

use std::fmt::Write as _;

const FASTER: u64 = 20;

/// An hour, as `predict_linear` has it: in seconds, and without a unit.
const HOUR: &str = "3600";

/// Every duration, and the hour of `predict_linear`, divided by twenty. A name that ends like a duration is none.
pub(crate) fn faster(text: &str) -> String {
    let in_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '.' | '-');
    let mut rest = text;
    let mut all = String::new();
    while !rest.is_empty() {
        let end = rest.find(|c| !in_word(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        match milliseconds(word) {
            Some(time) => {
                assert_eq!(time % FASTER, 0, "{word} has no whole twentieth");
                write!(all, "{}ms", time / FASTER).unwrap();
            }
            None if word == HOUR => all.push_str("180"),
            None => all.push_str(word),
        }
        let next = after.find(in_word).unwrap_or(after.len());
        let (between, after) = after.split_at(next);
        all.push_str(between);
        rest = after;
    }
    all
}

fn milliseconds(word: &str) -> Option<u64> {
    let unit = word.chars().last()?;
    let number: u64 = word.strip_suffix(unit)?.parse().ok()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        _ => return None,
    };
    Some(number * seconds * 1000)
}

#[test]
fn durations_are_a_twentieth_and_the_rest_is_as_it_was() {
    let text = "- record: a:b:growth5m # 5 m\n  expr: x[5m] offset 1m, 3600) > 100 and 127.0.0.1:3000\n  for: 4m\n";
    let expected = "- record: a:b:growth5m # 5 m\n  expr: x[15000ms] offset 3000ms, 180) > 100 and 127.0.0.1:3000\n  for: 12000ms\n";
    assert_eq!(faster(text), expected);
}
