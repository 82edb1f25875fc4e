//! The head of a comparison, which answers at once: how much the heap grew, over how many requests, and where.

use askama::Template;

use super::Sources;
use super::lines::{self, Line};
use crate::compare::{Comparison, Row};
use crate::excerpt::{blocks_in, held_here};
use crate::terminal::{amount, count, estimated, rate, signed, signed_amount, thousands};

/// What stands above everything, ready to show. It is HTML before any script has run.
#[derive(Template)]
#[template(path = "answer.html")]
pub(super) struct Answer {
    /// `grew`, `shrank` or `kept`.
    direction: &'static str,
    /// By how much, shortly and without a sign: `124.1 MiB`.
    amount: String,
    size_delta: String,
    delta: String,
    /// `800 requests`.
    requests: Option<String>,
    per_request: Option<String>,
    /// What RSS says that the heap does not.
    remark: Option<String>,
    notes: Vec<String>,
    culprit: Option<Culprit>,
    facts: Vec<Fact>,
}

/// The row that most of the growth is in.
struct Culprit {
    constructor: String,
    function: String,
    place: String,
    size_delta: String,
    per_request: Option<String>,
    /// Per cent of the whole change, if that makes sense.
    share: Option<String>,
    note: Option<String>,
    /// Its source, if it was found.
    excerpt: Vec<Line>,
    held: String,
}

/// A number of both snapshots.
struct Fact {
    name: &'static str,
    before: String,
    after: String,
    change: String,
    /// `more`, `less` or `same`.
    trend: &'static str,
    bars: Option<Bars>,
}

/// Lengths, in per cent of the longest.
struct Bars {
    before: f64,
    after: f64,
}

impl Answer {
    pub(super) fn of(comparison: &Comparison, sources: Sources<'_>) -> Self {
        let total = &comparison.total;
        Self {
            direction: match total.size_delta {
                ..0 => "shrank",
                0 => "kept",
                1.. => "grew",
            },
            amount: amount(total.size_delta.unsigned_abs()),
            size_delta: estimated(&signed(total.size_delta), total.size_error()),
            delta: estimated(&signed(total.delta), total.blocks_error()),
            requests: comparison
                .requests()
                .map(|requests| count(requests, "request")),
            per_request: comparison.bytes_per_request(total).map(rate),
            remark: remark(comparison),
            notes: comparison.notes.iter().map(ToString::to_string).collect(),
            culprit: culprit(comparison).map(|row| Culprit::of(comparison, row, sources)),
            facts: Fact::all(comparison),
        }
    }

    /// # Panics
    /// Never: the template is compiled in, and memory takes all writes.
    pub(super) fn html(&self) -> String {
        self.render().expect("a template of plain texts")
    }
}

/// The row that grew most; of the user's own code, unless what grew there is little beside the rest.
fn culprit(comparison: &Comparison) -> Option<&Row> {
    let grew = |row: &&Row| row.change.size_delta;
    let rows = || comparison.rows.iter().filter(|row| grew(row) > 0);
    let most = rows().max_by_key(grew)?;
    let own = rows().filter(|row| row.site.in_app).max_by_key(grew);
    own.filter(|own| grew(own) >= grew(&most) / 10)
        .or(Some(most))
}

/// Below this, in bytes, RSS says nothing: threads' stacks and the like come and go.
const NOTABLE: u64 = 1 << 20;

fn remark(comparison: &Comparison) -> Option<String> {
    let rss = |side: &crate::compare::Side| side.metadata.rss_bytes;
    let more = rss(&comparison.after)?.checked_sub(rss(&comparison.before)?)?;
    (more >= NOTABLE && comparison.total.size_delta <= 0).then(|| {
        format!(
            "RSS grew by {} and the live heap did not: the allocator keeps what was freed, which is no leak.",
            amount(more)
        )
    })
}

