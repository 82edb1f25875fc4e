//! The DHAT file format, version 2, as dhat-rs and `valgrind --tool=dhat` write it: JSON text to numbers.
//!
//! The format is described in valgrind's `dhat/dh_main.c` ("JSON output") and by the sources of `dh_view`, which
//! dhat-rs follows. This module checks and counts; it gives no meaning to frames. Strings are borrowed from
//! the input, and the stacks of all program points lie in one vector: such files can be large. Whatever grows with the
//! file is charged to a budget while it is read.

mod points;
mod value;

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use self::points::PointsSeed;
pub(crate) use self::points::{Point, Points};
use self::value::ValueSeed;
use crate::error::Error;
use crate::limits::Budget;

/// A DHAT file, checked, as it stands.
#[derive(Debug)]
pub(crate) struct File<'a> {
    pub(crate) header: Header<'a>,
    pub(crate) points: Points,
    pub(crate) frames: Vec<Cow<'a, str>>,
}

/// What the file says about itself and its process.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Header<'a> {
    #[serde(rename = "dhatFileVersion")]
    version: Option<serde_json::Number>,
    #[serde(borrow)]
    mode: Option<Cow<'a, str>>,
    bklt: Option<bool>,
    #[serde(borrow)]
    pub(crate) cmd: Option<Cow<'a, str>>,
    pub(crate) pid: Option<u64>,
    /// Time at the end, in the file's own unit (instructions or microseconds).
    pub(crate) te: Option<u64>,
    /// That unit's name.
    #[serde(borrow)]
    pub(crate) tu: Option<Cow<'a, str>>,
    /// What heapshot adds; any shape is accepted, because it is a courtesy.
    #[serde(skip)]
    pub(crate) heapshot: Option<serde_json::Value>,
}

/// A string that borrows from the input where it can. (A plain `Vec<Cow<str>>` never does.)
#[derive(Debug, Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Memory for an entry of the frame table, in bytes: a string, its number, and a place in the index.
const FRAME_ENTRY: usize = 36;

/// Reads and checks a DHAT file.
pub(crate) fn parse<'a>(json: &'a [u8], budget: &Budget) -> Result<File<'a>, Error> {
    budget.check()?;
    if json.iter().all(u8::is_ascii_whitespace) {
        return Err(Error::Empty);
    }
    if json.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        serde_json::from_slice::<IgnoredAny>(json).map_err(of_json)?;
        return Err(Error::NotDhat);
    }
    // A text that is known to be one is read faster.
    let whole = match str::from_utf8(json) {
        Ok(text) => read(serde_json::Deserializer::from_str(text), budget),
        Err(_) => read(serde_json::Deserializer::from_slice(json), budget),
    };
    let whole = whole.or_else(|error| {
        budget.check()?;
        // A file of another kind should be called that, not "missing field pps".
        if let Ok(header) = serde_json::from_slice::<Header<'_>>(json) {
            header.check()?;
        }
        Err(of_json(error))
    })?;
    whole.header.check()?;
    let missing = |field| of_json(serde_json::Error::missing_field(field));
    let points = whole.points.ok_or_else(|| missing("pps"))?;
    let frames = whole.frames.ok_or_else(|| missing("ftbl"))?;
    check_frames(&points, frames.len())?;
    Ok(File {
        header: whole.header,
        points,
        frames,
    })
}

fn read<'a, R: serde_json::de::Read<'a>>(
    mut json: serde_json::Deserializer<R>,
    budget: &Budget,
) -> serde_json::Result<Whole<'a>> {
    let whole = WholeSeed(budget).deserialize(&mut json)?;
    json.end()?;
    Ok(whole)
}

/// All of a file, in one pass.
#[derive(Default)]
struct Whole<'a> {
    header: Header<'a>,
    points: Option<Points>,
    frames: Option<Vec<Cow<'a, str>>>,
}

struct WholeSeed<'b>(&'b Budget);

impl<'de> DeserializeSeed<'de> for WholeSeed<'_> {
    type Value = Whole<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Whole<'de>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for WholeSeed<'_> {
    type Value = Whole<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a DHAT file")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Whole<'de>, A::Error> {
        let mut whole = Whole::default();
        let header = &mut whole.header;
        let mut seen = 0_u16;
        while let Some(field) = map.next_key::<Field>()? {
            let bit = 1 << field as u16;
            if seen & bit != 0 && field != Field::Other {
                return Err(A::Error::duplicate_field(field.name()));
            }
            seen |= bit;
            // a string borrows only inside of a type that says so
            let text = |text: Option<Text<'de>>| text.map(|text| text.0);
            match field {
                Field::Version => header.version = map.next_value()?,
                Field::Mode => header.mode = text(map.next_value()?),
                Field::Bklt => header.bklt = map.next_value()?,
                Field::Command => header.cmd = text(map.next_value()?),
                Field::Pid => header.pid = map.next_value()?,
                Field::End => header.te = map.next_value()?,
                Field::TimeUnit => header.tu = text(map.next_value()?),
                Field::Heapshot => {
                    let value = map.next_value_seed(ValueSeed(self.0))?;
                    header.heapshot = (!value.is_null()).then_some(value);
                }
                Field::Points => whole.points = Some(map.next_value_seed(PointsSeed(self.0))?),
                Field::Frames => whole.frames = Some(map.next_value_seed(FramesSeed(self.0))?),
                Field::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(whole)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(field_identifier)]
enum Field {
    #[serde(rename = "dhatFileVersion")]
    Version,
    #[serde(rename = "mode")]
    Mode,
    #[serde(rename = "bklt")]
    Bklt,
    #[serde(rename = "cmd")]
    Command,
    #[serde(rename = "pid")]
    Pid,
    #[serde(rename = "te")]
    End,
    #[serde(rename = "tu")]
    TimeUnit,
    #[serde(rename = "heapshot")]
    Heapshot,
    #[serde(rename = "pps")]
    Points,
    #[serde(rename = "ftbl")]
    Frames,
    #[serde(other)]
    Other,
}

impl Field {
    fn name(self) -> &'static str {
        match self {
            Self::Version => "dhatFileVersion",
            Self::Mode => "mode",
            Self::Bklt => "bklt",
            Self::Command => "cmd",
            Self::Pid => "pid",
            Self::End => "te",
            Self::TimeUnit => "tu",
            Self::Heapshot => "heapshot",
            Self::Points => "pps",
            Self::Frames => "ftbl",
            Self::Other => "another",
        }
    }
}

/// Reads the frame table.
struct FramesSeed<'b>(&'b Budget);

impl<'de> DeserializeSeed<'de> for FramesSeed<'_> {
    type Value = Vec<Cow<'de, str>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for FramesSeed<'_> {
    type Value = Vec<Cow<'de, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of frames")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut frames = Vec::new();
        while let Some(Text(frame)) = seq.next_element()? {
            let apart = match &frame {
                Cow::Borrowed(_) => 0,
                Cow::Owned(text) => text.capacity(),
            };
            self.0.take(FRAME_ENTRY + apart)?;
            frames.push(frame);
        }
        Ok(frames)
    }
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
            other => {
                let mode = other.unwrap_or("(none)").chars().take(100).collect();
                return Err(Error::Mode(mode));
            }
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
