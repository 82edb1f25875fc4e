//! What heapshot adds to a DHAT document, and tells of it: one top-level key, `"heapshot"`, with what DHAT has no place
//! for, and who holds most.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

#[cfg(unix)]
use crate::ceiling::Mebibytes;
#[cfg(unix)]
use crate::profile::Largest;
#[cfg(unix)]
use crate::site::{self, Frame};
use crate::snapshot::{Frozen, Sampling};

/// What the caller wants written into a snapshot: names and JSON values.
pub type Metadata = serde_json::Map<String, serde_json::Value>;

/// The value of the `"heapshot"` key.
#[derive(Debug, Serialize)]
pub(crate) struct Header {
    /// Version of this object: 1.
    format_version: u32,
    /// When the heap was frozen, RFC 3339, UTC.
    time: String,
    /// Since recording began, in microseconds.
    uptime_us: u64,
    /// How long the process could not allocate, in microseconds.
    pause_us: u64,
    /// Resident memory of the process just before, in bytes; null where the platform does not tell.
    rss_bytes: Option<u64>,
    /// All that was live, and not only the samples of it.
    live_bytes: u64,
    live_blocks: u64,
    /// Missing where everything is recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    sampling: Option<Sampling>,
    metadata: Metadata,
}

impl Header {
    pub(crate) fn new(
        time: SystemTime,
        uptime: Duration,
        frozen: &Frozen,
        metadata: Metadata,
    ) -> Self {
        Self {
            format_version: 1,
            time: humantime::format_rfc3339_micros(time).to_string(),
            uptime_us: micros(uptime),
            pause_us: micros(frozen.pause),
            rss_bytes: frozen.rss_bytes,
            live_bytes: frozen.live_bytes,
            live_blocks: frozen.live_blocks,
            sampling: frozen.sampling,
            metadata,
        }
    }

    /// Adds itself as the last key of the document in `file`; returns the file's new length in bytes.
    pub(crate) fn append_to(&self, file: &mut File) -> io::Result<u64> {
        let end = position_of_last_brace(file)?;
        file.set_len(end)?;
        file.seek(SeekFrom::Start(end))?;
        let mut text = String::from(",\"heapshot\":").into_bytes();
        serde_json::to_writer(&mut text, self)?;
        text.extend_from_slice(b"}\n");
        file.write_all(&text)?;
        Ok(end + text.len() as u64)
    }
}

/// The file beside the snapshot, in its private folder, that a child leaves its [`Found`] in.
#[cfg(unix)]
pub(crate) const FOUND: &str = "found.json";

/// What a child names for the parent's messages.
#[cfg(unix)]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Found {
    /// Who holds most.
    pub(crate) top: Option<Top>,
    /// Where the allocation came from that is not granted, innermost first.
    pub(crate) asked: Vec<Frame>,
}

/// The program point that holds most, and the line of it that is to blame.
#[cfg(unix)]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Top {
    pub(crate) bytes: u64,
    pub(crate) blocks: u64,
    pub(crate) frame: Frame,
}

#[cfg(unix)]
impl Found {
    /// Names them. For the child alone.
    pub(crate) fn new(largest: Option<Largest>, asked: &[usize]) -> Self {
        let top = largest.and_then(|largest| {
            let frames = site::resolve(&largest.addresses);
            Some(Top {
                bytes: largest.bytes,
                blocks: largest.blocks,
                frame: site::to_blame(site::without_allocator(&frames))?.clone(),
            })
        });
        let mut asked = site::without_allocator(&site::resolve(asked)).to_vec();
        asked.truncate(MOST_ASKED);
        Self { top, asked }
    }
}

/// Frames that are kept of an allocation's stack, inlined ones too.
#[cfg(unix)]
const MOST_ASKED: usize = 24;

#[cfg(unix)]
impl std::fmt::Display for Top {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at {}", Mebibytes(self.bytes), self.frame)
    }
}

/// Resident memory (RSS) of this process in bytes, where the platform tells.
pub fn rss_bytes() -> Option<u64> {
    memory_stats::memory_stats().map(|stats| stats.physical_mem as u64)
}

fn position_of_last_brace(file: &mut File) -> io::Result<u64> {
    let mut end = file.seek(SeekFrom::End(0))?;
    let mut byte = [0];
    while end > 0 {
        end -= 1;
        file.seek(SeekFrom::Start(end))?;
        file.read_exact(&mut byte)?;
        match byte[0] {
            b'}' => return Ok(end),
            space if space.is_ascii_whitespace() => {}
            _ => break,
        }
    }
    Err(io::Error::new(
        io::ErrorKind::InvalidData,
        "the file does not end as a JSON object does",
    ))
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file_with(text: &str) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file.rewind().unwrap();
        file
    }

    const FROZEN: Frozen = Frozen {
        pause: Duration::from_micros(5),
        live_bytes: 30,
        live_blocks: 3,
        rss_bytes: Some(4096),
        sampling: None,
    };
    const WHOLE: &str = r#"{"dhatFileVersion":2,"pps":[{"eb":10,"ebk":1,"fs":[0]},{"eb":20,"ebk":2,"fs":[1]}],"ftbl":["[root]","0x1f: main (a.rs:1:2)"]}"#;

    #[test]
    fn the_header_becomes_the_last_key_and_leaves_the_rest_as_it_was() {
        let mut file = file_with(&format!("{WHOLE}\n"));
        let mut metadata = Metadata::new();
        metadata.insert("requests".to_owned(), 7.into());
        let header = Header::new(
            SystemTime::UNIX_EPOCH,
            Duration::from_secs(1),
            &FROZEN,
            metadata,
        );
        let length = header.append_to(&mut file).unwrap();

        let mut text = String::new();
        file.rewind().unwrap();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text.len() as u64, length);
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(document["pps"][1]["eb"], 20);
        assert_eq!(
            document["heapshot"],
            serde_json::json!({
                "format_version": 1,
                "time": "1970-01-01T00:00:00.000000Z",
                "uptime_us": 1_000_000,
                "pause_us": 5,
                "rss_bytes": 4096,
                "live_bytes": 30,
                "live_blocks": 3,
                "metadata": {"requests": 7},
            })
        );
    }

    #[test]
    fn something_else_than_an_object_gets_no_header() {
        let header = Header::new(
            SystemTime::UNIX_EPOCH,
            Duration::ZERO,
            &FROZEN,
            Metadata::new(),
        );
        for text in ["", "[]", "   "] {
            assert!(header.append_to(&mut file_with(text)).is_err());
        }
    }
}
