//! The call paths of a series as a tree, from `main` and the threads inwards. In Chrome its nodes retain the blocks,
//! so that Retainers shows who called whom; they have no size of their own.

use std::collections::HashMap;

use crate::frames::FrameId;

/// The number of a path; parents have lower numbers than their children.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Path(pub(super) u32);

impl Path {
    /// Where all paths begin.
    pub(super) const ROOT: Self = Self(0);

    pub(super) fn index(self) -> usize {
        self.0 as usize
    }

    fn at(index: usize) -> Self {
        Self(u32::try_from(index).expect("no memory holds that many paths"))
    }
}

/// All call paths of a series.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// Parent and frame of each path but the root.
    steps: Vec<(Path, FrameId)>,
    index: HashMap<(Path, FrameId), Path>,
}

impl Tree {
    /// The number of the path through these frames, outermost first.
    pub(super) fn path(&mut self, frames: impl Iterator<Item = FrameId>) -> Path {
        let mut path = Path::ROOT;
        for frame in frames {
            let next = Path::at(self.len());
            path = *self.index.entry((path, frame)).or_insert_with(|| {
                self.steps.push((path, frame));
                next
            });
        }
        path
    }

    /// How many paths there are, with the root.
    pub(super) fn len(&self) -> usize {
        self.steps.len() + 1
    }

    /// The paths but the root, with parent and frame, in order of their numbers.
    pub(super) fn steps(&self) -> impl DoubleEndedIterator<Item = (Path, Path, FrameId)> {
        let step =
            |(at, (parent, frame)): (usize, &(Path, FrameId))| (Path::at(at + 1), *parent, *frame);
        self.steps.iter().enumerate().map(step)
    }
}
