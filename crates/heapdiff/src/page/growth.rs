//! The document of a verdict: the judgement as programs read it, and what the page shows of it besides.

use serde::Serialize;

use super::verdict::Head;
use super::{Sources, growth_chart, json};
use crate::verdict::json::{JudgementJson, SiteJson, moves};
use crate::verdict::{Judgement, SiteGrowth};

/// Sites in the document. Those that leak or may leak come first; a heap has thousands that were made once.
const MOST: usize = 300;

/// A judgement as the page's document, in JSON.
pub fn growth(judgement: &Judgement, sources: Sources<'_>) -> String {
    document(judgement, Head::of(judgement, sources).html())
}

/// The same of a judgement whose head is at hand.
pub(super) fn document(judgement: &Judgement, answer: String) -> String {
    let sites: Vec<&SiteGrowth> = judgement
        .by_class()
        .into_iter()
        .filter(|site| moves(site))
        .collect();
    let shown = sites.iter().take(MOST).map(|growth| Shown {
        site: SiteJson::of(growth),
        short_function: growth.site.function(),
        place: growth.site.frame.place(),
        chart: growth_chart::of_site(growth),
    });
    json(&Document {
        kind: "verdict",
        judgement: JudgementJson::of(judgement, shown.collect()),
        sites_left_out: sites.len().saturating_sub(MOST),
        chart: growth_chart::of_heap(judgement),
        answer,
    })
}

#[derive(Serialize)]
struct Document<'a> {
    kind: &'static str,
    #[serde(flatten)]
    judgement: JudgementJson<'a, Shown<'a>>,
    sites_left_out: usize,
    chart: String,
    answer: String,
}

#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    site: SiteJson<'a>,
    short_function: String,
    place: String,
    chart: String,
}
