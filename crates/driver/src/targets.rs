//! Which URL each request asks for: several in turn, the placeholders filled from the seed, in an order that never changes.

use payload::{Generator, Sample, Template};
use reqwest::Url;

use crate::error::LoadError;

/// An endless stream of URLs.
#[derive(Clone, Debug)]
pub(crate) struct Targets {
    list: Vec<Target>,
    /// Index into `list`.
    turn: usize,
    /// One for all of them; `None` where nothing is to be filled.
    generator: Option<Box<Generator>>,
}

#[derive(Clone, Debug)]
enum Target {
    Constant(Url),
    Filled(Template),
}

impl Targets {
    /// What comes after `after` requests have been sent.
    pub(crate) fn parse(urls: &[String], seed: u64, after: u64) -> Result<Self, LoadError> {
        let list = urls
            .iter()
            .map(|url| Target::parse(url))
            .collect::<Result<Vec<_>, _>>()?;
        let Some(turn) = after.checked_rem(list.len() as u64) else {
            return Err(LoadError::NoUrl);
        };
        let generator = list
            .iter()
            .any(|target| matches!(target, Target::Filled(_)))
            .then(|| {
                let mut generator = Generator::new(seed);
                (0..after).for_each(|_| drop(generator.next()));
                Box::new(generator)
            });
        Ok(Self {
            list,
            turn: usize::try_from(turn).expect("less than the length of a list"),
            generator,
        })
    }

    pub(crate) fn next(&mut self) -> Url {
        let sample = self.generator.as_mut().and_then(Iterator::next);
        let target = &self.list[self.turn];
        self.turn = (self.turn + 1) % self.list.len();
        target.fill(sample.as_ref())
    }
}

impl Target {
    fn parse(text: &str) -> Result<Self, LoadError> {
        let shown = || redact::command_line(text).into_owned();
        let unusable = |reason: String| LoadError::Url {
            url: shown(),
            reason,
        };
        // The text as it stands must already be a URL, so that filling it cannot fail.
        let url = Url::parse(text).map_err(|error| unusable(error.to_string()))?;
        if url.scheme() != "http" {
            return Err(LoadError::Scheme {
                url: shown(),
                scheme: url.scheme().to_owned(),
            });
        }
        if url.host_str().is_some_and(|host| host.contains('{')) {
            return Err(unusable(
                "only its path and query may hold placeholders".to_owned(),
            ));
        }
        let template = Template::parse(text).map_err(|source| LoadError::Placeholder {
            url: shown(),
            source,
        })?;
        Ok(if template.is_constant() {
            Self::Constant(url)
        } else {
            Self::Filled(template)
        })
    }

    fn fill(&self, sample: Option<&Sample>) -> Url {
        match (self, sample) {
            (Self::Constant(url), _) => url.clone(),
            (Self::Filled(template), Some(sample)) => Url::parse(&template.fill(sample))
                .expect("a URL stays one when letters and digits fill its path or query"),
            (Self::Filled(_), None) => unreachable!("a generator is endless, and there is one"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Targets;

    fn twenty(urls: &[&str], seed: u64, after: u64) -> Vec<String> {
        let urls: Vec<String> = urls.iter().map(ToString::to_string).collect();
        let mut targets = Targets::parse(&urls, seed, after).unwrap();
        (0..20).map(|_| targets.next().to_string()).collect()
    }

    fn take(url: &str, seed: u64) -> Vec<String> {
        twenty(&[url], seed, 0)
    }

    fn error(url: &str) -> String {
        let urls = [url.to_owned()];
        Targets::parse(&urls, 0, 0).unwrap_err().to_string()
    }

    #[test]
    fn several_are_asked_in_turn_each_request_with_values_of_its_own() {
        let urls = ["http://h/a/{id}", "http://h/b", "http://h/c/{id}"];
        let asked = twenty(&urls, 1, 0);
        assert_eq!(
            asked[..5],
            [
                "http://h/a/0",
                "http://h/b",
                "http://h/c/2",
                "http://h/a/3",
                "http://h/b"
            ]
        );
    }

    #[test]
    fn a_load_that_goes_on_asks_what_it_would_have_asked() {
        let urls = ["http://h/a/{session}", "http://h/b/{id}"];
        assert_eq!(twenty(&urls, 7, 0)[13..], twenty(&urls, 7, 13)[..7]);
    }

    #[test]
    fn placeholders_are_filled_from_the_seed() {
        let url = "http://127.0.0.1:3000/search?q={word}&user={user}&id={id}";
        assert_eq!(take(url, 1), take(url, 1));
        assert_ne!(take(url, 1), take(url, 2));
        assert!(take(url, 1)[3].ends_with("&id=3"));
    }

    #[test]
    fn a_url_without_placeholders_stays_what_it_is() {
        let urls = take("http://127.0.0.1:3000/bloatMyServer", 0);
        assert!(
            urls.iter()
                .all(|url| url == "http://127.0.0.1:3000/bloatMyServer")
        );
    }

    #[test]
    fn what_is_not_plain_http_to_a_host_is_refused() {
        assert!(error("/bloatMyServer").contains("http://127.0.0.1:3000/path"));
        assert!(error("http://").contains("empty host"));
        assert!(error("https://127.0.0.1/").contains(r#""https""#));
        assert!(error("localhost:3000/x").contains(r#""localhost""#));
    }

    #[test]
    fn a_placeholder_has_no_business_in_the_host_or_port() {
        assert!(error("http://{word}/").contains("only its path and query"));
        assert!(error("http://127.0.0.1:{user}/").contains("invalid port"));
    }

    #[test]
    fn an_unknown_placeholder_is_named() {
        assert!(error("http://127.0.0.1/{nope}").contains("{nope}"));
    }
}
