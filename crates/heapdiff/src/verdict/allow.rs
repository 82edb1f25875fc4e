//! The allow-list: growth that is known and accepted, with a reason, and not for ever.
//!
//! ```toml
//! [[allow]]
//! type = "HashMap<String, *>"       # all that are given must match; at least one
//! function = "metrics::label"
//! file = "src/metrics.rs"
//! reason = "one label per customer, and there are few: ABC-123"
//! expires = 2026-12-31              # the last day; may be left out
//! ```
//!
//! `*` stands for any text. A type and a function match as `heapdiff` says them, or as the snapshot spells them; a file
//! as the end of its path.

use std::fmt;
use std::path::Path;

use serde::Deserialize;

use super::Date;
use super::site::SiteGrowth;

/// What a user accepts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllowList {
    /// The entries, in the file's order.
    #[serde(default, rename = "allow")]
    pub entries: Vec<Allow>,
}

/// An entry: which sites, why, and until when.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allow {
    /// The type that was allocated.
    pub r#type: Option<String>,
    /// The function that allocated it.
    pub function: Option<String>,
    /// The file that the function is in, or the end of its path.
    pub file: Option<String>,
    /// Why it is accepted.
    pub reason: String,
    /// The last day on which it is.
    pub expires: Option<Date>,
}

/// What is wrong with an allow-list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AllowError {
    /// No TOML, or no allow-list in it.
    #[error("line {line}: {message}")]
    NotToml {
        /// Where, from 1.
        line: usize,
        /// What the parser says.
        message: String,
    },
    /// An entry that every site would match.
    #[error("entry {0} names no site; give it a type, a function or a file")]
    MatchesAll(usize),
    /// An entry without a reason: who comes after could not tell whether it still holds.
    #[error("entry {0} has an empty reason; say why the growth is accepted")]
    NoReason(usize),
}

impl AllowList {
    /// Reads a list.
    ///
    /// # Errors
    /// [`AllowError`]: it is not TOML, or an entry of it is not complete.
    pub fn parse(text: &str) -> Result<Self, AllowError> {
        let list: Self = toml::from_str(text).map_err(|error| {
            let end = error.span().map_or(0, |span| span.start).min(text.len());
            AllowError::NotToml {
                line: text
                    .get(..end)
                    .map_or(0, |before| before.matches('\n').count())
                    + 1,
                message: error.message().lines().collect::<Vec<_>>().join(" "),
            }
        })?;
        for (at, entry) in list.entries.iter().enumerate() {
            let given = [&entry.r#type, &entry.function, &entry.file];
            let says =
                |text: &&&Option<String>| text.as_ref().is_some_and(|text| !text.trim().is_empty());
            if given.iter().filter(says).count() == 0 {
                return Err(AllowError::MatchesAll(at + 1));
            }
            if entry.reason.trim().is_empty() {
                return Err(AllowError::NoReason(at + 1));
            }
        }
        Ok(list)
    }
}

impl Allow {
    /// Whether it no longer holds on that day.
    pub fn is_expired(&self, today: Date) -> bool {
        self.expires.is_some_and(|last| last < today)
    }

    /// Whether it speaks of this site.
    pub(super) fn matches(&self, growth: &SiteGrowth) -> bool {
        let site = &growth.site;
        let any = |pattern: &Option<String>, texts: &[&str]| {
            pattern
                .as_ref()
                .is_none_or(|pattern| texts.iter().any(|text| glob(pattern.trim(), text)))
        };
        let file = site.frame.file().unwrap_or_default();
        any(&self.r#type, &[&site.constructor()])
            && any(&self.function, &[&site.function(), site.frame.function()])
            && self.file.as_ref().is_none_or(|pattern| {
                let pattern = pattern.trim();
                glob(pattern, file)
                    || Path::new(file).ends_with(pattern)
                    || glob(&format!("*/{pattern}"), file)
                    // a snapshot keeps the last three parts of a path only
                    || !file.is_empty() && Path::new(pattern).ends_with(file)
            })
    }
}

impl fmt::Display for Allow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = [
            ("type", &self.r#type),
            ("function", &self.function),
            ("file", &self.file),
        ];
        let named: Vec<String> = named
            .into_iter()
            .filter_map(|(name, text)| Some(format!("{name} {:?}", text.as_deref()?)))
            .collect();
        f.write_str(&named.join(", "))
    }
}

/// Whether a text is as a pattern says, whose `*` stand for any text. Takes time with the product of both lengths at
/// worst.
fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else {
            return false;
        };
        rest = after;
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Frame;
    use crate::site::Site;
    use crate::verdict::site::points;

