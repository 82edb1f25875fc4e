//! What a tab is told: each server as it is, with its charts. `docs/formats.md` tells the keys.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use serde::Serialize;

use super::charts::{KINDS, Shown};
use super::range::Range;
use super::watched::Seen;
use crate::metrics::Trouble;

#[derive(Serialize)]
struct Document<'a> {
    kind: &'static str,
    minutes: u8,
    /// How often a server is asked, in milliseconds.
    every_ms: u64,
    servers: Vec<Server<'a>>,
}

#[derive(Serialize)]
struct Server<'a> {
    id: &'a str,
    url: &'a str,
    state: State,
    /// What is amiss, and what to do.
    detail: Option<String>,
    charts: Vec<Shown>,
    /// Requests since it was started, by status.
    statuses: Option<&'a BTreeMap<String, u64>>,
    snapshots: Option<u64>,
    events: Vec<Event>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    /// It was not asked yet.
    Waiting,
    Up,
    /// Nobody answers.
    Gone,
    /// It answers, but not with metrics.
    NoMetrics,
}

#[derive(Serialize)]
struct Event {
    /// Milliseconds since 1970.
    at_ms: u64,
    what: &'static str,
}

/// The document, as JSON on one line.
pub(super) fn of(range: Range, tick: Duration, seen: &[Seen]) -> String {
    let reaches: Vec<f64> = KINDS
        .iter()
        .map(|kind| {
            let servers = seen.iter().map(|server| kind.reaches(&server.course));
            servers.fold(0.0, f64::max)
        })
        .collect();
    let document = Document {
        kind: "status",
        minutes: range.minutes(),
        every_ms: u64::try_from(tick.as_millis()).unwrap_or(u64::MAX),
        servers: seen.iter().map(|it| server(it, range, &reaches)).collect(),
    };
    serde_json::to_string(&document).unwrap_or_default()
}

fn server<'a>(seen: &'a Seen, range: Range, reaches: &[f64]) -> Server<'a> {
    let course = &seen.course;
    // of a server that never told anything there is nothing to draw
    let charts = seen.now.iter().flat_map(|now| {
        let kinds = KINDS.iter().zip(reaches);
        kinds.map(|(kind, reaches)| kind.show(now, course, range, *reaches))
    });
    Server {
        id: &seen.id,
        url: &seen.url,
        state: match (&seen.trouble, &seen.now) {
            (Some(Trouble::Gone(_)), _) => State::Gone,
            (Some(_), _) => State::NoMetrics,
            (None, Some(_)) => State::Up,
            (None, None) => State::Waiting,
        },
        detail: seen.trouble.as_ref().map(Trouble::to_string),
        charts: charts.collect(),
        statuses: seen.statuses.as_ref(),
        snapshots: seen.now.as_ref().and_then(|now| now.snapshots),
        events: events(seen),
    }
}

/// The last first, and no more of them than are read.
fn events(seen: &Seen) -> Vec<Event> {
    const MOST: usize = 12;
    let now = SystemTime::now();
    let events = seen.course.events.iter().rev().take(MOST);
    let events = events.map(|event| {
        let ago = Duration::from_secs_f64(event.ago.abs());
        let at = now.checked_sub(ago).unwrap_or(now);
        let since = at
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        Event {
            at_ms: u64::try_from(since.as_millis()).unwrap_or(u64::MAX),
            what: event.what.word(),
        }
    });
    events.collect()
}
