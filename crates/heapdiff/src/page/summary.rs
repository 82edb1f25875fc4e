//! The document of one snapshot: what it holds.

use serde::Serialize;

use super::card::Card;
use super::tables::{RowEntry, Rows, Tables};
use super::{Sources, json};
use crate::compare::Side;
use crate::group::GroupBy;
use crate::inventory::{Held, Inventory};

/// What a snapshot holds as the page's document, in JSON. The card is the snapshot's.
pub fn summary(model: Inventory, card: &Card, sources: Sources<'_>) -> String {
    let by_site = model.regrouped(GroupBy::Site);
    let snapshot = by_site.snapshot.clone();
    let tables = Tables::of(
        &by_site.stacks,
        sources,
        |held| !held.is_nothing(),
        |frames, site, held| (frames, site, Numbers::of(held, &snapshot)),
    );
    let site = rows(&by_site, &tables);
    let by_type = by_site.regrouped(GroupBy::Type);
    let r#type = rows(&by_type, &tables);
    let stack = rows(&by_type.regrouped(GroupBy::Stack), &tables);
    json(&Document {
        kind: "summary",
        snapshot: card,
        time_unit: snapshot
            .metadata
            .time_unit
            .as_deref()
            .map(|unit| match unit {
                "instrs" => "instructions",
                unit => unit,
            }),
        estimate: snapshot.estimate(),
        total_bytes: snapshot.totals.total_bytes,
        total_blocks: snapshot.totals.total_blocks,
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
    snapshot: &'a Card,
    time_unit: Option<&'a str>,
    /// How the numbers were estimated, if they are not exact.
    estimate: Option<String>,
    total_bytes: u64,
    total_blocks: u64,
    rows: Rows<Row>,
    #[serde(flatten)]
    tables: Tables<StackEntry>,
}

/// Frames, innermost first; site; numbers.
type StackEntry = (Vec<u32>, u32, Numbers);

/// Site; numbers; stacks, the largest first; how many sites.
type Row = RowEntry<(u32, Numbers, Vec<u32>, usize)>;

/// Live bytes and blocks, share, average block, average lifetime, bytes and blocks at the peak, and bytes and blocks
/// ever allocated; the standard errors of the first two.
#[derive(Serialize)]
struct Numbers(
    u64,
    u64,
    f64,
    u64,
    Option<u64>,
    Option<u64>,
    Option<u64>,
    u64,
    u64,
    f64,
    f64,
);

impl Numbers {
    fn of(held: &Held, snapshot: &Side) -> Self {
        let counters = &held.counters;
        Self(
            counters.live_bytes,
            counters.live_blocks,
            held.share(snapshot),
            held.average_block(),
            held.average_lifetime(),
            held.history.map(|history| history.peak_bytes),
            held.history.map(|history| history.peak_blocks),
            counters.total_bytes,
            counters.total_blocks,
            counters.live_bytes_error(),
            counters.live_blocks_error(),
        )
    }
}

fn rows(inventory: &Inventory, tables: &Tables<StackEntry>) -> Vec<Row> {
    let rows = inventory.rows.iter();
    rows.map(|row| {
        tables.row(inventory.stacks_of(row), |site, stacks| {
            let numbers = Numbers::of(&row.held, &inventory.snapshot);
            (site, numbers, stacks, row.sites())
        })
    })
    .collect()
}
