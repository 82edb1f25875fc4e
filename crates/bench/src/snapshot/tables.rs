//! What was measured, as tables.

use anyhow::{Context, Result};

use super::heap::Heap;
use super::taken::Taken;
use crate::ratio::{Ratio, median};
use crate::table::Table;

/// The rounds of one heap.
pub(crate) type Rounds = Vec<Taken>;

/// What a snapshot costs, by heap. The first heap is what the others are compared with.
pub(crate) fn costs(heaps: &[Heap], measured: &[Rounds]) -> Result<[Table; 2]> {
    let mut pause = Table::new(
        "pause",
        "What a snapshot makes others wait, by what is leaked before",
        &[
            "",
            "live heap",
            "pause",
            "to that of an empty heap",
            "longest answer",
            "without a snapshot",
        ],
    );
    let mut file = Table::new(
        "file",
        "When a snapshot's file is complete, by what is leaked before",
        &[
            "",
            "first",
            "second to first",
            "later ones to first",
            "first, to that of an empty heap",
            "file",
        ],
    );
    let empty = measured.first().context("nothing was measured")?;
    for (heap, rounds) in heaps.iter().zip(measured) {
        pause.row([
            heap.to_string(),
            megabytes(rounds, |taken| taken.live)?,
            milliseconds(rounds, paused)?,
            ratio(rounds, paused, empty, paused)?,
            milliseconds(rounds, answered)?,
            milliseconds(rounds, |taken| taken.worst_at_rest)?,
        ]);
        file.row([
            heap.to_string(),
            milliseconds(rounds, Taken::first)?,
            ratio(rounds, Taken::second, rounds, Taken::first)?,
            ratio(rounds, Taken::later, rounds, Taken::first)?,
            ratio(rounds, Taken::first, empty, Taken::first)?,
            megabytes(rounds, |taken| taken.middle(|shot| shot.bytes))?,
        ]);
    }
    pause.note(
        "Pause: how long nobody could allocate, by the server's own timer. Longest answer: of /healthz, asked every 3 ms over a \
         connection of its own while the snapshot is written, and before, for half a second, without one. Medians over six \
         snapshots of each server, then over the rounds; each heap a fresh server.",
    );
    file.note("From asking until the file was published. Later ones: the median of five.");
    Ok([pause, file])
}

/// The lab's server beside the article's on Node, both photographed after the same requests in the same round.
pub(crate) fn beside_node(heaps: &[Heap], ours: &[Rounds], nodes: &[Rounds]) -> Result<Table> {
    let mut table = Table::new(
        "node",
        "A snapshot of the article's leak: Node to Rust, how many times as much",
        &[
            "",
            "longest answer",
            "first file complete",
            "later ones",
            "file",
        ],
    );
    for ((heap, ours), nodes) in heaps.iter().zip(ours).zip(nodes) {
        let bytes = |taken: &Taken| taken.middle(|shot| shot.bytes);
        table.row([
            heap.to_string(),
            ratio(nodes, answered, ours, answered)?,
            ratio(nodes, Taken::first, ours, Taken::first)?,
            ratio(nodes, Taken::later, ours, Taken::later)?,
            ratio(nodes, bytes, ours, bytes)?,
        ]);
    }
    let by = nodes.iter().flatten().find_map(|taken| taken.by.clone());
    table.note(format!(
        "Node's snapshot is written by {}. It holds each object and reference, and not who made it; it is written on the thread that \
         serves. Node has 6 GiB at the most.",
        by.as_deref().unwrap_or("Node")
    ));
    Ok(table)
}

fn paused(taken: &Taken) -> f64 {
    taken.middle(|shot| shot.pause)
}

fn answered(taken: &Taken) -> f64 {
    taken.middle(|shot| shot.worst)
}

fn values(rounds: &Rounds, of: impl Fn(&Taken) -> f64) -> Vec<f64> {
    rounds.iter().map(of).collect()
}

fn ratio(
    rounds: &Rounds,
    of: impl Fn(&Taken) -> f64,
    base: &Rounds,
    to: impl Fn(&Taken) -> f64,
) -> Result<String> {
    let ratio = Ratio::of(&values(rounds, of), &values(base, to));
    Ok(ratio.context("a figure is missing")?.to_string())
}

fn middle(rounds: &Rounds, of: impl Fn(&Taken) -> f64) -> Result<f64> {
    median(&values(rounds, of)).context("a figure is missing")
}

fn milliseconds(rounds: &Rounds, of: impl Fn(&Taken) -> f64) -> Result<String> {
    Ok(format!("{:.1} ms", middle(rounds, of)?))
}

fn megabytes(rounds: &Rounds, of: impl Fn(&Taken) -> f64) -> Result<String> {
    Ok(format!("{:.1} MB", middle(rounds, of)? / 1e6))
}
