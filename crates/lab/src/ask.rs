//! One request of a contract: what is asked for, and whether an answer holds what it must. Sending it is left to
//! `contract`.

use payload::{Sample, Template};
use serde_json::Value;

use crate::bounded;
use crate::catalog::Ask;

/// Characters of an answer that are shown.
const SHOWN: usize = 300;

impl Ask {
    /// The path and query to ask for.
    pub(crate) fn path(&self, sample: &Sample) -> String {
        fill(&self.path, sample)
    }

    /// Whether the body of an answer holds what it must.
    ///
    /// # Errors
    /// In words, what is not as it must be.
    pub(crate) fn judge(&self, sample: &Sample, body: &str) -> Result<(), String> {
        if self.equals.is_empty() && self.contains.is_empty() && self.at_least.is_empty() {
            return Ok(());
        }
        let answered = shown(body);
        let Ok(json) = serde_json::from_str::<Value>(body) else {
            return Err(format!("answered something else than JSON: {answered}"));
        };
        let at = |name: &str| json.pointer(&format!("/{name}")).unwrap_or(&Value::Null);
        for (name, wanted) in &self.equals {
            let wanted = filled(wanted, sample);
            if !same(&wanted, at(name)) {
                return Err(format!("answered {answered}: {name} must be {wanted}"));
            }
        }
        for (name, wanted) in &self.contains {
            let wanted = fill(wanted, sample);
            if !has(at(name), &wanted) {
                return Err(format!(
                    "answered {answered}: {name} must contain {wanted:?}"
                ));
            }
        }
        for (name, least) in &self.at_least {
            if at(name).as_u64().is_none_or(|value| value < *least) {
                return Err(format!(
                    "answered {answered}: {name} must be at least {least}"
                ));
            }
        }
        Ok(())
    }
}

/// A text with the sample's values; one whose placeholders are unknown stays as it is.
fn fill(text: &str, sample: &Sample) -> String {
    Template::parse(text).map_or_else(|_| text.to_owned(), |template| template.fill(sample))
}

fn filled(value: &Value, sample: &Sample) -> Value {
    match value {
        Value::String(text) => Value::String(fill(text, sample)),
        Value::Array(values) => values.iter().map(|value| filled(value, sample)).collect(),
        other => other.clone(),
    }
}

fn same(wanted: &Value, found: &Value) -> bool {
    match (wanted, found) {
        (Value::String(text), Value::Number(number)) => *text == number.to_string(),
        _ => wanted == found,
    }
}

fn has(found: &Value, wanted: &str) -> bool {
    match found {
        Value::String(text) => text.contains(wanted),
        Value::Array(values) => values.iter().any(|value| value == wanted),
        _ => false,
    }
}

/// The start of an answer, which may be long.
pub(crate) fn shown(body: &str) -> String {
    bounded::start(body, SHOWN)
}

#[cfg(test)]
mod tests {
    use payload::Generator;

    use crate::catalog::Ask;

    /// What an ask finds wrong with an answer to the first sample of seed 7: id 0, user 162, "pepper", 8.
    fn verdict(ask: &str, body: &str) -> Result<(), String> {
        let ask: Ask = toml::from_str(&format!("path = \"/\"\n{ask}")).unwrap();
        ask.judge(&Generator::new(7).next().unwrap(), body)
    }

    #[test]
    fn placeholders_are_filled_wherever_they_stand() {
        let ask: Ask = toml::from_str("path = \"/search?q={word}+{user}\"").unwrap();
        let sample = Generator::new(7).next().unwrap();
        assert_eq!(ask.path(&sample), "/search?q=pepper+162");
        let texts = r#"equals = { word = "{word}", list = ["a {quantity}"] }"#;
        assert_eq!(
            verdict(texts, r#"{"word":"pepper","list":["a 8"]}"#),
            Ok(())
        );
        assert!(verdict(texts, r#"{"word":"tea","list":["a 8"]}"#).is_err());
    }

    #[test]
    fn a_text_stands_for_a_number_and_a_name_leads_into_a_list() {
        let ask = r#"equals = { user = "{user}", hit = true, "list/1" = 2 }"#;
        assert_eq!(
            verdict(ask, r#"{"user":162,"hit":true,"list":[1,2]}"#),
            Ok(())
        );
        let reason = verdict(ask, r#"{"user":162,"hit":false,"list":[1,2]}"#).unwrap_err();
        assert!(reason.ends_with("hit must be true"), "{reason}");
    }

    #[test]
    fn what_is_contained_is_a_part_of_a_text_or_a_member_of_a_list() {
        let ask = r#"contains = { text = "on {word}", list = "{word}" }"#;
        assert_eq!(
            verdict(ask, r#"{"text":"more on pepper","list":["tea","pepper"]}"#),
            Ok(())
        );
        assert!(verdict(ask, r#"{"text":"on tea","list":["pepper"]}"#).is_err());
        assert!(verdict(ask, r#"{"text":"on pepper","list":["peppermint"]}"#).is_err());
    }

    #[test]
    fn a_member_that_is_missing_is_never_as_it_must_be() {
        for ask in ["equals.a = 1", "contains.a = \"x\"", "at_least.a = 1"] {
            assert!(verdict(ask, "{}").is_err(), "{ask}");
        }
        assert!(verdict("at_least.a = 1", "a page").is_err());
        assert_eq!(verdict("", "a page"), Ok(()));
    }
}
