//! Comparisons and inventories as JSON, for programs. The keys are a promise: some may come, none goes.

use std::io::{self, BufWriter, Write};

use serde::{Serialize, Serializer};

use crate::compare::{Comparison, Row, Side};
use crate::frame::Frame;
use crate::inventory::{Holding, Inventory};
use crate::profile::Counters;
use crate::sampling::Sampling;
use crate::site::Site;
use crate::view::View;

/// A comparison as pretty-printed JSON. Sizes are in bytes, counts in blocks; `stack` is the one with the
/// largest share of its row, innermost frame first; `type` is the function where no type is known.
///
/// Of large snapshots this is as long as they are: [`write()`] needs no memory for it.
pub fn render(comparison: &Comparison, view: &View) -> String {
    in_memory(|out| write(comparison, view, out))
}

/// Writes what [`render`] says, row by row.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(comparison: &Comparison, view: &View, out: impl Write) -> io::Result<()> {
    let selection = view.of_comparison(comparison);
    let document = ComparisonJson {
        before: SideJson::of(&comparison.before),
        after: SideJson::of(&comparison.after),
        size_delta: comparison.total.size_delta,
        block_delta: comparison.total.delta,
        size_delta_error: comparison.total.size_error(),
        block_delta_error: comparison.total.blocks_error(),
        requests: comparison.requests(),
        notes: comparison.notes.iter().map(ToString::to_string).collect(),
        rows_hidden: selection.hidden + selection.filtered,
        rows: Rows(&selection.rows, |row| RowJson::of(comparison, row)),
    };
    pretty(&document, out)
}

/// What a snapshot holds, as pretty-printed JSON.
pub fn render_inventory(inventory: &Inventory, view: &View) -> String {
    in_memory(|out| write_inventory(inventory, view, out))
}

/// Writes what [`render_inventory`] says, row by row.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write_inventory(inventory: &Inventory, view: &View, out: impl Write) -> io::Result<()> {
    let selection = view.of_inventory(inventory);
    let document = InventoryJson {
        snapshot: SideJson::of(&inventory.snapshot),
        rows_hidden: selection.hidden + selection.filtered,
        rows: Rows(&selection.rows, |row| HoldingJson::of(inventory, row)),
    };
    pretty(&document, out)
}

/// Rows that are made one after the other, each only while it is written.
struct Rows<'r, 'a, R, F>(&'r [&'a R], F);

impl<'a, R, J: Serialize, F: Fn(&'a R) -> J> Serialize for Rows<'_, 'a, R, F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(rows, of) = self;
        serializer.collect_seq(rows.iter().map(|row| of(row)))
    }
}

#[derive(Serialize)]
struct ComparisonJson<'a, R> {
    before: SideJson<'a>,
    after: SideJson<'a>,
    size_delta: i64,
    block_delta: i64,
    #[serde(skip_serializing_if = "is_exact")]
    size_delta_error: f64,
    #[serde(skip_serializing_if = "is_exact")]
    block_delta_error: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    requests: Option<u64>,
    notes: Vec<String>,
    rows_hidden: usize,
    rows: R,
}

#[derive(Serialize)]
struct InventoryJson<'a, R> {
    snapshot: SideJson<'a>,
    rows_hidden: usize,
    rows: R,
}

#[derive(Serialize)]
struct SideJson<'a> {
    path: &'a str,
    live_bytes: u64,
    live_blocks: u64,
    total_bytes: u64,
    total_blocks: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    requests: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rss_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pause_us: Option<u128>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sampling: Option<SamplingJson>,
}

/// Of a snapshot whose numbers are estimates. Errors are standard errors.
#[derive(Serialize)]
pub(crate) struct SamplingJson {
    every_bytes: u64,
    live_bytes_error: f64,
    live_blocks_error: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    counted_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counted_blocks: Option<u64>,
}

/// Whether an error need not be told of.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands out a reference"
)]
fn is_exact(error: &f64) -> bool {
    *error == 0.0
}

#[derive(Serialize)]
struct SiteJson<'a> {
    r#type: String,
    function: &'a str,
    file: Option<&'a str>,
    line: Option<u32>,
    column: Option<u32>,
    in_app: bool,
}

#[derive(Serialize)]
struct RowJson<'a> {
    #[serde(flatten)]
    site: SiteJson<'a>,
    new: u64,
    deleted: u64,
    delta: i64,
    alloc_size: u64,
    freed_size: u64,
    size_delta: i64,
    grew_in_place: u64,
    churned_blocks: u64,
    churned_bytes: u64,
    live_bytes: u64,
    live_blocks: u64,
    #[serde(skip_serializing_if = "is_exact")]
    delta_error: f64,
    #[serde(skip_serializing_if = "is_exact")]
    size_delta_error: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes_per_request: Option<f64>,
    sites: usize,
    stacks: usize,
    stack: Vec<FrameJson<'a>>,
}

