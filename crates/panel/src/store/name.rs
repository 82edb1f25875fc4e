//! Snapshots' names: a file's name without its ending, and nothing that could be more than that.

use crate::error::Error;

/// Longest name, in characters.
const LONGEST: usize = 100;

/// Longest name, in bytes: a file system takes 255, and `-2.json` may come behind it.
const MOST_BYTES: usize = 200;

/// The name that a user chose, without an ending `.json`.
///
/// # Errors
/// [`Error::BadName`]
pub(crate) fn check(name: &str) -> Result<String, Error> {
    let name = name.trim_end();
    let name = name.strip_suffix(".json").unwrap_or(name).trim_end();
    let good = !name.is_empty()
        && name.chars().count() <= LONGEST
        && name.len() <= MOST_BYTES
        && !name.starts_with(['.', ' '])
        && name.chars().all(is_allowed);
    good.then(|| name.to_owned()).ok_or(Error::BadName)
}

/// The name that a file came with, made into one that can be: it is no fault of the user's. It is none that a command
/// would take for an option.
pub(crate) fn clean(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    let name = name.strip_suffix(".json").unwrap_or(name);
    let allowed = name.chars().map(|c| if is_allowed(c) { c } else { '-' });
    let mut cleaned = String::new();
    for c in allowed
        .skip_while(|c| matches!(c, '.' | ' ' | '-'))
        .take(LONGEST)
    {
        if cleaned.len() + c.len_utf8() <= MOST_BYTES {
            cleaned.push(c);
        }
    }
    check(&cleaned).unwrap_or_else(|_| "snapshot".to_owned())
}

fn is_allowed(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ' | '(' | ')')
}

#[cfg(test)]
mod tests {
    use super::{check, clean};

    #[test]
    fn a_name_is_a_file_name_and_nothing_else() {
        for good in ["before", "a.b-c_9", "after the load (2)", "größer"] {
            assert_eq!(check(good).expect(good), good);
        }
        assert_eq!(check("after.json").expect("an ending is dropped"), "after");
        let long = "x".repeat(101);
        for bad in [
            "",
            ".",
            "..",
            ".hidden",
            "../x",
            "a/b",
            "a\\b",
            "a\nb",
            "a\0",
            ".json",
            " a",
            "<b>",
            "\u{202e}x",
            &long,
        ] {
            assert!(check(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn any_name_can_be_made_into_one() {
        for (given, cleaned) in [
            ("before.json", "before"),
            ("../../etc/passwd", "passwd"),
            ("C:\\temp\\x.json", "x"),
            ("a<b>.json", "a-b-"),
            ("🔥heap.json", "heap"),
            ("--help", "help"),
            ("..", "snapshot"),
            ("", "snapshot"),
        ] {
            assert_eq!(clean(given), cleaned, "{given}");
        }
        assert_eq!(clean(&"x".repeat(300)).len(), 100);
    }
}
