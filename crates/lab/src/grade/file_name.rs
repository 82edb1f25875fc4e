//! What the files of submissions are called. A submission's folder may have a name that no file can have.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Longest name of a file on Linux, in bytes.
const MOST_BYTES: usize = 255;

/// Of a name that is too long this much is kept, in bytes.
const KEPT_BYTES: usize = 180;

/// A name for a file of each submission, which ends in `extension`: the submission's own where a file can have it, and
/// otherwise one like it. No two are the same.
pub(super) fn file_names(submissions: &[&str], extension: &str) -> Vec<String> {
    let own = |name: &str| format!("{name}{extension}");
    let mut taken: BTreeSet<String> = submissions
        .iter()
        .filter(|name| is_usable(&own(name)))
        .map(|name| own(name))
        .collect();
    let name = |submission: &&str| {
        let own = own(submission);
        if is_usable(&own) {
            return own;
        }
        let like = like(submission);
        let mut numbers = 1..;
        loop {
            let name = match numbers.next() {
                None | Some(1) => format!("{like}{extension}"),
                Some(n) => format!("{like}-{n}{extension}"),
            };
            if taken.insert(name.clone()) {
                return name;
            }
        }
    };
    submissions.iter().map(name).collect()
}

fn is_usable(name: &str) -> bool {
    name.len() <= MOST_BYTES && !name.contains(|c: char| c.is_control() || c == '/')
}

/// The start of a name without control characters, and a number that stands for the whole name.
fn like(name: &str) -> String {
    let mut like = String::new();
    for c in name.chars() {
        if like.len() + c.len_utf8() > KEPT_BYTES {
            break;
        }
        like.push(if c.is_control() || c == '/' { '_' } else { c });
    }
    format!("{like}~{:016x}", number_of(name.as_bytes()))
}

/// A number that stands for a name.
pub(super) fn number_of(name: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_a_file_can_have_stays() {
        let longest = "x".repeat(250);
        let names = file_names(&["ada", "=1+1", "ä b", &longest], ".json");
        assert_eq!(names[..3], ["ada.json", "=1+1.json", "ä b.json"]);
        assert_eq!(names[3].len(), MOST_BYTES);
    }

    #[test]
    fn other_names_are_made_usable_and_stay_different() {
        let long = "é".repeat(127);
        let longer = format!("{}ö", "é".repeat(126));
        let own = file_names(&[&long], ".json").remove(0);
        let own = own.strip_suffix(".json").unwrap().to_owned();
        // The last has just the name that the first would get.
        let names = file_names(&[&long, &longer, "two\nlines", "two\tlines", &own], ".json");
        let different: BTreeSet<_> = names.iter().collect();
        assert_eq!(different.len(), 5, "{names:?}");
        for name in &names {
            assert!(is_usable(name), "{name:?}");
        }
        assert_eq!(names[4], format!("{own}.json"));
    }
}