#[derive(Serialize)]
struct HoldingJson<'a> {
    #[serde(flatten)]
    site: SiteJson<'a>,
    live_bytes: u64,
    live_blocks: u64,
    #[serde(skip_serializing_if = "is_exact")]
    live_bytes_error: f64,
    #[serde(skip_serializing_if = "is_exact")]
    live_blocks_error: f64,
    share: f64,
    average_block: u64,
    sites: usize,
    stack: Vec<FrameJson<'a>>,
}

#[derive(Serialize)]
struct FrameJson<'a> {
    function: &'a str,
    file: Option<&'a str>,
    line: Option<u32>,
    column: Option<u32>,
}

impl<'a> SideJson<'a> {
    fn of(side: &'a Side) -> Self {
        let metadata = &side.metadata;
        Self {
            path: &side.label,
            live_bytes: side.totals.live_bytes,
            live_blocks: side.totals.live_blocks,
            total_bytes: side.totals.total_bytes,
            total_blocks: side.totals.total_blocks,
            requests: metadata.requests,
            rss_bytes: metadata.rss_bytes,
            time: metadata
                .time
                .map(|time| humantime::format_rfc3339_micros(time).to_string()),
            pause_us: metadata.pause.map(|pause| pause.as_micros()),
            sampling: SamplingJson::of(metadata.sampling, &side.totals),
        }
    }
}

impl SamplingJson {
    pub(crate) fn of(sampling: Option<Sampling>, totals: &Counters) -> Option<Self> {
        let sampling = sampling?;
        Some(Self {
            every_bytes: sampling.every_bytes,
            live_bytes_error: totals.live_bytes_error(),
            live_blocks_error: totals.live_blocks_error(),
            counted_bytes: sampling.counted.map(|(bytes, _)| bytes),
            counted_blocks: sampling.counted.map(|(_, blocks)| blocks),
        })
    }
}

impl<'a> SiteJson<'a> {
    fn of(site: &'a Site) -> Self {
        let frame = FrameJson::of(&site.frame);
        Self {
            r#type: site.constructor(),
            function: frame.function,
            file: frame.file,
            line: frame.line,
            column: frame.column,
            in_app: site.in_app,
        }
    }
}

impl<'a> RowJson<'a> {
    fn of(comparison: &'a Comparison, row: &'a Row) -> Self {
        let change = &row.change;
        Self {
            site: SiteJson::of(&row.site),
            new: change.new,
            deleted: change.deleted,
            delta: change.delta,
            alloc_size: change.alloc_size,
            freed_size: change.freed_size,
            size_delta: change.size_delta,
            grew_in_place: change.grew_in_place,
            churned_blocks: change.churned_blocks,
            churned_bytes: change.churned_bytes,
            live_bytes: row.after.live_bytes,
            live_blocks: row.after.live_blocks,
            delta_error: change.blocks_error(),
            size_delta_error: change.size_error(),
            bytes_per_request: comparison.bytes_per_request(change),
            sites: row.sites(),
            stacks: row.stacks(),
            stack: comparison.stack_of(row).map(FrameJson::of).collect(),
        }
    }
}

impl<'a> HoldingJson<'a> {
    fn of(inventory: &'a Inventory, row: &'a Holding) -> Self {
        Self {
            site: SiteJson::of(&row.site),
            live_bytes: row.held.counters.live_bytes,
            live_blocks: row.held.counters.live_blocks,
            live_bytes_error: row.held.counters.live_bytes_error(),
            live_blocks_error: row.held.counters.live_blocks_error(),
            share: row.held.share(&inventory.snapshot),
            average_block: row.held.average_block(),
            sites: row.sites(),
            stack: inventory.stack_of(row).map(FrameJson::of).collect(),
        }
    }
}

impl<'a> FrameJson<'a> {
    fn of(frame: &'a Frame) -> Self {
        Self {
            function: frame.function(),
            file: frame.file(),
            line: frame.line(),
            column: frame.column(),
        }
    }
}

/// A document is written in very small parts, which are put together here: `out` may be slow with each.
fn pretty(document: &impl Serialize, out: impl Write) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(64 << 10, out);
    serde_json::to_writer_pretty(&mut out, document)?;
    out.write_all(b"\n")?;
    out.flush()
}

/// # Panics
/// Never: memory can be written to, the documents have string keys only, and JSON is UTF-8.
fn in_memory(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
    let mut json = Vec::new();
    write(&mut json).expect("plain data always serializes");
    String::from_utf8(json).expect("JSON is UTF-8")
}
