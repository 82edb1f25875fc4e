//! What a name says about its value: of an option, a variable, a header or a parameter.

/// A word is secret if it contains one of these.
const PARTS: [&str; 16] = [
    "token",
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "secret",
    "credential",
    "cookie",
    "bearer",
    "authoriz",
    "signature",
    "apikey",
    "accesskey",
    "authkey",
    "privatekey",
    "pwd",
];

/// A word is secret if it is one of these.
const WORDS: [&str; 20] = [
    "auth",
    "authentication",
    "basicauth",
    "cred",
    "creds",
    "dsn",
    "jwt",
    "key",
    "oauth",
    "otp",
    "pass",
    "passin",
    "passout",
    "pat",
    "pin",
    "pw",
    "sas",
    "sessionid",
    "sid",
    "sig",
];

/// A `key` after one of these is no secret.
const OF_OPEN_KEYS: [&str; 6] = ["public", "primary", "foreign", "sort", "partition", "group"];

/// A name with one of these words counts something.
const OF_COUNTS: [&str; 17] = [
    "per", "max", "min", "num", "count", "limit", "length", "len", "size", "ttl", "age", "timeout",
    "second", "rate", "interval", "bit", "retrie",
];

/// A word is of a phrase, which may have spaces, if it contains one of these.
const OF_PHRASES: [&str; 7] = [
    "pass",
    "pwd",
    "pw",
    "secret",
    "cookie",
    "authoriz",
    "credential",
];

/// The longest number that is no secret, in digits.
const MOST_DIGITS: usize = 9;

/// A name, without the dashes of an option.
pub(crate) struct Name {
    /// In lower case, without a plural's `s` and without digits at the end.
    words: Vec<String>,
}

impl Name {
    pub(crate) fn of(text: &str) -> Self {
        let mut words = Vec::new();
        let mut word = String::new();
        let mut chars = text.chars().peekable();
        let mut before = ' ';
        while let Some(c) = chars.next() {
            let begins_word = c.is_ascii_uppercase()
                && (before.is_ascii_lowercase()
                    || before.is_ascii_uppercase()
                        && chars.peek().is_some_and(char::is_ascii_lowercase));
            if begins_word || !c.is_ascii_alphanumeric() {
                words.push(std::mem::take(&mut word));
            }
            if c.is_ascii_alphanumeric() {
                word.push(c.to_ascii_lowercase());
            }
            before = c;
        }
        words.push(word);
        words.retain(|word| !word.is_empty());
        for word in &mut words {
            let letters = word.trim_end_matches(|c: char| c.is_ascii_digit());
            let singular = letters.strip_suffix('s').filter(|it| !it.ends_with('s'));
            let singular = singular.filter(|_| !WORDS.contains(&letters)); // "sas"
            *word = singular.unwrap_or(letters).to_owned();
        }
        Self { words }
    }

    /// Whether the value is to be masked, unless it [counts](Self::counts).
    pub(crate) fn is_secret(&self) -> bool {
        if self.words.first().is_some_and(|word| word == "no") {
            return false;
        }
        let is_open = |at: usize| {
            at.checked_sub(1)
                .is_some_and(|before| OF_OPEN_KEYS.contains(&self.words[before].as_str()))
        };
        self.words.iter().enumerate().any(|(at, word)| {
            if word == "key" && is_open(at) {
                return false;
            }
            WORDS.contains(&word.as_str())
                || PARTS.iter().any(|part| word.contains(part)) && !is_tokenizer(word)
        })
    }

    /// Whether `value` is a number that the name asks for: of tokens, of seconds.
    pub(crate) fn counts(&self, value: &str) -> bool {
        let digits = value.bytes().take_while(u8::is_ascii_digit).count();
        let unit = &value[digits..];
        (1..=MOST_DIGITS).contains(&digits)
            && unit.len() <= 2
            && unit.bytes().all(|byte| byte.is_ascii_lowercase())
            && self
                .words
                .iter()
                .any(|word| OF_COUNTS.contains(&word.as_str()))
    }

    /// Whether the value may have spaces, in text that does not show where it ends.
    pub(crate) fn is_of_phrase(&self) -> bool {
        self.words
            .iter()
            .any(|word| OF_PHRASES.iter().any(|part| word.contains(part)))
    }

