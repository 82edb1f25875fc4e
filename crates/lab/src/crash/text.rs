//! The facts of a crash in words and as a table: for the terminal, and the same rows for the page.

use std::fmt::Write as _;

use heapdiff::terminal::{rate, thousands};

use super::facts::{Facts, Jump, Latency, WARM};

/// Jumps that are shown, the last ones: the first are small.
const JUMPS: usize = 8;

/// A row of the table, with a value for each server.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) values: Vec<String>,
}

/// What is known of the servers, a row each fact.
pub(super) fn rows(all: &[Facts]) -> Vec<Row> {
    let row = |name: &str, value: &dyn Fn(&Facts) -> String| Row {
        name: name.to_owned(),
        values: all.iter().map(value).collect(),
    };
    let mut rows = vec![
        row("in its file", &|facts| facts.holds.clone()),
        row("requests answered", &answered),
        row("then", &|facts| match &facts.end {
            Some(end) if end.is_at_ceiling() => "ended at its ceiling, code 70".to_owned(),
            Some(end) => end.in_words(),
            None => "goes on".to_owned(),
        }),
        row("live heap at the end", &|facts| size(facts.live_bytes.last)),
        row("RSS at the end", &|facts| size(facts.rss_bytes.last)),
        row("heap gained per request", &|facts| {
            format!("{} bytes", rate(facts.live_bytes.per_request))
        }),
    ];
    let few = all.iter().map(|facts| facts.first.requests).min();
    let few = thousands(few.unwrap_or(0) as u64);
    for (name, of) in [
        ("first", (|facts| facts.first) as fn(&Facts) -> Latency),
        ("last", |facts| facts.last),
    ] {
        rows.push(row(&format!("{name} {few}: half within"), &|facts| {
            time(of(facts).p50_us)
        }));
        rows.push(row(&format!("{name} {few}: 99 % within"), &|facts| {
            time(of(facts).p99_us)
        }));
        rows.push(row(&format!("{name} {few}: the slowest"), &|facts| {
            let of = of(facts);
            let request = thousands(of.worst_request as u64);
            format!("{} (request {request})", time(of.worst_us))
        }));
    }
    rows
}

fn answered(facts: &Facts) -> String {
    let all = facts.rounds.iter().copied();
    let (least, most) = (all.clone().min().unwrap_or(0), all.max().unwrap_or(0));
    let mut text = thousands(least as u64);
    if least != most {
        text = format!("{text} to {}", thousands(most as u64));
    }
    if facts.turned_away > 0 {
        let turned_away = thousands(facts.turned_away as u64);
        text = format!("{text}, {turned_away} with \"not now\"");
    }
    text
}

/// The rows as a table for the terminal.
pub(super) fn table(all: &[Facts]) -> String {
    let head = Row {
        name: String::new(),
        values: all
            .iter()
            .map(|facts| facts.server.program().to_owned())
            .collect(),
    };
    let rows: Vec<Row> = std::iter::once(head).chain(rows(all)).collect();
    let width = |of: &dyn Fn(&Row) -> usize| rows.iter().map(of).max().unwrap_or(0);
    let names = width(&|row| row.name.chars().count());
    let values = width(&|row| {
        row.values
            .iter()
            .map(|v| v.chars().count())
            .max()
            .unwrap_or(0)
    });
    let mut text = String::new();
    for row in &rows {
        let mut line = format!("{:names$}", row.name);
        for value in &row.values {
            let _ = write!(line, "  {value:>values$}");
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

/// The requests in which the heap grew at once that are worth a row, and how many were smaller.
pub(super) fn cliffs(facts: &Facts) -> (&[Jump], usize) {
    let smaller = facts.jumps.len().saturating_sub(JUMPS);
    (&facts.jumps[smaller..], smaller)
}

/// What a row of the cliffs says, in the order of [`CLIFF_HEADS`].
pub(super) fn cliff(jump: &Jump) -> [String; 5] {
    let grew = jump.after_bytes - jump.before_bytes;
    let power = jump.power.map(|power| format!(" = 2^{power} bytes"));
    [
        thousands(jump.request as u64),
        format!("+{}{}", size(grew), power.unwrap_or_default()),
        time(jump.latency_us),
        time(jump.around_us),
        place(jump.rank),
    ]
}

pub(super) const CLIFF_HEADS: [&str; 5] = [
    "request",
    "heap",
    "latency",
    "usual there",
    "of all requests",
];

/// The cliffs as a table for the terminal.
pub(super) fn cliff_table(facts: &Facts) -> String {
    let (jumps, smaller) = cliffs(facts);
    let rows: Vec<[String; 5]> = std::iter::once(CLIFF_HEADS.map(str::to_owned))
        .chain(jumps.iter().map(cliff))
        .collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let mut text = String::new();
    for row in &rows {
        let cells = row.iter().enumerate();
        let cells = cells.map(|(at, cell)| format!("{cell:>w$}", w = width(at).unwrap_or(0)));
        text += cells.collect::<Vec<_>>().join("  ").trim_end();
        text.push('\n');
    }
    if smaller > 0 {
        let _ = writeln!(text, "and {smaller} before them");
    }
    text
}

/// How the slowest requests go with the jumps, without more than was seen.
pub(super) fn slowest(facts: &Facts) -> String {
    let named = facts.slowest.iter();
    let named: Vec<String> = named
        .map(|slow| {
            let sign = if slow.is_jump { "*" } else { "" };
            let request = thousands(slow.request as u64);
            format!("{request}{sign} ({})", time(slow.latency_us))
        })
        .collect();
    let (grew, all) = (facts.slowest_that_grew(), facts.slowest.len());
    if all == 0 {
        return format!(
            "It was over within {WARM} requests: too few to tell slow ones from first ones. A higher --max-heap shows them."
        );
    }
    let named = named.join(", ");
    let mut text = format!("The {all} slowest after the first {WARM}: {named}.");
    let of_the_heap = match grew {
        _ if grew == all => "\nIn all of them the heap grew at once (*).".to_owned(),
        0 => "\nIn none of them the heap grew at once.".to_owned(),
        grew => format!("\nIn {grew} of these {all} the heap grew at once (*)."),
    };
    text.push_str(&of_the_heap);
    if grew < all {
        text += " What else slows a request down: the recorder's own tables, which double, too; the snapshot that is taken at 90 % of \
                 the ceiling; and whatever else this machine does, of which more --rounds leave less.";
    }
    text
}

/// How slow among all.
fn place(rank: usize) -> String {
    match rank {
        1 => "slowest".to_owned(),
        2 => "1 is slower".to_owned(),
        rank => format!("{} are slower", thousands(rank as u64 - 1)),
    }
}

/// An amount of memory.
#[expect(clippy::cast_precision_loss, reason = "shown to one decimal")]
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        ..0x10_0000 => format!("{:.1} KiB", bytes as f64 / 1024.0),
        _ => format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20)),
    }
}

/// A latency, given in microseconds.
pub(crate) fn time(micros: f64) -> String {
    match micros {
        ..1000.0 => format!("{micros:.0} µs"),
        1000.0..1e6 => format!("{:.1} ms", micros / 1e3),
        _ => format!("{:.2} s", micros / 1e6),
    }
}
