//! What a lab's file says of itself: the routes that it registers. Read off its text, for a route that nobody asks for
//! leaves no trace in a running server.

use std::collections::BTreeSet;

/// The calls of actix-web that register a path.
const CALLS: [&str; 3] = ["route", "resource", "scope"];

/// Paths that `source` registers and `lab`'s own file does not: what they kept would never be measured.
pub(crate) fn routes_besides(source: &str, lab: &str) -> Vec<String> {
    let known = routes(lab);
    routes(source).difference(&known).cloned().collect()
}

/// The paths that stand as text in the calls that register them, with one slash before them.
fn routes(source: &str) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    for call in CALLS {
        // Kept from match to match, because the whole text may be one line, which would be read again for each.
        let (mut is_comment, mut looked_to) = (source.trim_start().starts_with("//"), 0);
        for (at, _) in source.match_indices(call) {
            if let Some(end) = source[looked_to..at].rfind('\n') {
                let line = &source[looked_to + end + 1..];
                is_comment = line.trim_start().starts_with("//");
            }
            looked_to = at;
            let behind = source[at + call.len()..].trim_start();
            let Some(path) = behind.strip_prefix('(').and_then(first_text) else {
                continue;
            };
            if !is_comment {
                paths.insert(format!("/{}", path.trim_start_matches('/')));
            }
        }
    }
    paths
}

/// The text that an argument list begins with.
fn first_text(arguments: &str) -> Option<&str> {
    let text = arguments.trim_start().trim_start_matches(['r', '#']);
    text.strip_prefix('"')?
        .split_once('"')
        .map(|(text, _)| text)
}

#[cfg(test)]
mod tests {
    use super::routes_besides;

    const LAB: &str = r#"config.route("/search", web::get().to(search));"#;

    #[test]
    fn a_route_more_is_seen_however_it_is_registered() {
        for more in [
            r#"config.route("/more", web::get().to(more));"#,
            r#"config.service(web::resource( "more").route(web::get().to(more)));"#,
            "config.service(web::scope(\n    r\"/more\"));",
        ] {
            let source = format!("{LAB}\n{more}");
            assert_eq!(routes_besides(&source, LAB), ["/more"], "{more}");
        }
    }

    #[test]
    fn a_comment_is_told_line_by_line() {
        let source = format!(
            "// route(\"/old\")\n  // scope(\"/old\")\n{LAB} scope(\"/new\")\n// route(\"/old\")"
        );
        assert_eq!(routes_besides(&source, LAB), ["/new"]);
    }

    #[test]
    fn what_the_lab_has_or_a_comment_says_is_no_route_more() {
        let same = r#"config.service(web::resource("/search").route(web::get().to(search)));"#;
        for source in [
            LAB,
            same,
            "// was: config.route(\"/old\", …)",
            "split(\"/\")",
        ] {
            assert!(routes_besides(source, LAB).is_empty(), "{source}");
        }
    }
}
