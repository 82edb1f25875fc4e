//! Texts in XML.

/// A text as XML can hold it: it has no way to write most control characters, however they are escaped.
pub(crate) fn plain(text: &str) -> String {
    let allowed = |c: char| c == '\n' || !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}');
    text.chars()
        .map(|c| if allowed(c) { c } else { '\u{fffd}' })
        .collect()
}

/// For an attribute or an element's text.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in plain(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_markup_and_nothing_is_forbidden() {
        assert_eq!(
            escaped("<a b=\"c\" d='e'>&\n\0\u{1b}\u{fffe}ü"),
            "&lt;a b=&quot;c&quot; d=&apos;e&apos;&gt;&amp;\n\u{fffd}\u{fffd}\u{fffd}ü"
        );
    }
}
