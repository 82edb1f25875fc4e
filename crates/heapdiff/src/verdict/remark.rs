//! What a reader of a verdict should know besides: in words, the same in every format.

use std::fmt;

use super::class::Doubt;
use super::date::Date;
use crate::note::Note;
use crate::terminal::{mebibytes, rate, signed_mebibytes};

/// A remark on a judgement; its `Display` is what every format shows.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Remark {
    /// Something about two snapshots that follow each other: two runs, say.
    Pair(Note),
    /// The process grew, its heap did not.
    RssOnly {
        /// By which RSS grew, in bytes.
        rss_bytes: u64,
        /// By which the live heap grew, in bytes.
        heap_bytes: i64,
    },
    /// Why the verdict is open, and what to do.
    Unclear {
        /// The site with the largest growth of this kind.
        site: String,
        /// How many more there are.
        more: usize,
        /// Why.
        doubt: Doubt,
    },
    /// The heap grows in proportion, but no site does.
    Spread {
        /// Bytes per request, all sites together.
        bytes_per_request: f64,
    },
    /// Sites whose growth, if it is one, drowns in the error of the samples.
    BelowSampling {
        /// How many, in the user's own code.
        sites: usize,
        /// So many bytes per request could grow at one of them and not be seen.
        bytes_per_request: f64,
    },
    /// The requests do not double from each snapshot to the next.
    NotDoubling {
        /// Requests at two snapshots that follow each other.
        requests: (u64, u64),
    },
    /// A site leaks, and the user accepts it.
    Allowed {
        /// Which.
        site: String,
        /// Why.
        reason: String,
    },
    /// An entry of the allow-list no longer holds.
    Expired {
        /// The entry.
        entry: String,
        /// Its last day.
        on: Date,
    },
    /// An entry of the allow-list allows nothing that is there.
    Unused {
        /// The entry.
        entry: String,
    },
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pair(note) => note.fmt(f),
            Self::RssOnly {
                rss_bytes,
                heap_bytes,
            } => write!(
                f,
                "RSS grew by {}, the live heap by {}: the allocator keeps pages of memory that was freed, or something outside this heap grows; it is no leak of the program's own objects",
                mebibytes(*rss_bytes),
                signed_mebibytes(*heap_bytes)
            ),
            Self::Unclear { site, more, doubt } => {
                write!(f, "unclear: {site}")?;
                if *more > 0 {
                    write!(f, " and {more} more")?;
                }
                write!(f, ": {doubt}")
            }
            Self::Spread { bytes_per_request } => write!(
                f,
                "the heap grows by {} bytes per request, but no site of it by enough to be named: take more requests, or say with --in-app whose code is to blame",
                rate(*bytes_per_request)
            ),
            Self::BelowSampling {
                sites,
                bytes_per_request,
            } => write!(
                f,
                "within the error of the samples: {sites} {} of your code changed by no more than chance does; growth of less than {} bytes per request there is below what this sampling can see: take more requests, or record more samples (a smaller --sample)",
                if *sites == 1 { "site" } else { "sites" },
                rate(*bytes_per_request).trim_start_matches('+')
            ),
            Self::NotDoubling {
                requests: (from, to),
            } => write!(
                f,
                "from {from} to {to} the requests did not double: a list that doubles its room may not show between these snapshots; take them at n, 2n, 4n, 8n requests"
            ),
            Self::Allowed { site, reason } => write!(f, "allowed: {site}: {reason}"),
            Self::Expired { entry, on } => write!(
                f,
                "the allow-list's entry for {entry} expired after {on} and allows nothing: fix the leak, or give the entry another day"
            ),
            Self::Unused { entry } => write!(
                f,
                "the allow-list's entry for {entry} matches no site that leaks: take it out"
            ),
        }
    }
}
