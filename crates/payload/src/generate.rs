//! Requests from a seed: the same seed gives the same clients, words and orders on every machine and
//! in every release, so that a leak found once is found again.

use std::fmt;

use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::{Rng, SeedableRng};

/// Search terms, most frequent first: what clients ask for follows a long tail.
const WORDS: [&str; 16] = [
    "coffee", "tea", "bread", "butter", "apple", "cheese", "honey", "pepper", "olive", "almond",
    "saffron", "quince", "tamarind", "lovage", "medlar", "salsify",
];

/// An endless stream of [`Sample`]s, fixed by its seed.
#[derive(Clone, Debug)]
pub struct Generator {
    rng: Pcg64Mcg,
    next_id: u64,
}

/// What one client sends in one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// 0, 1, 2, …: unique within a generator.
    pub id: u64,
    /// Who sends it: one of 10,000 users, small numbers more often.
    pub user: u32,
    /// A session token, 16 hexadecimal digits; a new one every time.
    pub session: String,
    /// A search term, common ones more often.
    pub word: &'static str,
    /// How many of it: 1 to 9.
    pub quantity: u32,
}

impl Generator {
    /// A generator that will always yield the same samples for this `seed`.
    pub fn new(seed: u64) -> Self {
        Self {
            rng: Pcg64Mcg::seed_from_u64(seed),
            next_id: 0,
        }
    }

    /// A number in `0..n`, small ones more often: the smaller of two draws.
    fn skewed(&mut self, n: u32) -> u32 {
        let (a, b) = (self.rng.next_u32() % n, self.rng.next_u32() % n);
        a.min(b)
    }
}

impl Iterator for Generator {
    type Item = Sample;

    fn next(&mut self) -> Option<Sample> {
        let id = self.next_id;
        self.next_id += 1;
        let words = u32::try_from(WORDS.len()).expect("a short list");
        Some(Sample {
            id,
            user: self.skewed(10_000),
            session: format!("{:016x}", self.rng.next_u64()),
            word: WORDS[self.skewed(words) as usize],
            quantity: 1 + self.rng.next_u32() % 9,
        })
    }
}

/// A text with placeholders, `{id}`, `{user}`, `{session}`, `{word}` and `{quantity}`, that a
/// [`Sample`] fills: `/search?q={word}&user={user}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Field(Field),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Id,
    User,
    Session,
    Word,
    Quantity,
}

/// A template names something that a [`Sample`] has not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownPlaceholder {
    /// What stands between the braces.
    pub name: String,
}

impl Template {
    /// Reads a template. A brace that is never closed stands for itself.
    ///
    /// # Errors
    /// [`UnknownPlaceholder`] when a placeholder is none of the five.
    pub fn parse(text: &str) -> Result<Self, UnknownPlaceholder> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, name, after)) = next_placeholder(rest) {
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(Part::Field(Field::named(name)?));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self { parts })
    }

    /// Whether every [`fill`](Self::fill) gives the same text.
    pub fn is_constant(&self) -> bool {
        self.parts.iter().all(|part| matches!(part, Part::Text(_)))
    }

    /// The text with the sample's values in their places.
    pub fn fill(&self, sample: &Sample) -> String {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.clone(),
                Part::Field(Field::Id) => sample.id.to_string(),
                Part::Field(Field::User) => sample.user.to_string(),
                Part::Field(Field::Session) => sample.session.clone(),
                Part::Field(Field::Word) => sample.word.to_owned(),
                Part::Field(Field::Quantity) => sample.quantity.to_string(),
            })
            .collect()
    }
}

impl Field {
    fn named(name: &str) -> Result<Self, UnknownPlaceholder> {
        match name {
            "id" => Ok(Self::Id),
            "user" => Ok(Self::User),
            "session" => Ok(Self::Session),
            "word" => Ok(Self::Word),
            "quantity" => Ok(Self::Quantity),
            _ => Err(UnknownPlaceholder {
                name: name.to_owned(),
            }),
        }
    }
}

impl fmt::Display for UnknownPlaceholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "unknown placeholder {{{}}}: use {{id}}, {{user}}, {{session}}, {{word}} or {{quantity}}",
            self.name
        )
    }
}

impl std::error::Error for UnknownPlaceholder {}

fn next_placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

#[cfg(test)]
mod tests {
    use super::{Generator, Sample, Template};

    #[test]
    fn a_seed_fixes_its_samples_for_ever() {
        let first = Generator::new(7).next().unwrap();
        assert_eq!(
            first,
            Sample {
                id: 0,
                user: 162,
                session: "454f5828681cbeab".to_owned(),
                word: "pepper",
                quantity: 8,
            }
        );
    }

    #[test]
    fn equal_seeds_agree_and_different_seeds_differ() {
        let take = |seed| Generator::new(seed).take(100).collect::<Vec<_>>();
        assert_eq!(take(1), take(1));
        assert_ne!(take(1), take(2));
    }

    #[test]
    fn common_words_come_more_often_than_rare_ones() {
        let count = |word| {
            Generator::new(3)
                .take(10_000)
                .filter(|sample| sample.word == word)
                .count()
        };
        assert!(count("coffee") > 4 * count("salsify"));
        assert!(count("salsify") > 0);
    }

    #[test]
    fn a_template_is_filled_from_a_sample() {
        let template = Template::parse("/search?q={word}&user={user}").unwrap();
        let sample = Sample {
            id: 1,
            user: 42,
            session: "00ff".to_owned(),
            word: "tea",
            quantity: 2,
        };
        assert_eq!(template.fill(&sample), "/search?q=tea&user=42");
        assert!(!template.is_constant());
    }

    #[test]
    fn a_template_without_placeholders_is_constant() {
        assert!(Template::parse("/bloatMyServer").unwrap().is_constant());
        assert!(Template::parse("/a{b").unwrap().is_constant());
    }

    #[test]
    fn an_unknown_placeholder_is_an_error_that_names_it() {
        let error = Template::parse("/x/{nope}").unwrap_err();
        assert!(error.to_string().contains("{nope}"));
    }
}