    /// Whether the value may be `user:password`.
    pub(crate) fn is_of_user(&self) -> bool {
        matches!(
            self.words.last().map(String::as_str),
            Some("u" | "user" | "username" | "login")
        )
    }
}

/// `tokenizer`, `detokenize`, `tokenise`: about text, and no secret.
fn is_tokenizer(word: &str) -> bool {
    word.contains("tokeni")
}

/// Whether a word is of those that stand before the secret itself: `Bearer abc`.
pub(crate) fn is_scheme(word: &str) -> bool {
    ["bearer", "basic", "token", "apikey", "negotiate"]
        .iter()
        .any(|scheme| word.eq_ignore_ascii_case(scheme))
}

/// Whether an argument that begins with a dash is an option, and not a secret that happens to begin so.
pub(crate) fn is_option(word: &str) -> bool {
    let Some(rest) = word.strip_prefix('-') else {
        return false;
    };
    let end = rest.find(['=', ':']).unwrap_or(rest.len());
    let name = &rest[..end];
    match name.strip_prefix('-') {
        Some(long) => {
            long.starts_with(|c: char| c.is_ascii_alphabetic())
                && long
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
        }
        // `-v`, `-port`; a random secret has a digit or a capital letter.
        None => {
            name.len() == 1 && name.starts_with(|c: char| c.is_ascii_alphabetic())
                || !name.is_empty()
                    && name
                        .bytes()
                        .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
                || name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'_' | b'.'))
                    && Name::of(name).is_secret()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_secret_by_any_of_its_words() {
        for name in [
            "token",
            "LEAKLAB_TOKEN",
            "githubToken",
            "tokens",
            "token2",
            "db-password",
            "dbpassword",
            "PGPASSWORD",
            "MYSQL_PWD",
            "passwd",
            "pass",
            "DB_PASS",
            "secret",
            "clientSecret",
            "aws_secret_access_key",
            "api-key",
            "apikey",
            "APIKey",
            "X-Api-Key",
            "access-key",
            "private-key",
            "account_key",
            "keys",
            "credential",
            "credentials",
            "creds",
            "auth",
            "oauth2",
            "bearer",
            "cookie",
            "Set-Cookie",
            "Authorization",
            "Proxy-Authorization",
            "SENTRY_DSN",
            "sig",
            "X-Amz-Signature",
            "jwt",
            "spring.datasource.password",
            "DdbPassword",
            "sas",
            "token-file",
        ] {
            assert!(Name::of(name).is_secret(), "{name}");
        }
    }

    #[test]
    fn a_name_of_something_else_is_not() {
        for name in [
            "port",
            "listen",
            "tokenizer",
            "tokenizers",
            "no-auth",
            "author",
            "authority",
            "keyboard",
            "monkey",
            "public-key",
            "primaryKey",
            "sort_key",
            "bypass",
            "passes",
            "passthrough",
            "pinned",
            "designer",
            "compass",
            "",
            "-",
            "1",
        ] {
            assert!(!Name::of(name).is_secret(), "{name}");
        }
    }

    #[test]
    fn a_number_stays_only_behind_a_name_that_counts() {
        for (name, value) in [
            ("tokens-per-second", "5"),
            ("max-tokens", "4096"),
            ("tokenTtl", "60s"),
            ("auth-timeout", "500ms"),
        ] {
            assert!(Name::of(name).counts(value), "{name} {value}");
        }
        for (name, value) in [
            ("token", "5"),
            ("password", "12345678"),
            ("max-tokens", "s3cret"),
            ("token-ttl", "5secret"),
            ("token-limit", "1234567890123456"),
            ("token-limit", ""),
        ] {
            assert!(!Name::of(name).counts(value), "{name} {value}");
        }
    }

    #[test]
    fn a_secret_that_begins_with_a_dash_is_told_from_an_option() {
        for option in [
            "--port",
            "--port=80",
            "-v",
            "-port",
            "-p=1",
            "-Password:x",
            "--a.b-c_d",
        ] {
            assert!(is_option(option), "{option}");
        }
        for value in [
            "-", "-5", "-Abc9_x", "--", "---", "--9abc", "--a+b/c", "abc", "",
        ] {
            assert!(!is_option(value), "{value}");
        }
    }
}
