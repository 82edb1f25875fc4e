//! Which URL each request asks for: the placeholders filled from the seed, in an order that never changes.

use payload::{Generator, Template};
use reqwest::Url;

use crate::error::LoadError;

/// An endless stream of URLs.
#[derive(Clone, Debug)]
pub(crate) enum Targets {
    Constant(Url),
    Filled {
        template: Template,
        generator: Box<Generator>,
    },
}

impl Targets {
    pub(crate) fn parse(text: &str, seed: u64) -> Result<Self, LoadError> {
        let unusable = |reason: String| LoadError::Url {
            url: text.to_owned(),
            reason,
        };
        // The text as it stands must already be a URL, so that filling it cannot fail.
        let url = Url::parse(text).map_err(|error| unusable(error.to_string()))?;
        if url.scheme() != "http" {
            return Err(LoadError::Scheme {
                url: text.to_owned(),
                scheme: url.scheme().to_owned(),
            });
        }
        if url.host_str().is_some_and(|host| host.contains('{')) {
            return Err(unusable(
                "only its path and query may hold placeholders".to_owned(),
            ));
        }
        let template = Template::parse(text).map_err(|source| LoadError::Placeholder {
            url: text.to_owned(),
            source,
        })?;
        Ok(if template.is_constant() {
            Self::Constant(url)
        } else {
            Self::Filled {
                template,
                generator: Box::new(Generator::new(seed)),
            }
        })
    }

    pub(crate) fn next(&mut self) -> Url {
        match self {
            Self::Constant(url) => url.clone(),
            Self::Filled {
                template,
                generator,
            } => {
                let sample = generator.next().expect("a generator is endless");
                Url::parse(&template.fill(&sample))
                    .expect("a URL stays one when letters and digits fill its path or query")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Targets;

    fn take(url: &str, seed: u64) -> Vec<String> {
        let mut targets = Targets::parse(url, seed).unwrap();
        (0..20).map(|_| targets.next().to_string()).collect()
    }

    fn error(url: &str) -> String {
        Targets::parse(url, 0).unwrap_err().to_string()
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
