//! What a snapshot says about its process and the moment it was taken: DHAT's header, and the key
//! `"heapshot"` that heapshot adds. All of it optional; what is missing or odd is left out.

use std::time::{Duration, SystemTime};

use printable::printable;
use serde_json::Value;

use crate::dhat::Header;
use crate::near_limit::NearLimit;
use crate::sampling::Sampling;

/// About the process and the moment of a snapshot.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metadata {
    /// The process's command line, with the values of its secrets masked; `None` if the file states none.
    pub command: Option<String>,
    /// The process's id; in heapshot's files that of the forked child that wrote the file.
    pub pid: Option<u64>,
    /// DHAT's own clock at the end: microseconds (dhat-rs) or instructions (valgrind).
    pub end: Option<u64>,
    /// The unit of that clock and of lifetimes, as DHAT writes it (`tu`): `µs`, or `instrs` for instructions.
    pub time_unit: Option<String>,
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
    /// Requests by route (metadata `requests_by_route`).
    pub requests_by_route: Vec<(String, u64)>,
    /// The name of the server (metadata `server`).
    pub server: Option<String>,
    /// Why heapshot took it by itself, if it did (metadata `near_limit`).
    pub near_limit: Option<NearLimit>,
    /// How its blocks were chosen, if not all were recorded.
    pub sampling: Option<Sampling>,
    /// Whether heapshot wrote the file.
    pub by_heapshot: bool,
}

impl Metadata {
    pub(crate) fn of(header: &Header<'_>) -> Self {
        let mut metadata = Self {
            command: header.cmd.as_deref().and_then(command),
            pid: header.pid,
            end: header.te,
            time_unit: header.tu.as_deref().map(text),
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
        let number = |of: &Value, key: &str| of.get(key).and_then(Value::as_u64);
        metadata.sampling = heapshot.get("sampling").and_then(|sampling| {
            let counted = number(heapshot, "live_bytes").zip(number(heapshot, "live_blocks"));
            Some(Sampling {
                every_bytes: number(sampling, "every_bytes").filter(|every| *every > 0)?,
                counted,
            })
        });
        metadata.rss_bytes = heapshot.get("rss_bytes").and_then(Value::as_u64);
        let of_caller = heapshot.get("metadata");
        let of_caller = |key: &str| of_caller.and_then(|map| map.get(key));
        metadata.requests = of_caller("requests").and_then(Value::as_u64);
        metadata.near_limit = of_caller("near_limit").and_then(NearLimit::of);
        metadata.server = of_caller("server").and_then(Value::as_str).map(text);
        if let Some(Value::Object(routes)) = of_caller("requests_by_route") {
            let routes = routes
                .iter()
                .filter_map(|(route, n)| Some((text(route), n.as_u64()?)));
            metadata.requests_by_route = routes.collect();
        }
        metadata
    }

    /// When the process began to be recorded.
    pub fn started(&self) -> Option<SystemTime> {
        self.time?.checked_sub(self.uptime?)
    }
}

/// As it is shown. This is the only place that reads it, so no output has its secrets.
fn command(cmd: &str) -> Option<String> {
    let shown = redact::command_line(cmd);
    (!shown.is_empty()).then(|| text(&shown))
}

/// Longest text that is kept, in characters: it is copied for each table and page.
const LONGEST: usize = 16 << 10;

/// A text of a file, for people: on one line, and not too long.
pub(crate) fn text(text: &str) -> String {
    let Some((end, _)) = text.char_indices().nth(LONGEST) else {
        return printable(text).into_owned();
    };
    printable(&text[..end]).into_owned() + "…"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Profile;

    fn metadata(heapshot: &str) -> Metadata {
        let head = r#"{"dhatFileVersion":2,"mode":"rust-heap","bklt":true,"cmd":"./a","pid":7,"te":9,"pps":[],"ftbl":[]"#;
        let file = format!(r#"{head},"heapshot":{heapshot}}}"#);
        Profile::parse(file.as_bytes())
            .expect("a snapshot")
            .metadata
    }

    #[test]
    fn what_heapshot_writes_is_read() {
        let metadata = metadata(
            r#"{"format_version":1,"time":"2026-01-02T03:04:05.5Z","uptime_us":1500000,"pause_us":900,"rss_bytes":4096,
                "live_bytes":1,"live_blocks":1,"metadata":{"requests":30,"requests_by_route":{"/a":10,"/b":20},"server":"s"}}"#,
        );
        assert_eq!(
            (metadata.requests, metadata.rss_bytes),
            (Some(30), Some(4096))
        );
        assert_eq!(metadata.pause, Some(Duration::from_micros(900)));
        assert_eq!(
            metadata.requests_by_route,
            [("/a".to_owned(), 10), ("/b".to_owned(), 20)]
        );
        assert_eq!(metadata.server.as_deref(), Some("s"));
        assert_eq!(
            metadata.started(),
            Some(humantime::parse_rfc3339("2026-01-02T03:04:04Z").expect("a time"))
        );
    }

    #[test]
    fn a_command_line_is_shown_without_the_values_of_its_secrets() {
        let of = |cmd: &str| {
            let file = format!(
                r#"{{"dhatFileVersion":2,"mode":"rust-heap","bklt":true,"cmd":{},"pps":[],"ftbl":[]}}"#,
                Value::from(cmd)
            );
            let profile = Profile::parse(file.as_bytes()).expect("a snapshot");
            profile.metadata.command
        };
        let shown = of("./shop --token s3cret\u{1b} --port 80");
        assert_eq!(shown.as_deref(), Some("./shop --token *** --port 80"));
        assert_eq!(of(""), None, "heapshot was told to state none");
    }

    #[test]
    fn what_is_odd_is_left_out() {
        for odd in [
            "null",
            "3",
            "[]",
            r#"{"time":"yesterday","rss_bytes":null,"metadata":{"requests":-1}}"#,
            r#"{"time":5,"uptime_us":18446744073709551615,"metadata":[]}"#,
        ] {
            let metadata = metadata(odd);
            assert_eq!(
                (metadata.time, metadata.rss_bytes, metadata.requests),
                (None, None, None),
                "{odd}"
            );
            assert_eq!(
                (metadata.pid, metadata.end, metadata.started()),
                (Some(7), Some(9), None)
            );
        }
    }
}
