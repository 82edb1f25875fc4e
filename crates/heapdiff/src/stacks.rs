//! Many stacks, each with a value, in two flat vectors: a large snapshot has a million of them.

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
