//! The page around its documents: alone in one file, or as the panel serves it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use askama::Template;
use serde_json::json;

use super::asset::ASSETS;
use super::embed::{module_url, nonce, packed};
use super::json;

/// The page, for the template.
#[derive(Template)]
#[template(path = "page.html")]
struct Shell {
    mode: &'static str,
    title: String,
    heading: &'static str,
    /// Of a report what its snapshots are called.
    before: String,
    after: String,
    /// Of a report the head, as HTML; the panel's comes with its comparisons.
    answer: String,
    /// What the page is told at its start, as JSON.
    boot: String,
    import_map: String,
    /// Of a report all style; the panel's is linked.
    style: Option<String>,
    /// Names of style sheets to link.
    style_sheets: Vec<&'static str>,
    /// Of a report its documents.
    documents: Vec<Embedded>,
    nonce: String,
    /// Of a report its Content-Security-Policy; the panel sends it as a header.
    policy: Option<String>,
}

/// A document in a report.
struct Embedded {
    url: String,
    packed: String,
}

/// What a report says and carries.
pub(super) struct Report {
    pub(super) title: String,
    pub(super) heading: &'static str,
    /// What the first of its snapshots is called, and the last.
    pub(super) names: [String; 2],
    /// The head, as HTML.
    pub(super) answer: String,
    /// What the page is told at its start.
    pub(super) boot: serde_json::Value,
    /// By URL.
    pub(super) documents: Vec<(String, String)>,
}

/// The panel's page.
#[derive(Debug, Clone)]
pub struct App {
    /// The page; it expects its files under `/assets/`.
    pub html: String,
    /// What to send as `Content-Security-Policy`: good for this page only, so make a new one for each answer.
    pub content_security_policy: String,
}

impl Report {
    /// The page in one file, which needs no network and runs from disk.
    pub(super) fn html(self) -> String {
        let documents = self.documents.into_iter().map(|(url, document)| Embedded {
            url,
            packed: packed(&document),
        });
        let nonce = nonce();
        let modules = ASSETS.iter().filter(|asset| asset.is_module());
        let imports: BTreeMap<_, _> = modules
            .map(|module| (specifier(module.name), module_url(module.body)))
            .collect();
        let mut style = String::new();
        for sheet in ASSETS.iter().filter(|asset| asset.is_style()) {
            let _ = writeln!(style, "/* {} */\n{}", sheet.name, sheet.body);
        }
        let [before, after] = self.names;
        let page = Shell {
            mode: "report",
            title: self.title,
            heading: self.heading,
            before,
            after,
            answer: self.answer,
            boot: in_script(&json(&self.boot)),
            import_map: in_script(&json(&json!({ "imports": imports }))),
            style: Some(style),
            style_sheets: Vec::new(),
            documents: documents.collect(),
            policy: Some(format!(
                "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic'; style-src 'nonce-{nonce}'; img-src data:; \
                 base-uri 'none'; form-action 'none'"
            )),
            nonce,
        };
        page.html()
    }
}

/// The panel's page, which fetches its documents.
pub fn app() -> App {
    let nonce = nonce();
    let page = Shell {
        mode: "panel",
        title: "Memory panel".to_owned(),
        heading: "Memory panel",
        before: String::new(),
        after: String::new(),
        answer: String::new(),
        boot: in_script(&json(&json!({ "mode": "panel" }))),
        import_map: in_script(&json(&json!({ "imports": { specifier(""): "/assets/" } }))),
        style: None,
        style_sheets: ASSETS
            .iter()
            .filter(|asset| asset.is_style())
            .map(|sheet| sheet.name)
            .collect(),
        documents: Vec::new(),
        policy: None,
        nonce: nonce.clone(),
    };
    App {
        html: page.html(),
        content_security_policy: format!(
            "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
    }
}

impl Shell {
    /// # Panics
    /// Never: the template is compiled in, and memory takes all writes.
    fn html(&self) -> String {
        self.render().expect("a template of plain texts") + "\n"
    }
}

/// What modules import each other by.
fn specifier(module: &str) -> String {
    format!("heapdiff/{module}")
}

/// JSON that cannot end the `<script>` it stands in.
fn in_script(json: &str) -> String {
    json.replace('<', "\\u003c")
}
