//! The page around its documents: alone in one file, or as the panel serves it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use askama::Template;
use serde_json::json;

use super::answer::Answer;
use super::asset::ASSETS;
use super::card::Card;
use super::comparison;
use super::embed::{module_url, nonce, packed};
use super::summary::summary;
use super::{Sources, json};
use crate::compare::Comparison;
use crate::flamegraph::{Count, svg};
use crate::group::{GroupBy, Options};
use crate::in_app::InApp;
use crate::inventory::inventory;
use crate::profile::Profile;
use crate::sort::Sort;
use crate::view::View;

/// The page, for the template.
#[derive(Template)]
#[template(path = "page.html")]
struct Shell {
    mode: &'static str,
    title: String,
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

/// The panel's page.
#[derive(Debug, Clone)]
pub struct App {
    /// The page; it expects its files under `/assets/`.
    pub html: String,
    /// What to send as `Content-Security-Policy`: good for this page only, so make a new one for each answer.
    pub content_security_policy: String,
}

/// Two snapshots and their comparison as a page in one file, which needs no network and runs from disk. It holds all
/// rows; what `view` asks for, and what the comparison is grouped by, is how it looks at first.
pub fn report(
    [before, after]: [&Profile; 2],
    model: Comparison,
    view: &View,
    in_app: &InApp,
    sources: Sources<'_>,
) -> String {
    let first = first_view(model.by, view);
    let model = model.regrouped(GroupBy::Site);
    let options = Options {
        by: GroupBy::Site,
        in_app: in_app.clone(),
    };
    let [before_name, after_name] = model.names().map(str::to_owned);
    let card = |id: &str, side, label: &str| Card {
        label: label.to_owned(),
        ..Card::of(id, side)
    };
    let cards = [
        card("before", &model.before, &before_name),
        card("after", &model.after, &after_name),
    ];
    let answer = Answer::of(&model, sources).html();
    let mut documents = vec![(
        "api/snapshots".to_owned(),
        json(&json!({ "snapshots": cards })),
    )];
    for count in [Count::Bytes, Count::Blocks] {
        let url = format!(
            "api/flamegraph?base=before&snapshot=after&count={}",
            count.unit()
        );
        documents.push((
            url,
            svg::of_comparison(&model, &View::default(), &svg::Picture::bare(count)),
        ));
    }
    for (profile, card) in [before, after].into_iter().zip(&cards) {
        let model = inventory(profile, &options);
        let id = &card.id;
        for count in [Count::Bytes, Count::Blocks] {
            let url = format!("api/flamegraph?snapshot={id}&count={}", count.unit());
            documents.push((
                url,
                svg::of_inventory(&model, &View::default(), &svg::Picture::bare(count)),
            ));
        }
        let url = format!("api/snapshots/{id}/summary");
        documents.push((url, summary(model, card, sources)));
    }
    documents.push((
        "api/comparison?base=before&snapshot=after".to_owned(),
        comparison::document(model, answer.clone(), &cards[0], &cards[1], sources),
    ));
    let documents = documents.into_iter().map(|(url, document)| Embedded {
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
    let page = Shell {
        mode: "report",
        title: format!("Heap comparison: {before_name} → {after_name}"),
        before: before_name,
        after: after_name,
        answer,
        boot: in_script(&json(
            &json!({ "mode": "report", "base": "before", "snapshot": "after", "view": first }),
        )),
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

/// What the page's address would say, in its own words; what is as always is left out.
fn first_view(by: GroupBy, view: &View) -> serde_json::Map<String, serde_json::Value> {
    let by = match by {
        GroupBy::Site => None,
        GroupBy::Type => Some("type"),
        GroupBy::Stack => Some("stack"),
    };
    let sort = match view.sort {
        Sort::Alloc => None,
        Sort::Delta => Some("-size_delta"),
        Sort::New => Some("-new"),
        Sort::Freed => Some("-freed_size"),
        Sort::Churn => Some("-churned_bytes"),
    };
    [("by", by), ("sort", sort), ("q", view.filter.as_deref())]
        .into_iter()
        .filter_map(|(key, choice)| Some((key.to_owned(), choice?.into())))
        .collect()
}

/// The panel's page, which fetches its documents.
pub fn app() -> App {
    let nonce = nonce();
    let page = Shell {
        mode: "panel",
        title: "Memory panel".to_owned(),
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
