//! The DHAT file format, version 2, as dhat-rs and `valgrind --tool=dhat` write it: JSON text to numbers.
//!
//! The format is described in valgrind's `dhat/dh_main.c` ("JSON output") and by the sources of `dh_view`, which
//! dhat-rs follows. This module checks and counts; it gives no meaning to frames. Strings are borrowed from
//! the input, and the stacks of all program points lie in one vector: such files can be large.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};

use crate::error::Error;
use crate::history::History;

/// A DHAT file, checked, as it stands.
#[derive(Debug)]
pub(crate) struct File<'a> {
    pub(crate) header: Header<'a>,
    pub(crate) points: Points,
    pub(crate) frames: Vec<Text<'a>>,
}

/// What the file says about itself and its process.
#[derive(Debug, Deserialize)]
pub(crate) struct Header<'a> {
    #[serde(rename = "dhatFileVersion")]
    version: Option<serde_json::Number>,
    #[serde(borrow, default)]
    mode: Option<Cow<'a, str>>,
    #[serde(default)]
    bklt: Option<bool>,
    #[serde(borrow, default)]
    pub(crate) cmd: Option<Cow<'a, str>>,
    #[serde(default)]
    pub(crate) pid: Option<u64>,
    /// Time at the end, in the file's own unit (instructions or microseconds).
    #[serde(default)]
    pub(crate) te: Option<u64>,
    /// That unit's name.
    #[serde(borrow, default)]
    pub(crate) tu: Option<Cow<'a, str>>,
    /// What heapshot adds; any shape is accepted, for it is a courtesy.
    #[serde(default)]
    pub(crate) heapshot: Option<serde_json::Value>,
}

/// The program points ("pps"): a range of `stack_frames` each, and their counters.
#[derive(Debug, Default)]
pub(crate) struct Points {
    pub(crate) list: Vec<Point>,
    /// Indices into the frame table, innermost first.
    pub(crate) stack_frames: Vec<u32>,
}

/// One program point. Bytes and blocks: ever allocated (`tb`, `tbk`) and live at the end (`eb`, `ebk`). The rest is
/// for the curious, and optional.
#[derive(Debug)]
pub(crate) struct Point {
    pub(crate) total_bytes: u64,
    pub(crate) total_blocks: u64,
    pub(crate) live_bytes: u64,
    pub(crate) live_blocks: u64,
    pub(crate) history: Option<History>,
    /// Where the stack ends in `stack_frames`; it starts where the one before ends.
    pub(crate) stack_end: usize,
}

/// A string that borrows from the input where it can. (A plain `Vec<Cow<str>>` never does.)
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Text<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

/// Reads and checks a DHAT file.
pub(crate) fn parse(json: &[u8]) -> Result<File<'_>, Error> {
    if json.iter().all(u8::is_ascii_whitespace) {
        return Err(Error::Empty);
    }
    if json.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        serde_json::from_slice::<serde::de::IgnoredAny>(json).map_err(of_json)?;
        return Err(Error::NotDhat);
    }
    // A text that is known to be one is read faster.
    let whole: serde_json::Result<Whole<'_>> = match str::from_utf8(json) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => serde_json::from_slice(json),
    };
    let (header, body) = match whole {
        Ok(whole) => whole.into_parts(),
        Err(_) => {
            // The header alone: a file of another kind should be called that, not "missing field pps".
            (serde_json::from_slice(json).map_err(of_json)?, None)
        }
    };
    header.check()?;
    let body = match body {
        Some(body) => body,
        None => serde_json::from_slice(json).map_err(of_json)?,
    };
    let points = body.pps.0;
    check_frames(&points, body.ftbl.len())?;
    Ok(File {
        header,
        points,
        frames: body.ftbl,
    })
}

/// All in one pass, as nearly all files can be read. What this does not like, the two others say why.
#[derive(Deserialize)]
struct Whole<'a> {
    #[serde(rename = "dhatFileVersion")]
    version: Option<serde_json::Number>,
    #[serde(borrow, default)]
    mode: Option<Cow<'a, str>>,
    bklt: Option<bool>,
    #[serde(borrow, default)]
    cmd: Option<Cow<'a, str>>,
    pid: Option<u64>,
    te: Option<u64>,
    #[serde(borrow, default)]
    tu: Option<Cow<'a, str>>,
    heapshot: Option<serde_json::Value>,
    pps: Option<PointsField>,
    #[serde(borrow)]
    ftbl: Option<Vec<Text<'a>>>,
}

impl<'a> Whole<'a> {
    fn into_parts(self) -> (Header<'a>, Option<Body<'a>>) {
        let body = self.pps.zip(self.ftbl);
        let header = Header {
            version: self.version,
            mode: self.mode,
            bklt: self.bklt,
            cmd: self.cmd,
            pid: self.pid,
            te: self.te,
            tu: self.tu,
            heapshot: self.heapshot,
        };
        (header, body.map(|(pps, ftbl)| Body { pps, ftbl }))
    }
}

#[derive(Deserialize)]
struct Body<'a> {
    pps: PointsField,
    #[serde(borrow)]
    ftbl: Vec<Text<'a>>,
}

