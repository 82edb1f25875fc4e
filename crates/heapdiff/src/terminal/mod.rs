//! The tables of `heapdiff compare`, `show` and `verdict`, for any width. Text in, no I/O; the numbers are the
//! model's.

mod head;
mod number;
mod style;
mod table;
mod verdict;

use std::fmt::Write as _;

pub use number::{amount, rate, signed, thousands};
pub(crate) use number::{
    between, count, cut_end, cut_start, estimated, estimated_amount, mebibytes, signed_amount,
    signed_mebibytes,
};
use style::{BOLD, DIM, PLAIN, Paint, WARNING, of_amount, of_delta};
use table::{Cell, Column, Line, Place, Printed};
pub use verdict::render_verdict;

use crate::compare::{Comparison, Row};
use crate::frame::Frame;
use crate::group::GroupBy;
use crate::inventory::{Holding, Inventory};
use crate::short;
use crate::site::Site;
use crate::view::{Selection, View};

/// What a table is printed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Screen {
    /// Columns; from about 60 it is readable, from about 150 each row fits in one line.
    pub width: usize,
    /// Whether to colour (ANSI escape sequences).
    pub color: bool,
}

/// A comparison as a table: what is compared, the rows that `view` picks, and the reconciliation.
pub fn render(comparison: &Comparison, view: &View, screen: &Screen) -> String {
    let selection = view.of_comparison(comparison);
    let mut out = title("Heap comparison", comparison.by, screen);
    out.push_str(&head::of_comparison(comparison, screen));
    for note in &comparison.notes {
        out.push('\n');
        wrap(&mut out, &format!("warning: {note}"), WARNING, screen);
    }
    out.push('\n');
    let lines: Vec<Line> = selection
        .rows
        .iter()
        .map(|row| line(comparison, row))
        .collect();
    let mut dropped = Vec::new();
    if comparison.rows.is_empty() {
        out.push_str("Nothing was allocated or freed between these snapshots.\n");
    } else if !lines.is_empty() {
        let printed = table::print(("Constructor", "Where"), &COLUMNS, &lines, screen);
        let Printed {
            text,
            dropped: missing,
        } = printed;
        out.push_str(&text);
        dropped = missing;
    }
    out.push_str(&rest(&selection, view, screen));
    out.push('\n');
    let reconciled = format!(
        "Σ Size Delta {} bytes, Σ # Delta {} blocks: exactly heap after − heap before.",
        estimated(
            &signed(comparison.total.size_delta),
            comparison.total.size_error()
        ),
        estimated(
            &signed(comparison.total.delta),
            comparison.total.blocks_error()
        )
    );
    wrap(&mut out, &reconciled, PLAIN, screen);
    for side in comparison.estimates() {
        head::counted(&mut out, side, screen);
    }
    let bounds = if comparison.estimates().next().is_some() {
        "# New, # Deleted, Alloc., Freed and Grew are lower bounds, for DHAT counts per stack; all numbers are estimates. Churned is an upper bound: each realloc counts as an allocation."
    } else {
        "# New, # Deleted, Alloc., Freed and Grew are lower bounds, for DHAT counts per stack; the deltas are exact. Churned is an upper bound: each realloc counts as an allocation."
    };
    paragraph(&mut out, bounds, screen);
    if !dropped.is_empty() {
        paragraph(
            &mut out,
            &format!("Not shown at this width: {}.", dropped.join(", ")),
            screen,
        );
    }
    out
}

/// What a snapshot holds, as a table.
pub fn render_inventory(inventory: &Inventory, view: &View, screen: &Screen) -> String {
    let selection = view.of_inventory(inventory);
    let mut out = title("Live heap", inventory.by, screen);
    out.push_str(&head::of_snapshot(&inventory.snapshot, screen));
    out.push('\n');
    let lines: Vec<Line> = selection
        .rows
        .iter()
        .map(|row| holding_line(inventory, row))
        .collect();
    if inventory.rows.is_empty() {
        out.push_str("Nothing is live in this snapshot.\n");
    } else if !lines.is_empty() {
        out.push_str(
            &table::print(("Constructor", "Where"), &HOLDING_COLUMNS, &lines, screen).text,
        );
    }
    out.push_str(&rest(&selection, view, screen));
    out
}

fn title(what: &str, grouped: GroupBy, screen: &Screen) -> String {
    let text = format!("{what} by {}, sizes in bytes", by(grouped));
    screen.paint(BOLD, &text) + "\n\n"
}

impl Screen {
    fn paint(&self, paint: Paint, text: &str) -> String {
        if !self.color || text.is_empty() || paint == PLAIN {
            return text.to_owned();
        }
        format!("{paint}{text}{paint:#}")
    }
}

const COLUMNS: [Column; 9] = [
    Column {
        head: "# New",
        rank: 2,
    },
    Column {
        head: "# Deleted",
        rank: 4,
    },
    Column {
        head: "# Delta",
        rank: 0,
    },
    Column {
        head: "Alloc. Size",
        rank: 0,
    },
    Column {
        head: "Freed Size",
        rank: 3,
    },
    Column {
        head: "Size Delta",
        rank: 0,
    },
    Column {
        head: "Grew in place",
        rank: 1,
    },
    Column {
        head: "Churned",
        rank: 5,
    },
    Column {
        head: "# Churned",
        rank: 6,
    },
];

