//! Cuts the strings in a line of JSON while it is read.

use memchr::{memchr, memchr2};

use super::{CUT, Keep};

/// Longest string within a line of JSON, in bytes.
const MOST_STRING: usize = 16 << 10;

/// Longest line of JSON once its strings are short, in bytes.
const MOST_JSON: usize = 1 << 20;

/// Keeps a line of JSON with the start of each string, so that it is JSON still. Keeps only the start of a line that is
/// too long even so, which then is no JSON.
#[derive(Default)]
pub(crate) struct ShortStrings {
    kept: Vec<u8>,
    place: Place,
    /// Bytes of the string that were kept.
    string: usize,
    /// Whether the rest of the string is left out.
    cut: bool,
}

/// Where in a line of JSON the next byte stands.
#[derive(Default)]
enum Place {
    #[default]
    Outside,
    InString,
    AfterBackslash,
    /// So many digits of `\uXXXX` follow.
    Digits(u8),
}

impl ShortStrings {
    fn keep(&mut self, part: &[u8]) {
        let room = MOST_JSON.saturating_sub(self.kept.len());
        self.kept.extend_from_slice(&part[..room.min(part.len())]);
    }

    /// Keeps a part of a string, as far as there is room for it.
    fn keep_of_string(&mut self, part: &[u8]) {
        let room = MOST_STRING.saturating_sub(self.string);
        self.cut |= part.len() > room;
        self.string += part.len().min(room);
        self.keep(&part[..part.len().min(room)]);
    }
}

impl Keep for ShortStrings {
    fn take(&mut self, mut part: &[u8]) {
        while let Some(&byte) = part.first() {
            let read = match self.place {
                Place::Outside => {
                    let quote = memchr(b'"', part);
                    let read = quote.map_or(part.len(), |at| at + 1);
                    self.keep(&part[..read]);
                    if quote.is_some() {
                        (self.place, self.string, self.cut) = (Place::InString, 0, false);
                    }
                    read
                }
                Place::InString => {
                    let end = memchr2(b'"', b'\\', part);
                    let text = end.unwrap_or(part.len());
                    if !self.cut {
                        self.keep_of_string(&part[..text]);
                    }
                    match end.map(|at| part[at]) {
                        None => text,
                        Some(b'"') => {
                            if self.cut {
                                self.keep(CUT.as_bytes());
                            }
                            self.keep(b"\"");
                            self.place = Place::Outside;
                            text + 1
                        }
                        // An escape is kept whole or not at all.
                        Some(_) => {
                            self.cut |= self.string >= MOST_STRING;
                            if !self.cut {
                                self.keep(b"\\");
                            }
                            self.place = Place::AfterBackslash;
                            text + 1
                        }
                    }
                }
                Place::AfterBackslash | Place::Digits(_) => {
                    if !self.cut {
                        self.keep(&[byte]);
                        self.string += 1;
                    }
                    self.place = match self.place {
                        Place::AfterBackslash if byte == b'u' => Place::Digits(4),
                        Place::Digits(left @ 2..) => Place::Digits(left - 1),
                        _ => Place::InString,
                    };
                    1
                }
            };
            part = &part[read..];
        }
    }

    fn end(&mut self) -> String {
        let line = String::from_utf8_lossy(&self.kept).into_owned();
        *self = Self::default();
        line
    }
}

#[cfg(test)]
mod tests {
    use super::super::all_lines;
    use super::*;

    #[tokio::test]
    async fn a_line_of_json_stays_json_with_short_strings() {
        for piece in ["x", "é", "\\n", "\\\\", "\\\"", "\\u001b", "x\\u001b\\\""] {
            for lead in 0..8 {
                let long = format!("{}{}", "x".repeat(lead), piece.repeat(MOST_STRING + 1));
                let line = format!("{{\"a\":\"{long}\",\"b\":[1,\"two\"],\"c\":\"{long}\"}}\n");
                let found = all_lines(line.as_bytes(), ShortStrings::default()).await;
                let json: serde_json::Value = serde_json::from_str(&found[0]).unwrap();
                let kept = json["a"].as_str().unwrap();
                assert!(kept.ends_with(CUT) && json["c"] == kept, "{piece:?} {lead}");
                assert!(kept.len() <= MOST_STRING + 20, "{piece}: {}", kept.len());
                assert_eq!(json["b"], serde_json::json!([1, "two"]));
            }
        }
        let short = r#"{"a":"é\u001b[1m \"\\","b":null}"#;
        assert_eq!(
            all_lines(short.as_bytes(), ShortStrings::default()).await,
            [short]
        );
    }

    #[tokio::test]
    async fn a_line_of_many_strings_is_bounded_too() {
        let line = format!("[{}0]\n[1]\n", "\"x\",".repeat(MOST_JSON));
        let found = all_lines(line.as_bytes(), ShortStrings::default()).await;
        assert_eq!(found[0].len(), MOST_JSON);
        assert_eq!(found[1], "[1]");
    }
}
