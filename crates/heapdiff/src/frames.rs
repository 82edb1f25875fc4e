//! A table of distinct frames: a stack is a list of numbers into it.
//!
//! Interning is what keeps a snapshot of hundreds of megabytes small in memory, and lets two snapshots be
//! compared by comparing numbers. The texts of a snapshot's frames lie side by side in one string.

use std::borrow::Cow;
use std::hash::BuildHasher;
use std::ops::Index;
use std::sync::Arc;

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::error::Error;
use crate::frame::{Frame, Parts, canonical, without_address};
use crate::limits::Budget;
use crate::parallel;

/// The number of a frame in its [`Frames`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FrameId(pub(crate) u32);

/// Distinct frames, numbered in order of appearance.
#[derive(Debug, Clone, Default)]
pub struct Frames {
    list: Vec<Frame>,
    /// The numbers, by the hash of the frames' texts.
    index: HashTable<FrameId>,
    hasher: DefaultHashBuilder,
}

impl Frames {
    /// How many distinct frames there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The frames, in order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &Frame> {
        self.list.iter()
    }

    /// The frames of a stack.
    pub fn of<'a>(
        &'a self,
        stack: &'a [FrameId],
    ) -> impl DoubleEndedIterator<Item = &'a Frame> + ExactSizeIterator {
        stack.iter().map(|id| &self[*id])
    }

    /// The frame with the number `at`.
    pub(crate) fn at(&self, at: usize) -> &Frame {
        &self.list[at]
    }

    /// The number of `frame`, if it is here.
    pub(crate) fn id(&self, frame: &Frame) -> Option<FrameId> {
        let hash = self.hasher.hash_one(frame.text());
        let found = self.index.find(hash, |id| self[*id] == *frame);
        found.copied()
    }

    /// The number of `frame`, which is added if it is new.
    ///
    /// # Panics
    /// Never in practice: when there are more than 2³² distinct frames.
    pub(crate) fn intern(&mut self, frame: &Frame) -> FrameId {
        let Self {
            list,
            index,
            hasher,
        } = self;
        let hash = hasher.hash_one(frame.text());
        let entry = index.entry(
            hash,
            |id| list[id.0 as usize] == *frame,
            |id| hasher.hash_one(list[id.0 as usize].text()),
        );
        let id = *entry.or_insert(next(list.len())).get();
        if id.0 as usize == list.len() {
            list.push(frame.clone());
        }
        id
    }

    /// The numbers here of each frame of `other`, by its number there.
    pub(crate) fn absorb(&mut self, other: &Self) -> Vec<FrameId> {
        if self.is_empty() {
            *self = other.clone();
            return (0..other.len()).map(next).collect();
        }
        let known = parallel::map(other.len(), |at| self.id(&other.list[at]));
        let both = other.iter().zip(known);
        both.map(|(frame, known)| known.unwrap_or_else(|| self.intern(frame)))
            .collect()
    }
}

impl Index<FrameId> for Frames {
    type Output = Frame;

    fn index(&self, id: FrameId) -> &Frame {
        &self.list[id.0 as usize]
    }
}

/// Memory for a distinct frame besides its text, in bytes: its parts while the file is read, then the frame, and the site that it
/// may become in a comparison. Measured: 170 bytes for a frame, 560 if each frame is a site.
const DISTINCT: usize = 450;

/// The frames of a file's table while they borrow from the file: distinct ones, and which of them each entry is.
pub(crate) struct Borrowed<'a> {
    distinct: Vec<(Cow<'a, str>, Parts)>,
    index: HashTable<FrameId>,
    hasher: DefaultHashBuilder,
    /// The number of each entry of the table.
    pub(crate) ids: Vec<FrameId>,
}

