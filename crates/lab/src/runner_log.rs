//! Text for a log that a CI server's runner reads.
//!
//! Runners take commands from the log: GitHub's a line that begins with `::`, and `##[command]` anywhere in a line, as
//! Azure's and `TeamCity`'s do. A text that holds what a submission said must not give such commands.

/// A text that holds no command: a backslash stands where one would begin. Control characters are left out, except line
/// feeds and tabs.
pub(crate) fn without_commands(text: &str) -> String {
    let printable: String = text
        .chars()
        .filter(|c| matches!(c, '\n' | '\t') || !c.is_control())
        .collect();
    let mut safe = String::with_capacity(printable.len());
    for line in printable.split_inclusive('\n') {
        let mut written = 0;
        for (at, sign) in line.match_indices([':', '#']) {
            let before = &line[..at];
            let is_command = match sign {
                "#" => before.ends_with('#'),
                _ => line[at..].starts_with("::") && begins_a_line(before),
            };
            if is_command {
                safe.push_str(&line[written..at]);
                safe.push('\\');
                written = at;
            }
        }
        safe.push_str(&line[written..]);
    }
    safe
}

/// JSON in which no string holds `##`. It means the same.
pub(crate) fn json_without_commands(json: &str) -> String {
    // Twice, because the second of three is already the end of one match.
    json.replace("##", "#\\u0023").replace("##", "#\\u0023")
}

/// Whether what follows `before` begins a line, to a runner or to one that reads `%0A` as a line feed.
fn begins_a_line(before: &str) -> bool {
    let before = before.trim_end_matches(is_invisible);
    let end = before.len().checked_sub(3).and_then(|at| before.get(at..));
    before.is_empty()
        || end.is_some_and(|end| ["%0a", "%0d"].iter().any(|s| end.eq_ignore_ascii_case(s)))
}

fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_a_command_gets_a_backslash() {
        for (text, safe) in [
            ("::add-mask::x", "\\::add-mask::x"),
            (
                "a\n \t::set-output name=a::b\n",
                "a\n \t\\::set-output name=a::b\n",
            ),
            ("\u{1}::stop-commands::x", "\\::stop-commands::x"),
            ("\u{1b}[0m\r::x::", "[0m::x::"),
            ("\u{feff}\u{200b}::x::", "\u{feff}\u{200b}\\::x::"),
            ("%0A::x::%0d ::y", "%0A\\::x::%0d \\::y"),
            ("a ##[set-output name=a]b", "a #\\#[set-output name=a]b"),
            ("###vso[x]", "#\\#\\#vso[x]"),
        ] {
            assert_eq!(without_commands(text), safe);
            assert_eq!(without_commands(safe), safe, "it stays as it is");
        }
    }

    #[test]
    fn what_is_no_command_stays_as_it_is() {
        for text in [
            "use std::fs;\n  std::env",
            "a: b",
            "# head",
            "é::x",
            "0A::x",
        ] {
            assert_eq!(without_commands(text), text);
        }
    }

    #[test]
    fn json_means_the_same_without_commands() {
        let text = "a ####[set-output]### \\\\##";
        let json = serde_json::to_string(text).unwrap();
        let safe = json_without_commands(&json);
        assert!(!safe.contains("##"), "{safe}");
        assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), text);
    }
}
