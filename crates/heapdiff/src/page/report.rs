//! The reports: two snapshots, or a series, as a page in one file that holds all its documents.

use serde_json::{Value, json};

use super::answer::Answer;
use super::card::Card;
use super::shell::Report;
use super::summary::summary;
use super::verdict::Head;
use super::{Sources, comparison, growth, json};
use crate::compare::{Comparison, compare};
use crate::error::Error;
use crate::flamegraph::{Count, svg};
use crate::group::{GroupBy, Options};
use crate::in_app::InApp;
use crate::inventory::inventory;
use crate::profile::Profile;
use crate::sort::Sort;
use crate::verdict::Judgement;
use crate::view::View;

/// Two snapshots and their comparison as a page in one file, which needs no network and runs from disk. It holds all
/// rows; what `view` asks for, and what the comparison is grouped by, is how it looks at first.
pub fn report(
    snapshots: [&Profile; 2],
    model: Comparison,
    view: &View,
    in_app: &InApp,
    sources: Sources<'_>,
) -> String {
    let first = first_view(model.by, view);
    let model = model.regrouped(GroupBy::Site);
    let names = model.names().map(str::to_owned);
    let answer = Answer::of(&model, sources).html();
    let documents = of_pair(snapshots, model, &answer, in_app, sources);
    Report {
        title: format!("Heap comparison: {} → {}", names[0], names[1]),
        heading: "Heap comparison",
        names,
        answer,
        boot: boot(&["comparison", "summary", "flame"], &first),
        documents,
    }
    .html()
}

/// A series of snapshots and the verdict on it as a page in one file, which holds the comparison of the first with the
/// last, too. The judgement is that of the series.
///
/// # Errors
/// [`Error::TooFewSnapshots`] without a first and a last; otherwise as [`compare`].
pub fn series_report(
    series: &[&Profile],
    judgement: &Judgement,
    in_app: &InApp,
    sources: Sources<'_>,
) -> Result<String, Error> {
    let [first, .., last] = series else {
        return Err(Error::TooFewSnapshots(series.len()));
    };
    let options = Options {
        by: GroupBy::Site,
        in_app: in_app.clone(),
    };
    let model = compare(first, last, &options)?;
    let names = model.names().map(str::to_owned);
    let answer = Head::of(judgement, sources).html();
    let verdict = growth::document(judgement, answer.clone());
    let of_pair_answer = Answer::of(&model, sources).html();
    let mut documents = of_pair([first, last], model, &of_pair_answer, in_app, sources);
    documents.push(("api/verdict".to_owned(), verdict));
    let report = Report {
        title: format!("Heap verdict: {} → {}", names[0], names[1]),
        heading: "Heap verdict",
        names,
        answer,
        boot: boot(&["growth", "comparison", "summary", "flame"], &json!({})),
        documents,
    };
    Ok(report.html())
}

/// Which tabs there are, the first of them is open; and how to look at them at first.
fn boot(tabs: &[&str], view: &Value) -> Value {
    json!({ "mode": "report", "base": "before", "snapshot": "after", "tabs": tabs, "view": view })
}

/// The documents of a comparison by site, whose head is at hand, and of its two snapshots.
fn of_pair(
    [before, after]: [&Profile; 2],
    model: Comparison,
    answer: &str,
    in_app: &InApp,
    sources: Sources<'_>,
) -> Vec<(String, String)> {
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
        comparison::document(model, answer.to_owned(), &cards[0], &cards[1], sources),
    ));
    documents
}

/// What the page's address would say, in its own words; what is as always is left out.
fn first_view(by: GroupBy, view: &View) -> Value {
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
        .filter_map(|(key, choice)| Some((key.to_owned(), Value::from(choice?))))
        .collect::<serde_json::Map<_, _>>()
        .into()
}
