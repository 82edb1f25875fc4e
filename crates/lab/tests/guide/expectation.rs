//! What a command should print, held against what it printed: `...` on a line of its own stands for any lines,
//! `[..]` for anything within a line, and spaces in a row for one.

/// Whether `actual` is as `expected`; if not, both as one text: `- ` expected and not printed, `+ ` printed and
/// not expected.
pub(crate) fn compare(expected: &[String], actual: &[String]) -> Result<(), String> {
    let costs = costs(expected, actual);
    if costs[0][0] == 0 {
        return Ok(());
    }
    let (mut e, mut a) = (0, 0);
    let mut diff = Vec::new();
    while e < expected.len() || a < actual.len() {
        let any_lines = is_any_lines(expected.get(e));
        let left = |e: usize, a: usize| costs.get(e)?.get(a).copied();
        let here = costs[e][a];
        let price = u32::from(!any_lines);
        if !any_lines && left(e + 1, a + 1) == Some(here) && line_is(&expected[e], &actual[a]) {
            diff.push(format!("  {}", actual[a]));
            (e, a) = (e + 1, a + 1);
        } else if left(e + 1, a).is_some_and(|rest| rest + price == here) {
            if !any_lines {
                diff.push(format!("- {}", expected[e]));
            }
            e += 1;
        } else {
            diff.push(format!(
                "{} {}",
                if any_lines { " " } else { "+" },
                actual[a]
            ));
            a += 1;
        }
    }
    Err(diff.join("\n"))
}

/// `costs[e][a]`: how many lines from `e` and `a` on are expected and missing, or printed and not expected,
/// when the two are laid side by side in the best way.
fn costs(expected: &[String], actual: &[String]) -> Vec<Vec<u32>> {
    let mut costs = vec![vec![0; actual.len() + 1]; expected.len() + 1];
    for e in (0..=expected.len()).rev() {
        for a in (0..=actual.len()).rev() {
            let price = u32::from(!is_any_lines(expected.get(e)));
            let mut ways = Vec::new();
            if e < expected.len() {
                ways.push(costs[e + 1][a] + price);
            }
            if a < actual.len() {
                ways.push(costs[e][a + 1] + price);
            }
            if e < expected.len()
                && a < actual.len()
                && price == 1
                && line_is(&expected[e], &actual[a])
            {
                ways.push(costs[e + 1][a + 1]);
            }
            costs[e][a] = ways.into_iter().min().unwrap_or(0);
        }
    }
    costs
}

fn is_any_lines(line: Option<&String>) -> bool {
    line.is_some_and(|line| line.trim() == "...")
}

fn line_is(pattern: &str, line: &str) -> bool {
    let (pattern, line) = (one_spaced(pattern), one_spaced(line));
    let mut pieces = pattern.split("[..]");
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = line.strip_prefix(first) else {
        return false;
    };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else {
        return rest.is_empty();
    };
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

fn one_spaced(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{compare, line_is};

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    fn is(expected: &str, actual: &str) -> bool {
        compare(&lines(expected), &lines(actual)).is_ok()
    }

    #[test]
    fn a_line_matches_with_its_wildcards() {
        for (pattern, line) in [
            ("", ""),
            ("same", "same"),
            ("[..]", ""),
            ("live [..] bytes", "live 182,150 bytes"),
            ("[..] in [..] s", "built in 3.2 s"),
            ("Vec   1  +1", "Vec 1     +1  "),
        ] {
            assert!(line_is(pattern, line), "{pattern:?} {line:?}");
        }
        for (pattern, line) in [
            ("same", "other"),
            ("same", "same and more"),
            ("same", "the same"),
            ("a[..]b", "ab and c"),
            ("ab[..]ba", "aba"),
            ("1 1", "11"),
        ] {
            assert!(!line_is(pattern, line), "{pattern:?} {line:?}");
        }
    }

    #[test]
    fn lines_match_with_any_lines_between() {
        assert!(is("", ""));
        assert!(is("...", ""));
        assert!(is("...", "a\nb"));
        assert!(is("a\n...\nd", "a\nb\nc\nd"));
        assert!(is("a\n...\nd\n...", "a\nd"));
        assert!(is("...\nb\n...", "b\na\nb"));
        assert!(!is("a\n...\nd", "a\nb\nc"));
        assert!(!is("a", "a\nb"));
        assert!(!is("a\nb", "a"));
        assert!(!is("", "a"));
        assert!(!is("a\n...\nb\n...\nc", "a\nc\nb"));
    }

    #[test]
    fn a_difference_shows_both_sides_where_they_differ() {
        let diff = compare(&lines("a\n...\nlive [..]\nz"), &lines("a\nb\nlive 5\ny")).unwrap_err();
        assert_eq!(diff, "  a\n  b\n  live 5\n- z\n+ y");
    }
}