impl Culprit {
    #[expect(clippy::cast_precision_loss, reason = "shown to one decimal")]
    fn of(comparison: &Comparison, row: &Row, sources: Sources<'_>) -> Self {
        let Row { site, change, .. } = row;
        let share = 100.0 * change.size_delta as f64 / comparison.total.size_delta as f64;
        Self {
            constructor: site.constructor(),
            function: site.function(),
            place: site.frame.place(),
            size_delta: estimated(&signed(change.size_delta), change.size_error()),
            per_request: comparison.bytes_per_request(change).map(rate),
            share: (0.0..=100.0).contains(&share).then(|| per_cent(share)),
            note: comparison
                .requests()
                .map(|requests| blocks_in(row, requests)),
            excerpt: lines::around(site, sources),
            held: held_here(comparison, row),
        }
    }
}

/// Nothing is said to be all or nothing that is not.
fn per_cent(share: f64) -> String {
    if share < 0.1 {
        "< 0.1".to_owned()
    } else if share > 99.9 && share < 100.0 {
        "> 99.9".to_owned()
    } else {
        format!("{share:.1}")
    }
}

impl Fact {
    /// Those that both snapshots know; heap and RSS are drawn to one scale.
    fn all(comparison: &Comparison) -> Vec<Self> {
        let sides = [&comparison.before, &comparison.after];
        let both = |of: &dyn Fn(&crate::compare::Side) -> Option<u64>| {
            Some((of(sides[0])?, of(sides[1])?))
        };
        let live = both(&|side| Some(side.totals.live_bytes));
        let blocks = both(&|side| Some(side.totals.live_blocks));
        let rss = both(&|side| side.metadata.rss_bytes);
        let requests = both(&|side| side.metadata.requests);
        let longest = [live, rss]
            .into_iter()
            .flatten()
            .map(|(before, after)| before.max(after))
            .max()
            .unwrap_or(1)
            .max(1);
        let facts = [
            live.map(|both| Self::of_memory("Live heap", both, longest)),
            blocks.map(|both| Self::of_count("Live blocks", both)),
            rss.map(|both| Self::of_memory("RSS", both, longest)),
            requests.map(|both| Self {
                trend: "same", // more of them is no growth
                ..Self::of_count("Requests", both)
            }),
        ];
        let mut facts: Vec<Self> = facts.into_iter().flatten().collect();
        for fact in facts
            .iter_mut()
            .filter(|fact| fact.name.starts_with("Live"))
        {
            let texts = [&mut fact.before, &mut fact.after];
            for (side, text) in sides.into_iter().zip(texts) {
                if side.metadata.sampling.is_some() {
                    text.insert_str(0, "≈ ");
                }
            }
            if comparison.estimates().next().is_some() {
                fact.change.insert_str(0, "≈ ");
            }
        }
        facts
    }

    #[expect(clippy::cast_precision_loss, reason = "the length of a bar")]
    fn of_memory(name: &'static str, (before, after): (u64, u64), longest: u64) -> Self {
        let part = |bytes: u64| (1000.0 * bytes as f64 / longest as f64).round() / 10.0;
        Self {
            before: amount(before),
            after: amount(after),
            change: signed_amount(difference(before, after)),
            bars: Some(Bars {
                before: part(before),
                after: part(after),
            }),
            ..Self::of_count(name, (before, after))
        }
    }

    fn of_count(name: &'static str, (before, after): (u64, u64)) -> Self {
        Self {
            name,
            before: thousands(before),
            after: thousands(after),
            change: signed(difference(before, after)),
            trend: match before.cmp(&after) {
                std::cmp::Ordering::Less => "more",
                std::cmp::Ordering::Equal => "same",
                std::cmp::Ordering::Greater => "less",
            },
            bars: None,
        }
    }
}

/// Metadata may say anything.
fn difference(before: u64, after: u64) -> i64 {
    let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    signed(after).saturating_sub(signed(before))
}
