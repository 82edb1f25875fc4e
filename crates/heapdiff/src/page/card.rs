//! A snapshot as the page lists it.

use serde::Serialize;

use crate::compare::Side;

/// A snapshot in a list: what it is called and what it says about itself. What is not known is `null`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Card {
    /// What the page asks for it by.
    pub id: String,
    /// What people call it.
    pub label: String,
    /// When it was taken; RFC 3339, UTC.
    pub time: Option<String>,
    /// Requests served by then.
    pub requests: Option<u64>,
    /// Requests by route.
    pub requests_by_route: Vec<(String, u64)>,
    /// Live bytes.
    pub live_bytes: Option<u64>,
    /// Live blocks.
    pub live_blocks: Option<u64>,
    /// The process's resident memory, in bytes.
    pub rss_bytes: Option<u64>,
    /// How long the process could not allocate, in microseconds.
    pub pause_us: Option<u64>,
    /// How long it had been recorded, in microseconds.
    pub uptime_us: Option<u64>,
    /// The server's name.
    pub server: Option<String>,
    /// The process's command line.
    pub command: Option<String>,
    /// The file's length.
    pub file_bytes: Option<u64>,
    /// Why the snapshot cannot be read; then nothing but its label is known.
    pub error: Option<String>,
}

impl Card {
    /// Of a snapshot that was read, under its own label.
    pub fn of(id: impl Into<String>, snapshot: &Side) -> Self {
        let metadata = &snapshot.metadata;
        let micros = |duration: std::time::Duration| u64::try_from(duration.as_micros()).ok();
        Self {
            id: id.into(),
            label: snapshot.label.clone(),
            time: metadata
                .time
                .map(|time| humantime::format_rfc3339_micros(time).to_string()),
            requests: metadata.requests,
            requests_by_route: metadata.requests_by_route.clone(),
            live_bytes: Some(snapshot.totals.live_bytes),
            live_blocks: Some(snapshot.totals.live_blocks),
            rss_bytes: metadata.rss_bytes,
            pause_us: metadata.pause.and_then(micros),
            uptime_us: metadata.uptime.and_then(micros),
            server: metadata.server.clone(),
            command: metadata.command.clone(),
            file_bytes: None,
            error: None,
        }
    }
}