impl Header<'_> {
    fn check(&self) -> Result<(), Error> {
        match &self.version {
            None => return Err(Error::NotDhat),
            Some(version) if version.as_u64() != Some(2) => {
                return Err(Error::Version(version.to_string()));
            }
            Some(_) => {}
        }
        match self.mode.as_deref() {
            Some("heap" | "rust-heap") => {}
            other => return Err(Error::Mode(other.unwrap_or("(none)").to_owned())),
        }
        match self.bklt {
            Some(true) => Ok(()),
            Some(false) => Err(Error::NoLifetimes("\"bklt\" is false")),
            None => Err(Error::NoLifetimes("it has no \"bklt\"")),
        }
    }
}

fn of_json(error: serde_json::Error) -> Error {
    match error.classify() {
        serde_json::error::Category::Eof => Error::Truncated {
            line: error.line(),
            column: error.column(),
        },
        serde_json::error::Category::Data => Error::Malformed(error),
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => {
            Error::NotJson(error)
        }
    }
}

fn check_frames(points: &Points, frames: usize) -> Result<(), Error> {
    let mut start = 0;
    for (point, Point { stack_end, .. }) in points.list.iter().enumerate() {
        if let Some(frame) = points.stack_frames[start..*stack_end]
            .iter()
            .find(|frame| **frame as usize >= frames)
        {
            return Err(Error::FrameOutOfRange {
                point,
                frame: u64::from(*frame),
                frames,
            });
        }
        start = *stack_end;
    }
    Ok(())
}

struct PointsField(Points);

impl<'de> Deserialize<'de> for PointsField {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(PointsVisitor).map(Self)
    }
}

struct PointsVisitor;

impl<'de> Visitor<'de> for PointsVisitor {
    type Value = Points;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of program points")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Points, A::Error> {
        let mut points = Points::default();
        while seq.next_element_seed(PointSeed(&mut points))?.is_some() {}
        Ok(points)
    }
}

/// Reads one program point into the list, its stack into the common vector.
struct PointSeed<'p>(&'p mut Points);

impl<'de> DeserializeSeed<'de> for PointSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for PointSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a program point")
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        use serde::de::Error as _;
        let (mut total_bytes, mut total_blocks, mut live_bytes, mut live_blocks) =
            (None, None, None, None);
        let (mut lifetime, mut peak_bytes, mut peak_blocks) = (None, None, None);
        let mut stack = false;
        while let Some(key) = map.next_key()? {
            match key {
                PointKey::TotalBytes => total_bytes = Some(map.next_value()?),
                PointKey::TotalBlocks => total_blocks = Some(map.next_value()?),
                PointKey::LiveBytes => live_bytes = Some(map.next_value()?),
                PointKey::LiveBlocks => live_blocks = Some(map.next_value()?),
                PointKey::TotalLifetime => lifetime = map.next_value::<Count>()?.0,
                PointKey::PeakBytes => peak_bytes = map.next_value::<Count>()?.0,
                PointKey::PeakBlocks => peak_blocks = map.next_value::<Count>()?.0,
                PointKey::Stack if stack => return Err(A::Error::duplicate_field("fs")),
                PointKey::Stack => {
                    map.next_value_seed(StackSeed(&mut self.0.stack_frames))?;
                    stack = true;
                }
                PointKey::Other => {
                    map.next_value::<serde::de::IgnoredAny>()?;
                }
            }
        }
        if !stack {
            return Err(A::Error::missing_field("fs"));
        }
        self.0.list.push(Point {
            total_bytes: total_bytes.ok_or_else(|| A::Error::missing_field("tb"))?,
            total_blocks: total_blocks.ok_or_else(|| A::Error::missing_field("tbk"))?,
            live_bytes: live_bytes.ok_or_else(|| A::Error::missing_field("eb"))?,
            live_blocks: live_blocks.ok_or_else(|| A::Error::missing_field("ebk"))?,
            history: lifetime.zip(peak_bytes).zip(peak_blocks).map(
                |((total_lifetime, peak_bytes), peak_blocks)| History {
                    total_lifetime,
                    peak_bytes,
                    peak_blocks,
                },
            ),
            stack_end: self.0.stack_frames.len(),
        });
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(field_identifier)]
enum PointKey {
    #[serde(rename = "tb")]
    TotalBytes,
    #[serde(rename = "tbk")]
    TotalBlocks,
    #[serde(rename = "eb")]
    LiveBytes,
    #[serde(rename = "ebk")]
    LiveBlocks,
    #[serde(rename = "tl")]
    TotalLifetime,
    #[serde(rename = "gb")]
    PeakBytes,
    #[serde(rename = "gbk")]
    PeakBlocks,
    #[serde(rename = "fs")]
    Stack,
    #[serde(other)]
    Other,
}

/// A count that may be missing or odd.
struct Count(Option<u64>);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = serde_json::Number::deserialize(deserializer)?;
        Ok(Self(number.as_u64()))
    }
}

struct StackSeed<'s>(&'s mut Vec<u32>);

impl<'de> DeserializeSeed<'de> for StackSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for StackSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of frame indices")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(frame) = seq.next_element::<u64>()? {
            // an index that does not fit cannot be in the table either: let the check say so
            self.0.push(u32::try_from(frame).unwrap_or(u32::MAX));
        }
        Ok(())
    }
}
