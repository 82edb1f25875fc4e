//! What a doctor may find, how grave it is, and how the program then exits. Its words are `words`' affair.

use heapdiff::verdict::{Rate, SiteGrowth};
use serde::Serialize;

/// Something that was found.
#[derive(Clone, Debug)]
pub(super) enum Finding {
    /// The snapshots' verdict: a leak.
    HeapGrows {
        bytes_per_request: Rate,
        sites: usize,
        site: Site,
        requests: (u64, u64),
        live_bytes: (u64, u64),
        files: String,
        counts: Vec<u64>,
    },
    /// The snapshots' verdict: inconclusive.
    HeapMayGrow {
        why: Vec<String>,
        site: Option<Site>,
        files: String,
        counts: Vec<u64>,
    },
    /// Its metrics show that it grows, and there are no snapshots to show where.
    HeapGrowsSomewhere {
        bytes_per_request: [f64; 2],
        live_bytes: (u64, u64),
        why: String,
    },
    /// Its metrics show that it grew, not evenly, and there are no snapshots to tell more.
    HeapGrew { live_bytes: (u64, u64), why: String },
    /// Neither metrics nor snapshots tell of the heap.
    HeapUnknown { why: String },
    /// RSS grew, and the heap did not.
    RssAlone {
        rss_bytes: (u64, u64),
        live_bytes: (u64, u64),
    },
    /// Requests take longer late than early, in seconds, and the heap grew meanwhile.
    Slower {
        p50_s: (f64, f64),
        p99_s: (f64, f64),
        live_bytes: (u64, u64),
    },
    /// How far the ceiling is.
    NearCeiling {
        used_bytes: u64,
        ceiling_bytes: u64,
        requests_left: Option<f64>,
        seconds_left: Option<f64>,
        /// Of a collection that doubles, the largest room that fits, in bytes.
        last_room: Option<u64>,
    },
    /// Too few requests to say anything; `None` where nobody counts them.
    TooLittle { requests: Option<u64>, driven: bool },
    /// The server was started anew meanwhile.
    Restarted { times: u32 },
    /// The load or the snapshots ended early.
    CutShort { why: String },
    /// Nothing is the matter.
    Fine {
        requests: Option<u64>,
        live_bytes: Option<u64>,
        rss_bytes: Option<u64>,
        no_snapshots: Option<String>,
    },
}

/// Where memory is allocated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Site {
    #[serde(rename = "type")]
    pub(super) type_name: String,
    pub(super) function: String,
    pub(super) place: String,
}

/// A finding, told.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Told {
    pub(super) kind: &'static str,
    pub(super) says: String,
    pub(super) evidence: Vec<String>,
    /// A command, or what to do.
    pub(super) next: String,
    /// The leaking site, if that is known.
    pub(super) site: Option<Site>,
}

impl Site {
    pub(super) fn of(growth: &SiteGrowth) -> Self {
        Self {
            type_name: growth.site.constructor(),
            function: growth.site.function(),
            place: growth.site.frame.place(),
        }
    }

    pub(super) fn in_words(&self) -> String {
        format!("{} in {}, at {}", self.type_name, self.function, self.place)
    }
}

impl Finding {
    /// Whether the heap is seen to grow with the requests, here or somewhere.
    pub(super) fn is_growth(&self) -> bool {
        matches!(
            self,
            Self::HeapGrows { .. } | Self::HeapGrowsSomewhere { .. }
        )
    }

    /// The exit code that it asks for: that of `heapdiff verdict`.
    pub(super) fn exit(&self) -> u8 {
        match self {
            Self::HeapGrows { .. } => 1,
            Self::HeapMayGrow { .. }
            | Self::HeapGrew { .. }
            | Self::HeapGrowsSomewhere { .. }
            | Self::HeapUnknown { .. }
            | Self::TooLittle { .. }
            | Self::Restarted { .. }
            | Self::CutShort { .. } => 3,
            Self::RssAlone { .. }
            | Self::Slower { .. }
            | Self::NearCeiling { .. }
            | Self::Fine { .. } => 0,
        }
    }

    /// The gravest first.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::HeapGrows { .. } | Self::HeapGrowsSomewhere { .. } => 0,
            Self::NearCeiling { .. } => 1,
            Self::Slower { .. } => 2,
            Self::HeapMayGrow { .. } | Self::HeapGrew { .. } | Self::HeapUnknown { .. } => 3,
            Self::RssAlone { .. } => 4,
            Self::Restarted { .. } => 5,
            Self::CutShort { .. } => 6,
            Self::TooLittle { .. } | Self::Fine { .. } => 7,
        }
    }
}
