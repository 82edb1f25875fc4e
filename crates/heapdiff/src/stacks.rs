//! Many stacks, each with a value, in two flat vectors: a large snapshot has a million of them.

use std::hash::{BuildHasher, Hash, Hasher};

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::frames::FrameId;

/// A list of stacks, innermost frame first, each with a `T`.
#[derive(Debug, Clone)]
pub struct Stacks<T> {
    frames: Vec<FrameId>,
    list: Vec<(usize, T)>,
}

impl<T> Stacks<T> {
    /// How many stacks there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The stacks in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&[FrameId], &T)> {
        self.list
            .iter()
            .enumerate()
            .map(|(index, (_, value))| (self.stack(index), value))
    }

    /// The frames of the stack at `index`.
    ///
    /// # Panics
    /// If there is no such stack.
    pub fn stack(&self, index: usize) -> &[FrameId] {
        let start = index.checked_sub(1).map_or(0, |before| self.list[before].0);
        &self.frames[start..self.list[index].0]
    }

    /// The same stacks with other values.
    pub(crate) fn map<U>(&self, value: impl Fn(usize, &T) -> U) -> Stacks<U> {
        Stacks {
            frames: self.frames.clone(),
            list: self
                .list
                .iter()
                .enumerate()
                .map(|(at, (end, of))| (*end, value(at, of)))
                .collect(),
        }
    }

    pub(crate) fn push(&mut self, stack: impl IntoIterator<Item = FrameId>, value: T) {
        self.frames.extend(stack);
        self.list.push((self.frames.len(), value));
    }

    pub(crate) fn value_mut(&mut self, index: usize) -> &mut T {
        &mut self.list[index].1
    }

    pub(crate) fn value(&self, index: usize) -> &T {
        &self.list[index].1
    }
}

impl<T> Default for Stacks<T> {
    fn default() -> Self {
        Self {
            frames: Vec::new(),
            list: Vec::new(),
        }
    }
}

/// Finds stacks by their frames.
pub(crate) struct StackIndex<'a, T> {
    stacks: &'a Stacks<T>,
    table: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl<'a, T> StackIndex<'a, T> {
    /// An index of stacks that are all different.
    ///
    /// # Panics
    /// Never in practice: when there are more than 2³² of them.
    pub(crate) fn of(stacks: &'a Stacks<T>) -> Self {
        let mut index = Self {
            stacks,
            table: HashTable::with_capacity(stacks.len()),
            hasher: DefaultHashBuilder::default(),
        };
        let hash = |at: u32| hash(&index.hasher, stacks.stack(at as usize).iter().copied());
        for at in 0..u32::try_from(stacks.len()).expect("more than 2³² stacks") {
            index.table.insert_unique(hash(at), at, |at| hash(*at));
        }
        index
    }

    /// The number of the stack with these frames.
    pub(crate) fn find(
        &self,
        stack: &(impl ExactSizeIterator<Item = FrameId> + Clone),
    ) -> Option<usize> {
        let hash = hash(&self.hasher, stack.clone());
        let is_it = |at: &u32| {
            let known = self.stacks.stack(*at as usize);
            known.len() == stack.len() && known.iter().copied().eq(stack.clone())
        };
        let found = self.table.find(hash, is_it);
        found.map(|at| *at as usize)
    }
}

fn hash(hasher: &DefaultHashBuilder, stack: impl Iterator<Item = FrameId>) -> u64 {
    let mut hasher = hasher.build_hasher();
    for frame in stack {
        frame.hash(&mut hasher);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::{StackIndex, Stacks};
    use crate::frames::FrameId;

    #[test]
    fn a_stack_is_found_by_all_of_its_frames() {
        let lists: [&[u32]; 5] = [&[1, 2, 3], &[1, 2], &[], &[3, 2, 1], &[4]];
        let stack = |list: &'static [u32]| list.iter().map(|id| FrameId(*id));
        let mut stacks = Stacks::default();
        for list in lists {
            stacks.push(stack(list), ());
        }
        let index = StackIndex::of(&stacks);
        for (at, list) in lists.into_iter().enumerate() {
            assert_eq!(index.find(&stack(list)), Some(at));
        }
        assert_eq!(index.find(&stack(&[2, 1])), None);
    }
}
