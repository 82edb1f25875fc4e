//! The head of a verdict, which answers at once: leak or not, how much per request, where, and what to do.

use std::cmp::Ordering;

use askama::Template;

use super::Sources;
use super::lines::{self, Line};
use crate::compare::file_name;
use crate::excerpt::leaked_here;
use crate::terminal::{amount, between, count, estimated, estimated_amount, rate, thousands};
use crate::verdict::{HeapPoint, Judgement, Remark, SiteGrowth, Verdict};

/// What stands above everything, ready to show. It is HTML before any script has run.
#[derive(Template)]
#[template(path = "verdict.html")]
pub(super) struct Head {
    /// `leak`, `no-leak`, `inconclusive`.
    verdict: &'static str,
    word: &'static str,
    /// Of a leak, bytes per request.
    rate: Option<String>,
    between: Option<String>,
    /// `3 sites`.
    sites: String,
    /// What there is to say where nothing is seen to leak.
    said: &'static str,
    /// `100 to 800 requests`.
    requests: String,
    notes: Vec<Said>,
    heap: Vec<At>,
    knows_rss: bool,
    /// Heap and RSS, from the first snapshot to the last, in words.
    beside: String,
    culprits: Vec<Leak>,
    /// Those that are folded away.
    more: Vec<Leak>,
    /// How many leaks are in the tab alone.
    untold: usize,
}

/// A remark.
struct Said {
    text: String,
    /// Nothing is to be done about it.
    is_quiet: bool,
}

/// The heap at a snapshot; the bars are in per cent of the longest.
struct At {
    label: String,
    path: String,
    requests: String,
    live: String,
    blocks: String,
    rss: String,
    live_bar: f64,
    rss_bar: f64,
}

/// A site that leaks.
struct Leak {
    constructor: String,
    function: String,
    place: String,
    rate: String,
    between: Option<String>,
    /// Its source, if it was found.
    excerpt: Vec<Line>,
    held: String,
    note: String,
}

/// Leaks that are shown in full, if they are not little beside the largest; and those that are there to be unfolded.
const SHOWN: usize = 3;
const LITTLE: f64 = 0.1;
const FOLDED: usize = 20;

impl Head {
    pub(super) fn of(judgement: &Judgement, sources: Sources<'_>) -> Self {
        let per_request = judgement.bytes_per_request();
        let is_leak = judgement.verdict == Verdict::Leak;
        let (word, said) = match judgement.verdict {
            Verdict::Leak => ("Leak", ""),
            Verdict::NoLeak => ("No leak", "No site grows with the requests"),
            Verdict::Inconclusive => ("Inconclusive", "Something grows and may stop"),
        };
        let leaks = judgement.leaks().count();
        let (first, last) = judgement.requests();
        let told = judgement.leaks().take(SHOWN + FOLDED);
        let mut culprits: Vec<Leak> = told.map(|leak| Leak::of(leak, sources)).collect();
        let rates: Vec<f64> = judgement
            .leaks()
            .map(|leak| leak.bytes_per_request.estimate)
            .collect();
        let large = |rate: &&f64| **rate >= LITTLE * rates[0];
        let shown = rates.iter().take(SHOWN).take_while(large).count();
        let more = culprits.split_off(shown);
        Self {
            verdict: judgement.verdict.name(),
            word,
            rate: is_leak.then(|| bare(&rate(per_request.estimate))),
            between: between(per_request),
            sites: count(u64::try_from(leaks).unwrap_or(u64::MAX), "site"),
            said,
            requests: format!("{} to {} requests", thousands(first), thousands(last)),
            notes: judgement.remarks.iter().map(Said::of).collect(),
            heap: At::all(&judgement.heap),
            knows_rss: judgement.heap.iter().any(|at| at.rss_bytes.is_some()),
            beside: beside(&judgement.heap),
            culprits,
            more,
            untold: leaks.saturating_sub(SHOWN + FOLDED),
        }
    }

    /// # Panics
    /// Never: the template is compiled in, and memory takes all writes.
    pub(super) fn html(&self) -> String {
        self.render().expect("a template of plain texts")
    }
}

impl Said {
    fn of(remark: &Remark) -> Self {
        Self {
            text: remark.to_string(),
            is_quiet: matches!(remark, Remark::Allowed { .. } | Remark::RssOnly { .. }),
        }
    }
}

impl Leak {
    fn of(growth: &SiteGrowth, sources: Sources<'_>) -> Self {
        let site = &growth.site;
        let (held, note) = leaked_here(growth).unwrap_or_default();
        Self {
            constructor: site.constructor(),
            function: site.function(),
            place: site.frame.place(),
            rate: rate(growth.bytes_per_request.estimate),
            between: between(growth.bytes_per_request),
            excerpt: lines::around(site, sources),
            held,
            note,
        }
    }
}

impl At {
    #[expect(clippy::cast_precision_loss, reason = "the length of a bar")]
    fn all(heap: &[HeapPoint]) -> Vec<Self> {
        let rss = |at: &HeapPoint| at.rss_bytes.unwrap_or(0);
        let longest = heap.iter().map(|at| at.live_bytes.max(rss(at))).max();
        let longest = longest.unwrap_or(0).max(1);
        let part = |bytes: u64| (1000.0 * bytes as f64 / longest as f64).round() / 10.0;
        let at = |at: &HeapPoint| Self {
            label: file_name(&at.label).to_owned(),
            path: at.label.clone(),
            requests: thousands(at.requests),
            live: estimated_amount(at.live_bytes, at.live_bytes_error),
            blocks: estimated(&thousands(at.live_blocks), at.live_blocks_error),
            rss: at.rss_bytes.map_or_else(|| "not known".to_owned(), amount),
            live_bar: part(at.live_bytes),
            rss_bar: part(rss(at)),
        };
        heap.iter().map(at).collect()
    }
}

/// `From the first snapshot to the last the live heap grew by 56.0 MiB, RSS by 53.8 MiB.`
fn beside(heap: &[HeapPoint]) -> String {
    let [first, .., last] = heap else {
        return String::new();
    };
    let how = |before: u64, after: u64| match after.cmp(&before) {
        Ordering::Less => ("shrank by ", amount(before - after)),
        Ordering::Equal => ("kept its size", String::new()),
        Ordering::Greater => ("grew by ", amount(after - before)),
    };
    let (live, by) = how(first.live_bytes, last.live_bytes);
    let rss = match (first.rss_bytes, last.rss_bytes) {
        (Some(before), Some(after)) => {
            let (rss, by) = how(before, after);
            format!(", RSS {rss}{by}.")
        }
        _ => "; RSS is not known.".to_owned(),
    };
    format!("From the first snapshot to the last the live heap {live}{by}{rss}")
}

/// Without the sign that goes without saying.
fn bare(rate: &str) -> String {
    rate.trim_start_matches('+').to_owned()
}