const HOLDING_COLUMNS: [Column; 4] = [
    Column {
        head: "Live bytes",
        rank: 0,
    },
    Column {
        head: "Share",
        rank: 1,
    },
    Column {
        head: "# Blocks",
        rank: 0,
    },
    Column {
        head: "Average block",
        rank: 2,
    },
];

fn line(comparison: &Comparison, row: &Row) -> Line {
    let change = &row.change;
    let amount = |amount: u64| Cell {
        text: thousands(amount),
        paint: of_amount(amount),
    };
    let delta = |delta: i64, error: f64| Cell {
        text: estimated(&signed(delta), error),
        paint: of_delta(delta),
    };
    let cells = vec![
        amount(change.new),
        amount(change.deleted),
        delta(change.delta, change.blocks_error()),
        amount(change.alloc_size),
        amount(change.freed_size),
        delta(change.size_delta, change.size_error()),
        amount(change.grew_in_place),
        amount(change.churned_bytes),
        amount(change.churned_blocks),
    ];
    let stack = (comparison.by == GroupBy::Stack).then(|| comparison.stack_of(row));
    finish(&row.site, row.sites(), cells, stack)
}

fn holding_line(inventory: &Inventory, row: &Holding) -> Line {
    let plain = |text: String| Cell { text, paint: PLAIN };
    let cells = vec![
        plain(estimated(
            &thousands(row.held.counters.live_bytes),
            row.held.counters.live_bytes_error(),
        )),
        plain(format!(
            "{:.1} %",
            100.0 * row.held.share(&inventory.snapshot)
        )),
        plain(estimated(
            &thousands(row.held.counters.live_blocks),
            row.held.counters.live_blocks_error(),
        )),
        plain(thousands(row.held.average_block())),
    ];
    let stack = (inventory.by == GroupBy::Stack).then(|| inventory.stack_of(row));
    finish(&row.site, row.sites(), cells, stack)
}

fn finish<'a>(
    site: &Site,
    sites: usize,
    cells: Vec<Cell>,
    stack: Option<impl Iterator<Item = &'a Frame>>,
) -> Line {
    let by_stack = stack.is_some();
    let below = stack.into_iter().flatten().map(|frame| Place {
        function: short::short_function(frame.function()),
        file: frame.place(),
    });
    let place = if by_stack {
        Place::default()
    } else {
        place(site, sites)
    };
    Line {
        name: site.constructor(),
        paint: if site.in_app { BOLD } else { PLAIN },
        cells,
        place,
        below: below.collect(),
    }
}

fn place(site: &Site, sites: usize) -> Place {
    let mut file = site.frame.place();
    if file.is_empty() {
        "(no line known)".clone_into(&mut file);
    }
    if sites > 1 {
        let _ = write!(
            file,
            " (and {} more {})",
            sites - 1,
            if sites == 2 { "site" } else { "sites" }
        );
    }
    // where the function stands for the type, it need not be said twice
    let function = if site.type_name.is_some() {
        site.function()
    } else {
        String::new()
    };
    Place { function, file }
}

/// What the table leaves out.
fn rest<R>(selection: &Selection<'_, R>, view: &View, screen: &Screen) -> String {
    let mut out = String::new();
    let rows = |n: usize, more: &str| format!("{n} {more}{}", if n == 1 { "row" } else { "rows" });
    if selection.hidden > 0 {
        let all = selection.rows.len() + selection.hidden;
        paragraph(
            &mut out,
            &format!(
                "… {}; --top {all} shows all",
                rows(selection.hidden, "more ")
            ),
            screen,
        );
    }
    if let Some(filter) = view.filter.as_deref().filter(|_| selection.filtered > 0) {
        let kept = if selection.rows.is_empty() {
            "No row matches"
        } else {
            "Only rows that match"
        };
        let filter: String = filter.chars().filter(|c| !c.is_control()).collect();
        paragraph(
            &mut out,
            &format!(
                "{kept} \"{filter}\"; {} left out",
                rows(selection.filtered, "other ")
            ),
            screen,
        );
    }
    out
}

/// A dim remark.
fn paragraph(out: &mut String, text: &str, screen: &Screen) {
    wrap(out, text, DIM, screen);
}

/// Prints a text, broken into lines at spaces.
fn wrap(out: &mut String, text: &str, paint: Paint, screen: &Screen) {
    let mut line = String::new();
    for word in text.split(' ') {
        if !line.is_empty() && number::width(&line) + 1 + number::width(word) > screen.width {
            let _ = writeln!(out, "{}", screen.paint(paint, &line));
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    let _ = writeln!(out, "{}", screen.paint(paint, &line));
}

fn by(by: GroupBy) -> &'static str {
    match by {
        GroupBy::Site => "site",
        GroupBy::Type => "type",
        GroupBy::Stack => "stack",
    }
}
