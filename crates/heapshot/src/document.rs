//! The snapshot as a file: a DHAT version-2 document, as dhat writes it and `dh_view.html` reads it,
//! plus one top-level key, `"heapshot"`, with what DHAT has no place for.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

#[cfg(unix)]
use crate::ceiling::Mebibytes;
use crate::engine::Totals;
use crate::sampled;
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
            let mut addresses: Vec<_> = largest
                .frames
                .iter()
                .filter_map(|frame| address_of(frame))
                .collect();
            addresses.dedup(); // inlined frames share theirs
            let frames = site::resolve(&addresses);
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

#[cfg(unix)]
fn address_of(frame: &str) -> Option<usize> {
    let (address, _) = frame.strip_prefix("0x")?.split_once(':')?;
    usize::from_str_radix(address, 16).ok()
}

/// Resident memory (RSS) of this process in bytes, where the platform tells.
pub fn rss_bytes() -> Option<u64> {
    memory_stats::memory_stats().map(|stats| stats.physical_mem as u64)
}

/// Reads the whole document and checks that its live bytes and blocks are `live`: a file cut short by a
/// full disk, or one that belongs to another moment, is found here. Returns the program point that holds most, by estimate
/// if one sample in `every` bytes was recorded (0: everything).
pub(crate) fn check(file: &File, live: Totals, every: u64) -> Result<Option<Largest>, String> {
    let mut document: Document = serde_json::from_reader(BufReader::new(file))
        .map_err(|error| format!("the snapshot is not whole: {error}; is the disk full?"))?;
    let sum = |count: fn(&Point) -> u64| document.pps.iter().map(count).sum();
    let found = Totals {
        bytes: sum(|point| point.eb),
        blocks: sum(|point| point.ebk),
    };
    if found != live {
        return Err(format!(
            "the snapshot holds {found:?}, but {live:?} were live when it was taken"
        ));
    }
    let estimate =
        |point: &Point, number: u64| sampled::estimate(number, point.eb, point.ebk, every);
    let largest = document
        .pps
        .iter()
        .max_by_key(|point| estimate(point, point.eb));
    Ok(largest.map(|point| Largest {
        bytes: estimate(point, point.eb),
        blocks: estimate(point, point.ebk),
        frames: point
            .fs
            .iter()
            .filter_map(|&index| Some(std::mem::take(document.ftbl.get_mut(index)?)))
            .collect(),
    }))
}

/// Gives program points that have one stack, as those of several size classes have, an outermost frame of their own:
/// `dh_view.html` wants each stack once. Its text, in brackets, is no function's.
#[cfg(unix)]
pub(crate) fn tell_apart(file: &mut File) -> io::Result<()> {
    file.rewind()?;
    let mut document: serde_json::Value = serde_json::from_reader(BufReader::new(&*file))?;
    let (Some(points), frames) = (
        document.get("pps").and_then(serde_json::Value::as_array),
        document["ftbl"].as_array().map_or(0, Vec::len),
    ) else {
        return Ok(());
    };
    let mut counts: HashMap<String, u64> = HashMap::new();
    for point in points {
        *counts.entry(point["fs"].to_string()).or_default() += 1;
    }
    let mut seen: HashMap<String, u64> = HashMap::new();
    let mut labels: Vec<serde_json::Value> = Vec::new();
    for point in document["pps"].as_array_mut().into_iter().flatten() {
        let stack = point["fs"].to_string();
        if counts[&stack] < 2 {
            continue;
        }
        let number = seen.entry(stack).or_default();
        *number += 1;
        let count = |key: &str| point[key].as_u64().unwrap_or(0);
        let mean = count("tb") / count("tbk").max(1);
        let label = format!("[size class {number}: blocks of about {mean} bytes]");
        if let Some(stack) = point["fs"].as_array_mut() {
            stack.push((frames + labels.len()).into());
            labels.push(label.into());
        }
    }
    if let Some(table) = document["ftbl"].as_array_mut() {
        table.append(&mut labels);
    }
    file.rewind()?;
    file.set_len(0)?;
    let mut out = BufWriter::new(&*file);
    serde_json::to_writer(&mut out, &document)?;
    out.flush()
}

