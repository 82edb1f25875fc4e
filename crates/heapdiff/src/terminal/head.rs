//! The head of a table: which snapshots, how much was live, how many requests, the resident memory.

use std::fmt::Write as _;

use super::Screen;
use super::number::{cut_start, estimated, mebibytes, signed, signed_mebibytes, thousands, width};
use super::style::{BOLD, DIM, PLAIN, Paint, of_delta};
use crate::compare::{Comparison, Side, file_name};
use crate::verdict::HeapPoint;

/// Before, after, and the change between.
pub(super) fn of_comparison(comparison: &Comparison, screen: &Screen) -> String {
    let (before, after) = (&comparison.before, &comparison.after);
    let rows = [Facts::of("before", before), Facts::of("after", after)];
    let total = &comparison.total;
    let difference =
        |a: Option<u64>, b: Option<u64>| Some(b?.cast_signed().saturating_sub(a?.cast_signed()));
    let change = Facts {
        name: "change",
        bytes: estimated(&signed(total.size_delta), total.size_error()),
        blocks: estimated(&signed(total.delta), total.blocks_error()),
        requests: difference(before.metadata.requests, after.metadata.requests).map(signed),
        rss: difference(before.metadata.rss_bytes, after.metadata.rss_bytes).map(signed_mebibytes),
        label: String::new(),
        paint: of_delta(total.size_delta),
    };
    let [before, after] = rows;
    print(&[before, after, change], screen)
}

/// One snapshot, with the moment it was taken.
pub(super) fn of_snapshot(side: &Side, screen: &Screen) -> String {
    let mut out = print(&[Facts::of("live", side)], screen);
    let metadata = &side.metadata;
    let mut facts = vec![format!(
        "allocated so far: {} bytes in {} blocks",
        thousands(side.totals.total_bytes),
        thousands(side.totals.total_blocks)
    )];
    if let Some(time) = metadata.time {
        facts.push(format!("taken {}", humantime::format_rfc3339_seconds(time)));
    }
    if let Some(uptime) = metadata.uptime {
        facts.push(format!("after {:.1} s", uptime.as_secs_f64()));
    }
    if let Some(pause) = metadata.pause {
        facts.push(format!(
            "pause {} µs",
            thousands(u64::try_from(pause.as_micros()).unwrap_or(u64::MAX))
        ));
    }
    if let Some(server) = &metadata.server {
        facts.push(server.clone());
    }
    super::paragraph(&mut out, &facts.join(", "), screen);
    if let Some(text) = side.estimate() {
        super::wrap(&mut out, &text, super::WARNING, screen);
    }
    if let Some(near_limit) = &metadata.near_limit {
        super::paragraph(&mut out, &near_limit.to_string(), screen);
    }
    for (route, requests) in &metadata.requests_by_route {
        super::paragraph(
            &mut out,
            &format!("{route}: {} requests", thousands(*requests)),
            screen,
        );
    }
    out
}

/// What the samples of a snapshot say beside what the process counted: a check of the estimate.
pub(super) fn counted(out: &mut String, side: &Side, screen: &Screen) {
    if let Some(text) = side.estimate() {
        super::wrap(
            out,
            &format!("{}: {text}", file_name(&side.label)),
            PLAIN,
            screen,
        );
    }
}

/// Each snapshot of a series.
pub(super) fn of_series(heap: &[HeapPoint], screen: &Screen) -> String {
    let rows: Vec<Facts> = heap
        .iter()
        .enumerate()
        .map(|(at, point)| Facts {
            name: if at == 0 {
                "first"
            } else if at + 1 == heap.len() {
                "last"
            } else {
                ""
            },
            bytes: estimated(&thousands(point.live_bytes), point.live_bytes_error),
            blocks: estimated(&thousands(point.live_blocks), point.live_blocks_error),
            requests: Some(thousands(point.requests)),
            rss: point.rss_bytes.map(mebibytes),
            label: point.label.clone(),
            paint: PLAIN,
        })
        .collect();
    print(&rows, screen)
}

/// The columns of a row's name (`before`).
const NAME: usize = 6;
const GAP: usize = 3;
/// What a snapshot's name gets at least; columns of numbers go first.
const LABEL: usize = 16;

struct Facts {
    name: &'static str,
    bytes: String,
    blocks: String,
    requests: Option<String>,
    rss: Option<String>,
    label: String,
    paint: Paint,
}

impl Facts {
    fn of(name: &'static str, side: &Side) -> Self {
        Self {
            name,
            bytes: estimated(
                &thousands(side.totals.live_bytes),
                side.totals.live_bytes_error(),
            ),
            blocks: estimated(
                &thousands(side.totals.live_blocks),
                side.totals.live_blocks_error(),
            ),
            requests: side.metadata.requests.map(thousands),
            rss: side.metadata.rss_bytes.map(mebibytes),
            label: side.label.clone(),
            paint: PLAIN,
        }
    }
}

fn print(rows: &[Facts], screen: &Screen) -> String {
    // a column that no snapshot has anything for is left out
    let column = |head: &'static str, of: &dyn Fn(&Facts) -> Option<String>| {
        let cells: Vec<String> = rows.iter().map(|row| of(row).unwrap_or_default()).collect();
        cells
            .iter()
            .any(|cell| !cell.is_empty())
            .then_some((head, cells))
    };
    let mut columns: Vec<(&str, Vec<String>)> = [
        column("live bytes", &|row| Some(row.bytes.clone())),
        column("blocks", &|row| Some(row.blocks.clone())),
        column("requests", &|row| row.requests.clone()),
        column("RSS", &|row| row.rss.clone()),
    ]
    .into_iter()
    .flatten()
    .collect();
    let mut widths: Vec<usize> = columns
        .iter()
        .map(|(head, cells)| {
            cells
                .iter()
                .map(|cell| width(cell))
                .max()
                .unwrap_or(0)
                .max(width(head))
        })
        .collect();
    let used =
        |widths: &[usize]| NAME + widths.iter().map(|width| width + GAP).sum::<usize>() + GAP;
    while columns.len() > 2 && used(&widths) + LABEL > screen.width {
        columns.pop();
        widths.pop();
    }
    let used = used(&widths);

    let mut out = String::new();
    let heads = columns.iter().zip(&widths).fold(
        format!("{:NAME$}", ""),
        |mut line, ((head, _), width)| {
            let _ = write!(line, "   {head:>width$}");
            line
        },
    );
    let _ = writeln!(out, "{}", screen.paint(DIM, &format!("{heads}   snapshot")));
    for (at, row) in rows.iter().enumerate() {
        let cells =
            columns
                .iter()
                .zip(&widths)
                .fold(String::new(), |mut line, ((_, cells), width)| {
                    let _ = write!(line, "   {:>width$}", cells[at]);
                    line
                });
        let label = cut_start(&row.label, screen.width.saturating_sub(used).max(LABEL));
        let line = format!(
            "{}{}   {label}",
            screen.paint(BOLD, &format!("{:NAME$}", row.name)),
            screen.paint(row.paint, &cells)
        );
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}
