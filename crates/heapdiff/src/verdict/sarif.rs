//! A judgement as SARIF 2.1.0, which GitHub's code scanning and many editors show at the lines it names.
//!
//! A result for each site that leaks or is unclear and has a file; GitHub refuses results without one, so the others
//! become notifications of the run. What is allowed is a result with a suppression.

use serde_json::{Value, json};

use super::{Class, Judgement, SiteGrowth, Verdict};
use crate::terminal::rate;

/// A judgement as a SARIF log. `find` says which path a file has in the repository, as far as is known: a snapshot
/// has the end of it only.
///
/// # Panics
/// Never: the document has string keys only.
pub fn render(judgement: &Judgement, find: &dyn Fn(&str) -> Option<String>) -> String {
    let grows = |site: &&SiteGrowth| matches!(site.class, Class::Leak | Class::Unclear);
    let mut results = Vec::new();
    let mut notifications: Vec<Value> = judgement
        .remarks
        .iter()
        .map(|remark| notification("note", &remark.to_string()))
        .collect();
    for site in judgement.sites.iter().filter(grows) {
        match site.site.frame.file() {
            Some(file) => {
                let path = find(file).unwrap_or_else(|| file.to_owned());
                results.push(result(site, &path));
            }
            None => notifications.push(notification("warning", &message(site))),
        }
    }
    let mut log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "heapdiff",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules(),
            }},
            "invocations": [{
                "executionSuccessful": true,
                "exitCode": exit_code(judgement.verdict),
                "toolExecutionNotifications": notifications,
            }],
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    // whichever order the features of serde_json that others ask for would give
    log.sort_all_objects();
    let mut text = serde_json::to_string_pretty(&log).expect("plain data always serializes");
    text.push('\n');
    text
}

fn rules() -> Value {
    let rule = |id: &str, name: &str, short: &str, full: &str, level: &str| {
        json!({
            "id": id,
            "name": name,
            "shortDescription": { "text": short },
            "fullDescription": { "text": full },
            "help": { "text": full },
            "defaultConfiguration": { "level": level },
            "properties": { "tags": ["memory", "performance"] },
        })
    };
    json!([
        rule(
            "heap-leak",
            "HeapLeak",
            "Memory that is allocated here grows with the requests",
            "Over a series of heap snapshots, taken at rest each time the requests had doubled, what was allocated at this line grew in proportion to the requests. Ask how long it lives, and what takes it away.",
            "error",
        ),
        rule(
            "heap-growth-unclear",
            "HeapGrowthUnclear",
            "Memory that is allocated here grows, and may stop",
            "The series of heap snapshots does not tell a leak from a cache that fills. Take one more doubling of requests.",
            "note",
        ),
    ])
}

fn result(site: &SiteGrowth, path: &str) -> Value {
    let (index, rule, level) = match site.class {
        Class::Leak => (0, "heap-leak", "error"),
        _ => (1, "heap-growth-unclear", "note"),
    };
    let mut physical = json!({ "artifactLocation": { "uri": uri(path) } });
    let line = site.site.frame.line().filter(|line| *line > 0);
    // code scanning wants a line; where none is known, the file's first
    physical["region"] = json!({ "startLine": line.unwrap_or(1) });
    let column = site.site.frame.column().filter(|column| *column > 0);
    if let (Some(_), Some(column)) = (line, column) {
        physical["region"]["startColumn"] = column.into();
    }
    let function = site.site.function();
    let mut result = json!({
        "ruleId": rule,
        "ruleIndex": index,
        "level": level,
        "message": { "text": message(site) },
        "locations": [{
            "physicalLocation": physical,
            "logicalLocations": [{ "fullyQualifiedName": site.site.frame.function(), "kind": "function" }],
        }],
        // Lines move; the type and the function stay the same leak.
        "partialFingerprints": { "site/v1": format!("{} in {function}", site.site.constructor()) },
        "properties": {
            "bytesPerRequest": site.bytes_per_request.estimate,
            "bytesPerRequestLow": site.bytes_per_request.low,
            "bytesPerRequestHigh": site.bytes_per_request.high,
        },
    });
    if let Some(reason) = &site.allowed {
        result["suppressions"] = json!([{ "kind": "external", "justification": reason }]);
    }
    result
}

fn message(site: &SiteGrowth) -> String {
    let per_request = rate(site.bytes_per_request.estimate);
    let per_request = per_request.trim_start_matches('+');
    match site.doubt {
        None => format!("{} leaks {per_request} bytes per request", site.name()),
        Some(doubt) => format!(
            "{} grows by {per_request} bytes per request: {doubt}",
            site.name()
        ),
    }
}

fn notification(level: &str, text: &str) -> Value {
    json!({ "level": level, "message": { "text": text } })
}

fn exit_code(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::NoLeak => 0,
        Verdict::Leak => 1,
        Verdict::Inconclusive => 3,
    }
}

/// A relative reference (RFC 3986): everything is escaped that is not allowed in a path.
fn uri(path: &str) -> String {
    const KEPT: percent_encoding::AsciiSet = percent_encoding::NON_ALPHANUMERIC
        .remove(b'/')
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~');
    let path = path.replace('\\', "/");
    percent_encoding::utf8_percent_encode(&path, &KEPT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_uris() {
        assert_eq!(uri("shop/src/my file.rs"), "shop/src/my%20file.rs");
        assert_eq!(uri(r"shop\src\a:b?.rs"), "shop/src/a%3Ab%3F.rs");
    }
}
