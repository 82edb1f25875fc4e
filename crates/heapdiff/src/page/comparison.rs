//! The document of a comparison.

use serde::Serialize;

use super::Sources;
use super::answer::Answer;
use super::card::Card;
use super::json;
use super::tables::{RowEntry, Rows, Tables};
use crate::change::Change;
use crate::compare::Comparison;
use crate::group::GroupBy;
use crate::profile::Counters;

/// A comparison as the page's document, in JSON. The cards are those of its two snapshots.
pub fn comparison(model: Comparison, before: &Card, after: &Card, sources: Sources<'_>) -> String {
    let by_site = model.regrouped(GroupBy::Site);
    let answer = Answer::of(&by_site, sources).html();
    document(by_site, answer, before, after, sources)
}

/// The same of a comparison by site whose answer is at hand.
pub(super) fn document(
    by_site: Comparison,
    answer: String,
    before: &Card,
    after: &Card,
    sources: Sources<'_>,
) -> String {
    let requests = by_site.requests();
    let total = Numbers::of(&by_site, &by_site.total);
    let notes = by_site.notes.iter().map(ToString::to_string).collect();
    let tables = Tables::of(
        &by_site.stacks,
        sources,
        |both| !both.change.is_nothing(),
        |frames, site, both| {
            let numbers = Numbers::of(&by_site, &both.change);
            (frames, site, numbers, live(&both.before, &both.after))
        },
    );
    let site = rows(&by_site, &tables);
    let by_type = by_site.regrouped(GroupBy::Type);
    let r#type = rows(&by_type, &tables);
    let stack = rows(&by_type.regrouped(GroupBy::Stack), &tables);
    json(&Document {
        kind: "comparison",
        before,
        after,
        requests,
        notes,
        total,
        answer,
        rows: Rows {
            site,
            r#type,
            stack,
        },
        tables,
    })
}

#[derive(Serialize)]
struct Document<'a> {
    kind: &'static str,
    before: &'a Card,
    after: &'a Card,
    requests: Option<u64>,
    notes: Vec<String>,
    total: Numbers,
    answer: String,
    rows: Rows<Row>,
    #[serde(flatten)]
    tables: Tables<StackEntry>,
}

/// Frames, innermost first; site; numbers.
type StackEntry = (Vec<u32>, u32, Numbers, Live);

/// Site; numbers; stacks, the largest first; how many sites.
type Row = RowEntry<(u32, Numbers, Live, Vec<u32>, usize)>;

/// Live bytes and blocks before, and after.
type Live = [u64; 4];

/// `new`, `deleted`, `delta`, `alloc_size`, `freed_size`, `size_delta`, `grew_in_place`, `churned_bytes`, `churned_blocks`,
/// bytes per request, and the standard errors of `delta` and `size_delta`.
#[derive(Serialize)]
struct Numbers(
    u64,
    u64,
    i64,
    u64,
    u64,
    i64,
    u64,
    u64,
    u64,
    Option<f64>,
    f64,
    f64,
);

impl Numbers {
    fn of(comparison: &Comparison, change: &Change) -> Self {
        Self(
            change.new,
            change.deleted,
            change.delta,
            change.alloc_size,
            change.freed_size,
            change.size_delta,
            change.grew_in_place,
            change.churned_bytes,
            change.churned_blocks,
            comparison.bytes_per_request(change),
            change.blocks_error(),
            change.size_error(),
        )
    }
}

fn live(before: &Counters, after: &Counters) -> Live {
    [
        before.live_bytes,
        before.live_blocks,
        after.live_bytes,
        after.live_blocks,
    ]
}

fn rows(comparison: &Comparison, tables: &Tables<StackEntry>) -> Vec<Row> {
    let rows = comparison.rows.iter();
    rows.map(|row| {
        tables.row(comparison.stacks_of(row), |site, stacks| {
            let numbers = Numbers::of(comparison, &row.change);
            let live = live(&row.before, &row.after);
            (site, numbers, live, stacks, row.sites())
        })
    })
    .collect()
}
