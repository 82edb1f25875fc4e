//! A table of distinct frames: a stack is a list of numbers into it.
//!
//! Interning is what keeps a snapshot of hundreds of megabytes small in memory, and lets two snapshots be
//! compared by comparing numbers.

use std::collections::HashMap;
use std::ops::Index;
use std::sync::Arc;

use crate::frame::Frame;

/// The number of a frame in its [`Frames`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FrameId(pub(crate) u32);

/// Distinct frames, numbered in order of appearance.
#[derive(Debug, Clone, Default)]
pub struct Frames {
    list: Vec<Frame>,
    index: HashMap<Arc<str>, FrameId>,
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

    /// The number of `frame`, if it is here.
    pub(crate) fn id(&self, frame: &Frame) -> Option<FrameId> {
        self.index.get(frame.text()).copied()
    }

    /// The number of `frame`, which is added if it is new.
    ///
    /// # Panics
    /// Never in practice: when there are more than 2³² distinct frames.
    pub(crate) fn intern(&mut self, frame: &Frame) -> FrameId {
        if let Some(id) = self.index.get(frame.text()) {
            return *id;
        }
        let id = FrameId(u32::try_from(self.list.len()).expect("more than 2³² distinct frames"));
        self.index.insert(Arc::clone(frame.shared_text()), id);
        self.list.push(frame.clone());
        id
    }

    /// The numbers here of each frame of `other`, by its number there.
    pub(crate) fn absorb(&mut self, other: &Self) -> Vec<FrameId> {
        other.iter().map(|frame| self.intern(frame)).collect()
    }
}

impl Index<FrameId> for Frames {
    type Output = Frame;

    fn index(&self, id: FrameId) -> &Frame {
        &self.list[id.0 as usize]
    }
}
