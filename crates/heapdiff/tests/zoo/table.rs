//! What the zoo's test prints.

use std::fmt::Write as _;

use heapdiff::verdict::{Rate, Verdict};

/// A handler, and what was found.
#[derive(Debug)]
#[expect(dead_code, reason = "printed when the test fails")]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) expected: Verdict,
    pub(crate) verdict: Verdict,
    /// Bytes per request.
    pub(crate) found: Rate,
    pub(crate) truth: f64,
    /// Leaks that were put down to another function.
    pub(crate) elsewhere: Vec<String>,
    /// What grew, with its points.
    pub(crate) grew: Vec<String>,
}

/// moka frees what it has removed in batches, when its threads and the clock let it: what it holds back differs from run to
/// run. It may be unclear, but must never be called a leak.
const BY_THE_CLOCK: [&str; 2] = ["moka_with_a_time_to_live", "moka_with_a_bound"];

impl Row {
    /// Whether the verdict is right, at the right function, and the rate between its bounds.
    pub(crate) fn is_right(&self) -> bool {
        let bounds = self.found.low * 0.95..=self.found.high * 1.05;
        let open = self.verdict == Verdict::Inconclusive && BY_THE_CLOCK.contains(&self.name);
        (self.verdict == self.expected || open)
            && self.elsewhere.is_empty()
            && bounds.contains(&self.truth)
    }
}

/// The table, and what it comes to.
pub(crate) fn print(rows: &[Row]) -> String {
    let mut out = format!(
        "{:44} {:13} {:13} {:>12} {:>12}  between\n",
        "behaviour", "expected", "verdict", "true", "found"
    );
    for row in rows {
        let _ = writeln!(
            out,
            "{:44} {:13} {:13} {:>12.1} {:>12.1}  {:.1} to {:.1}{}",
            row.name,
            row.expected.name(),
            row.verdict.name(),
            row.truth,
            row.found.estimate,
            row.found.low,
            row.found.high,
            if row.is_right() { "" } else { "  WRONG" }
        );
    }
    let count = |of: &dyn Fn(&Row) -> bool| rows.iter().filter(|row| of(row)).count();
    let leaks = count(&|row| row.expected == Verdict::Leak);
    let innocents = count(&|row| row.expected == Verdict::NoLeak);
    let found = count(&|row| row.expected == Verdict::Leak && row.verdict == Verdict::Leak);
    let accused = count(&|row| row.expected != Verdict::Leak && row.verdict == Verdict::Leak);
    let acquitted = count(&|row| row.expected == Verdict::NoLeak && row.verdict == Verdict::NoLeak);
    let smallest = rows
        .iter()
        .filter(|row| row.expected == Verdict::Leak && row.verdict == Verdict::Leak)
        .map(|row| row.truth)
        .fold(f64::INFINITY, f64::min);
    let percent = |part: usize, of: usize| 100 * part / of.max(1);
    let _ = writeln!(
        out,
        "\n{found} of {leaks} leaks found, {acquitted} of {innocents} innocents acquitted, {accused} accused\n\
         precision {} %, recall {} %; smallest leak found: {smallest} bytes per request",
        percent(found, found + accused),
        percent(found, leaks),
    );
    out
}
