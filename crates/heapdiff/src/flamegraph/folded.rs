//! Folded stacks: a line per stack, `outermost;…;innermost COUNT`, as speedscope, inferno and Brendan Gregg's
//! `flamegraph.pl` read them.

use std::fmt::Write as _;

use super::{Count, Folded, Names};
use crate::compare::Comparison;
use crate::inventory::Inventory;
use crate::view::View;

/// What is live in a snapshot: `a;b;c N`. The counts add up to the live heap, unless the view's filter leaves
/// stacks out; what holds nothing has no line.
pub fn of_inventory(inventory: &Inventory, view: &View, count: Count) -> String {
    let mut folded: Folded<u64> = Folded::new();
    let names = Names::new(&inventory.stacks);
    for (at, (stack, held)) in inventory.stacks.iter().enumerate() {
        let live = count.live(&held.counters);
        if live > 0
            && view.shows_stack(inventory.stacks.site_of(at), inventory.stacks.frames_of(at))
        {
            *folded.entry(line(&names.of(stack))).or_default() += live;
        }
    }
    folded.iter().fold(String::new(), |mut out, (stack, live)| {
        let _ = writeln!(out, "{stack} {live}");
        out
    })
}

/// What is live in both snapshots, before and after: `a;b;c N M`. Each column adds up to its heap, as above.
pub fn of_comparison(comparison: &Comparison, view: &View, count: Count) -> String {
    let mut folded: Folded<(u64, u64)> = Folded::new();
    let names = Names::new(&comparison.stacks);
    for (at, (stack, both)) in comparison.stacks.iter().enumerate() {
        let live = (count.live(&both.before), count.live(&both.after));
        if live != (0, 0)
            && view.shows_stack(
                comparison.stacks.site_of(at),
                comparison.stacks.frames_of(at),
            )
        {
            let sum = folded.entry(line(&names.of(stack))).or_default();
            *sum = (sum.0 + live.0, sum.1 + live.1);
        }
    }
    folded
        .iter()
        .fold(String::new(), |mut out, (stack, (before, after))| {
            let _ = writeln!(out, "{stack} {before} {after}");
            out
        })
}

fn line(names: &[(&str, bool)]) -> String {
    let names: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
    names.join(";")
}
