//! The program points (`pps`) of a DHAT file: each one's counters, and all their stacks in one vector.

use std::fmt;

use serde::Deserialize;
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use crate::history::History;
use crate::limits::Budget;

/// The program points: a range of `stack_frames` each, and their counters.
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

/// Memory for a program point, in bytes: its counters here, its stack's counters in a profile, and its share of a comparison.
/// Measured: 2.9 million points with two frames each took 290 bytes a point.
const POINT: usize = 300;

/// Memory for a frame of a stack, in bytes: its number here, in a profile and in a comparison.
const STACK_ENTRY: usize = 12;

/// Reads the list of program points.
pub(super) struct PointsSeed<'b>(pub(super) &'b Budget);

impl<'de> DeserializeSeed<'de> for PointsSeed<'_> {
    type Value = Points;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Points, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for PointsSeed<'_> {
    type Value = Points;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of program points")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Points, A::Error> {
        let mut points = Points::default();
        while seq
            .next_element_seed(PointSeed(&mut points, self.0))?
            .is_some()
        {
            self.0.take(POINT)?;
        }
        Ok(points)
    }
}

/// Reads one program point into the list, its stack into the common vector.
struct PointSeed<'p>(&'p mut Points, &'p Budget);

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

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
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
                    map.next_value_seed(StackSeed(&mut self.0.stack_frames, self.1))?;
                    stack = true;
                }
                PointKey::Other => {
                    map.next_value::<IgnoredAny>()?;
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

struct StackSeed<'s>(&'s mut Vec<u32>, &'s Budget);

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
            self.1.take(STACK_ENTRY)?;
            self.0.push(u32::try_from(frame).unwrap_or(u32::MAX));
        }
        Ok(())
    }
}