/// The program point that holds most.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Largest {
    pub(crate) bytes: u64,
    pub(crate) blocks: u64,
    /// As DHAT writes them, innermost first: `0x55d0: main (a.rs:1:2)`.
    pub(crate) frames: Vec<String>,
}

#[derive(Deserialize)]
struct Document {
    pps: Vec<Point>,
    /// The last key that dhat writes: without it the file was cut short.
    ftbl: Vec<String>,
}

#[derive(Deserialize)]
struct Point {
    eb: u64,
    ebk: u64,
    fs: Vec<usize>,
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

    const LIVE: Totals = Totals {
        bytes: 30,
        blocks: 3,
    };
    const FROZEN: Frozen = Frozen {
        pause: Duration::from_micros(5),
        live_bytes: LIVE.bytes,
        live_blocks: LIVE.blocks,
        rss_bytes: Some(4096),
        sampling: None,
    };
    const WHOLE: &str = r#"{"dhatFileVersion":2,"pps":[{"eb":10,"ebk":1,"fs":[0]},{"eb":20,"ebk":2,"fs":[1]}],"ftbl":["[root]","0x1f: main (a.rs:1:2)"]}"#;

    #[test]
    fn a_whole_document_of_the_right_moment_passes_and_tells_who_holds_most() {
        let largest = Largest {
            bytes: 20,
            blocks: 2,
            frames: vec!["0x1f: main (a.rs:1:2)".to_owned()],
        };
        assert_eq!(address_of(&largest.frames[0]), Some(31));
        assert_eq!(check(&file_with(WHOLE), LIVE, 0), Ok(Some(largest)));
    }

    #[test]
    fn a_document_cut_anywhere_is_found() {
        for end in 0..WHOLE.len() {
            assert!(check(&file_with(&WHOLE[..end]), LIVE, 0).is_err(), "{end}");
        }
    }

    #[test]
    fn the_largest_is_so_by_what_its_samples_stand_for() {
        let largest = |every| check(&file_with(WHOLE), LIVE, every).unwrap().unwrap();
        assert_eq!((largest(1).bytes, largest(1).blocks), (20, 2));
        let estimated = largest(1000);
        assert!((1990..2030).contains(&estimated.bytes), "{estimated:?}");
        assert!((199..203).contains(&estimated.blocks), "{estimated:?}");
    }

    #[test]
    fn stacks_that_come_twice_are_told_apart_and_no_others_are_touched() {
        let text = r#"{"pps":[{"tb":96,"tbk":2,"fs":[0,1]},{"tb":9,"tbk":1,"fs":[1]},{"tb":800,"tbk":1,"fs":[0,1]}],"ftbl":["a","b"]}"#;
        let mut file = file_with(text);
        tell_apart(&mut file).unwrap();
        file.rewind().unwrap();
        let document: serde_json::Value = serde_json::from_reader(&file).unwrap();
        let stacks: Vec<_> = document["pps"]
            .as_array()
            .unwrap()
            .iter()
            .map(|point| point["fs"].to_string())
            .collect();
        assert_eq!(stacks, ["[0,1,2]", "[1]", "[0,1,3]"]);
        assert_eq!(
            document["ftbl"][2],
            "[size class 1: blocks of about 48 bytes]"
        );
        assert_eq!(
            document["ftbl"][3],
            "[size class 2: blocks of about 800 bytes]"
        );
    }

    #[test]
    fn a_document_of_another_moment_is_found() {
        let other = Totals {
            bytes: 31,
            blocks: 3,
        };
        assert!(check(&file_with(WHOLE), other, 0).is_err());
    }

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
