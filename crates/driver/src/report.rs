//! What came of a run. Its serde form is the driver's JSON; its `Display`, in `render`, what people read.

use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::failure::ErrorKind;

/// The outcome of a [`run`](crate::run), whole or cut short.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The first URL as given, with its placeholders.
    pub url: String,
    /// All of them, which were asked in turn.
    pub urls: Vec<String>,
    /// How many requests were asked for.
    pub planned: u64,
    /// How many were answered or failed; those cut off by an interruption are in neither number.
    pub requests: u64,
    /// How many were answered with a 2xx status.
    pub ok: u64,
    /// How many were answered with the status that [`Load::accept`](crate::Load::accept) names.
    pub turned_away: u64,
    /// The failures by kind, the most frequent first.
    pub errors: Vec<Errors>,
    /// From the first request to the last answer; in JSON, seconds.
    #[serde(rename = "elapsed_s", serialize_with = "seconds")]
    pub elapsed: Duration,
    /// Successful requests per second.
    pub requests_per_second: f64,
    /// Of the successful requests; `None` when there are none.
    #[serde(rename = "latency_us")]
    pub latency: Option<Latency>,
    /// Bytes in the bodies of the successful answers.
    pub bytes_received: u64,
    /// How many connections were asked for.
    pub connections: usize,
    /// Requests per second asked for; `None` in a closed loop.
    pub rate: Option<f64>,
    /// What fixed the placeholders.
    pub seed: u64,
    /// Why it ended early, if it did.
    pub stopped: Option<Stopped>,
}

/// Failures of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Errors {
    /// What they have in common.
    pub kind: ErrorKind,
    /// How many.
    pub count: u64,
    /// What the first of them said: an error's message, or the start of an answer's body.
    pub example: String,
}

/// A distribution of latencies in microseconds, to three significant digits.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Latency {
    /// The shortest.
    pub min: u64,
    /// The arithmetic mean.
    pub mean: f64,
    /// Half of the requests took no longer.
    pub p50: u64,
    /// 90 % took no longer.
    pub p90: u64,
    /// 99 % took no longer.
    pub p99: u64,
    /// 99.9 % took no longer.
    pub p99_9: u64,
    /// The longest.
    pub max: u64,
}

/// Why a run ended before its last request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Stopped {
    /// It was told to.
    #[serde(rename = "interrupted")]
    Interrupted,
    /// The server could not be reached, several times for each connection in a row.
    #[serde(rename = "server gone")]
    ServerGone,
}

impl Report {
    /// How many requests failed.
    pub fn failed(&self) -> u64 {
        self.requests - self.ok - self.turned_away
    }

    /// Whether every request that was asked for was sent and answered, with success or with the status that was to be
    /// accepted.
    pub fn all_ok(&self) -> bool {
        self.ok + self.turned_away == self.planned
    }
}

fn seconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}
