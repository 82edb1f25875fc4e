//! What was seen of a server: plain values, for `judge`. How they were come by is `watch`'s affair.

use heapdiff::verdict::Judgement;
use panel::metrics::Metrics;

/// A server, watched for a while.
#[derive(Debug)]
pub(super) struct Observation {
    /// Its metrics of one run, in order. Those before a restart are not among them.
    pub(super) samples: Vec<Sample>,
    /// What its snapshots show.
    pub(super) snapshots: Snapshots,
    /// Whether the traffic was the doctor's own.
    pub(super) driven: bool,
    /// How often it was started anew meanwhile.
    pub(super) restarts: u32,
    /// Why the load ended early, if it did.
    pub(super) cut_short: Option<String>,
}

/// Its metrics at a moment.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    /// Seconds since the first.
    pub(super) at: f64,
    /// Requests answered by then: by its own count, or by the load's where it does not tell.
    pub(super) requests: Option<u64>,
    pub(super) metrics: Metrics,
}

/// What came of taking snapshots.
#[derive(Debug)]
pub(super) enum Snapshots {
    /// A verdict on them, and the files it is on, as a shell takes them.
    Judged {
        judgement: Box<Judgement>,
        files: String,
        /// What is to be told to `heapdiff verdict`, for it counts from the first request of all.
        requests: Vec<u64>,
    },
    /// There are too few: nobody asked the server for anything.
    TooFew,
    /// It has none to give, and why.
    None(String),
}