    fn site() -> SiteGrowth {
        let site = Site {
            type_name: Some("HashMap<String, u64>".into()),
            frame: Frame::parse("shop::metrics::label::{closure#0} (shop/src/metrics.rs:7:9)"),
            in_app: true,
        };
        SiteGrowth::of(site, points(&[1, 2, 4], |n| (n, n)))
    }

    fn entry(toml: &str) -> Allow {
        let list = AllowList::parse(&format!("[[allow]]\n{toml}\nreason = \"known\""));
        list.expect("a list").entries.remove(0)
    }

    #[test]
    fn an_entry_matches_by_type_function_and_file() {
        for matching in [
            "type = 'HashMap<String, u64>'",
            "type = 'HashMap<*>'",
            "type = '*String*'",
            "function = 'metrics::label'",
            "function = 'shop::metrics::*'",
            "file = 'metrics.rs'",
            "file = 'src/metrics.rs'",
            "file = 'crates/shop/src/metrics.rs'",
            "file = 'src/*.rs'",
            "type = 'HashMap*'\nfile = 'metrics.rs'",
        ] {
            assert!(entry(matching).matches(&site()), "{matching}");
        }
        for other in [
            "type = 'HashMap'",
            "type = 'Vec<*>'",
            "function = 'label'",
            "file = 'rics.rs'",
            "file = 'src'",
            "type = 'HashMap*'\nfile = 'other.rs'",
        ] {
            assert!(!entry(other).matches(&site()), "{other}");
        }
    }

    #[test]
    fn a_star_is_any_text() {
        for (pattern, text) in [
            ("*", ""),
            ("a*", "a"),
            ("a*c", "abbc"),
            ("*b*", "abc"),
            ("a*b*c", "a-b-c"),
        ] {
            assert!(glob(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("", "a"),
            ("a", "ab"),
            ("a*a", "a"),
            ("a*b*c", "acb"),
            ("*b", "abc"),
        ] {
            assert!(!glob(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn the_last_day_still_counts() {
        let entry = entry("type = 'a'\nexpires = 2026-12-31");
        let day = |text: &str| text.parse().expect("a day");
        assert!(!entry.is_expired(day("2026-12-31")));
        assert!(entry.is_expired(day("2027-01-01")));
    }

    #[test]
    fn a_list_that_says_too_little_is_refused() {
        let refused = |text: &str| AllowList::parse(text).expect_err(text).to_string();
        assert_eq!(
            refused("[[allow]]\nreason = 'x'"),
            "entry 1 names no site; give it a type, a function or a file"
        );
        assert_eq!(
            refused("[[allow]]\ntype = 'x'\nreason = ' '"),
            "entry 1 has an empty reason; say why the growth is accepted"
        );
        assert!(refused("[[allow]]\ntype = 'x'").contains("missing field `reason`"));
        assert!(
            refused("[[allow]]\nfunc = 'x'\nreason = 'y'")
                .starts_with("line 2: unknown field `func`")
        );
        assert!(
            refused("[[allow]]\ntype = 'x'\nreason = 'y'\nexpires = 2026-12-31T10:00:00Z")
                .contains("without the time")
        );
        assert!(refused("leak:foo").starts_with("line 1: "));
        assert_eq!(
            AllowList::parse("# nothing yet\n"),
            Ok(AllowList::default())
        );
    }
}