impl<'a> Borrowed<'a> {
    /// Numbers the frames of a file's table; those that differ by their address only get one number.
    ///
    /// # Errors
    /// [`Error::TooMuchMemory`] when the budget is spent.
    ///
    /// # Panics
    /// Never in practice: when there are more than 2³² of them.
    pub(crate) fn number(
        table: impl ExactSizeIterator<Item = &'a str>,
        budget: &Budget,
    ) -> Result<Self, Error> {
        let mut numbered = Self {
            distinct: Vec::new(),
            index: HashTable::with_capacity(table.len()),
            hasher: DefaultHashBuilder::default(),
            ids: Vec::with_capacity(table.len()),
        };
        for raw in table {
            let known = numbered.distinct.len();
            let id = numbered.intern(raw);
            numbered.ids.push(id);
            if let Some((text, _)) = numbered.distinct.get(known) {
                let apart = match text {
                    Cow::Borrowed(_) => 0,
                    Cow::Owned(text) => 2 * text.capacity(), // here, and where they end up side by side
                };
                if !budget.charge(DISTINCT + apart) {
                    budget.check()?;
                }
            }
        }
        Ok(numbered)
    }

    /// Lets go of the file's text, `json`.
    pub(crate) fn detach(self, json: &[u8]) -> Detached {
        let mut apart = String::new();
        let place = |(text, parts): (Cow<'a, str>, Parts)| {
            // where it lies in the file, if it is a part of it
            let at = (text.as_ptr().addr()).wrapping_sub(json.as_ptr().addr());
            if at < json.len() && matches!(text, Cow::Borrowed(_)) {
                return (at, parts);
            }
            apart.push_str(&text);
            (json.len() + apart.len() - text.len(), parts)
        };
        Detached {
            places: self.distinct.into_iter().map(place).collect(),
            apart,
            index: self.index,
            hasher: self.hasher,
        }
    }

    fn intern(&mut self, raw: &'a str) -> FrameId {
        let Self {
            distinct,
            index,
            hasher,
            ..
        } = self;
        let (text, parts) = canonical(without_address(raw));
        let entry = index.entry(
            hasher.hash_one(&*text),
            |id| distinct[id.0 as usize].0 == text,
            |id| hasher.hash_one(&*distinct[id.0 as usize].0),
        );
        let id = *entry.or_insert(next(distinct.len())).get();
        if id.0 as usize == distinct.len() {
            distinct.push((text, parts));
        }
        id
    }
}

/// The distinct frames of a file: where their texts start in it, or how far behind its end in `apart`.
pub(crate) struct Detached {
    places: Vec<(usize, Parts)>,
    apart: String,
    index: HashTable<FrameId>,
    hasher: DefaultHashBuilder,
}

impl Detached {
    /// The frames, whose texts stay in the file's own memory: of a large snapshot there is no room for two copies.
    /// What is no frame's text is given back.
    ///
    /// # Panics
    /// Never: `json` is the file that the frames were read from, so that its parts are UTF-8.
    pub(crate) fn keep(self, mut json: Vec<u8>) -> Frames {
        let end = json.len();
        let mut kept = 0;
        let mut starts = Vec::with_capacity(self.places.len());
        for (at, parts) in &self.places {
            if *at >= end {
                continue;
            }
            // they come in the order of the file, so that nothing is overwritten that is still wanted
            json.copy_within(*at..*at + parts.length(), kept);
            starts.push(kept);
            kept += parts.length();
        }
        json.truncate(kept);
        json.extend_from_slice(self.apart.as_bytes());
        json.shrink_to_fit();
        let texts = Arc::new(String::from_utf8(json).expect("parts of strings"));
        let mut starts = starts.into_iter();
        let list = self.places.into_iter().map(|(at, parts)| {
            let start = if at >= end {
                kept + (at - end)
            } else {
                starts.next().unwrap_or(0)
            };
            Frame::within(&texts, start, parts)
        });
        Frames {
            list: list.collect(),
            index: self.index,
            hasher: self.hasher,
        }
    }
}

fn next(len: usize) -> FrameId {
    FrameId(u32::try_from(len).expect("more than 2³² distinct frames"))
}
