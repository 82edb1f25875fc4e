//! Flame graphs: stacks, outermost frame first, as wide as what they hold; of one snapshot, or of what changed
//! between two.
//!
//! The differential graph draws Alloc. Size and Freed Size (or # New and # Deleted) of each stack: under
//! `grew` what there is more of, under `shrank` what there is less of. The other way to do it, all live bytes
//! coloured by their change, hides a small leak beside a large heap, and what is gone has no width at all.
//!
//! [`folded`] is the text that other tools read, [`svg`] the picture.

mod empty;
mod name;
mod palette;

pub mod folded;
pub mod svg;

use std::cell::OnceCell;
use std::collections::BTreeMap;

use crate::change::Change;
use crate::frames::FrameId;
use crate::profile::Counters;
use crate::sited::SitedStacks;

/// What a stack is measured by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Count {
    /// Live bytes.
    #[default]
    Bytes,
    /// Live blocks.
    Blocks,
}

impl Count {
    /// What people call it.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::Blocks => "blocks",
        }
    }

    fn live(self, counters: &Counters) -> u64 {
        match self {
            Self::Bytes => counters.live_bytes,
            Self::Blocks => counters.live_blocks,
        }
    }

    fn more(self, change: &Change) -> u64 {
        match self {
            Self::Bytes => change.alloc_size,
            Self::Blocks => change.new,
        }
    }

    fn less(self, change: &Change) -> u64 {
        match self {
            Self::Bytes => change.freed_size,
            Self::Blocks => change.deleted,
        }
    }
}

/// Frames as folded stacks name them. A name takes long to make, and stacks share frames: each is made once.
struct Names<'a, T> {
    all: &'a SitedStacks<T>,
    made: Vec<OnceCell<String>>,
}

impl<'a, T> Names<'a, T> {
    fn new(all: &'a SitedStacks<T>) -> Self {
        Self {
            all,
            made: vec![OnceCell::new(); all.frames().len()],
        }
    }

    /// A stack's frames, outermost first, and whether each is the user's.
    fn of(&self, stack: &[FrameId]) -> Vec<(&str, bool)> {
        if stack.is_empty() {
            return vec![("???", false)];
        }
        let outermost_first = stack.iter().rev();
        outermost_first
            .map(|id| {
                let in_app = self.all.is_in_app(*id);
                let make = || name::of(&self.all.frames()[*id], in_app);
                (self.made[id.0 as usize].get_or_init(make).as_str(), in_app)
            })
            .collect()
    }
}

/// Folded stacks with their counts. Stacks that have the same names are one.
type Folded<T> = BTreeMap<String, T>;
