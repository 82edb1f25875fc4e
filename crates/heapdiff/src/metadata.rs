//! What a snapshot says about its process and the moment it was taken: DHAT's header, and the key
//! `"heapshot"` that heapshot adds. All of it optional; what is missing or odd is left out.

use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::dhat::Header;
use crate::frame::printable;

/// About the process and the moment of a snapshot.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metadata {
    /// The process's command line.
    pub command: Option<String>,
    /// The process's id; in heapshot's files that of the forked child that wrote the file.
    pub pid: Option<u64>,
    /// DHAT's own clock at the end: microseconds (dhat-rs) or instructions (valgrind).
    pub end: Option<u64>,
    /// When the snapshot was taken.
    pub time: Option<SystemTime>,
    /// How long the process had been recorded by then.
    pub uptime: Option<Duration>,
    /// How long the process could not allocate while the snapshot was taken.
    pub pause: Option<Duration>,
    /// The process's resident memory, in bytes.
    pub rss_bytes: Option<u64>,
    /// Requests served so far, if the process counts them (metadata `requests`).
    pub requests: Option<u64>,
    /// Requests by route (metadata `requests_by_route`), in the file's order.
    pub requests_by_route: Vec<(String, u64)>,
    /// The name of the server (metadata `server`).
    pub server: Option<String>,
    /// Whether heapshot wrote the file.
    pub by_heapshot: bool,
}

impl Metadata {
    pub(crate) fn of(header: &Header<'_>) -> Self {
        let mut metadata = Self {
            command: header.cmd.as_deref().map(|cmd| printable(cmd).into_owned()),
            pid: header.pid,
            end: header.te,
            ..Self::default()
        };
        let Some(heapshot) = &header.heapshot else {
            return metadata;
        };
        metadata.by_heapshot = true;
        let micros = |key: &str| {
            heapshot
                .get(key)
                .and_then(Value::as_u64)
                .map(Duration::from_micros)
        };
        metadata.time = heapshot
            .get("time")
            .and_then(Value::as_str)
            .and_then(|time| humantime::parse_rfc3339(time).ok());
        metadata.uptime = micros("uptime_us");
        metadata.pause = micros("pause_us");
        metadata.rss_bytes = heapshot.get("rss_bytes").and_then(Value::as_u64);
        let of_caller = heapshot.get("metadata");
        let of_caller = |key: &str| of_caller.and_then(|map| map.get(key));
        metadata.requests = of_caller("requests").and_then(Value::as_u64);
        metadata.server = of_caller("server")
            .and_then(Value::as_str)
            .map(|name| printable(name).into_owned());
        if let Some(Value::Object(routes)) = of_caller("requests_by_route") {
            let routes = routes
                .iter()
                .filter_map(|(route, n)| Some((printable(route).into_owned(), n.as_u64()?)));
            metadata.requests_by_route = routes.collect();
        }
        metadata
    }

    /// When the process began to be recorded.
    pub fn started(&self) -> Option<SystemTime> {
        self.time?.checked_sub(self.uptime?)
    }
}
