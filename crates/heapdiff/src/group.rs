//! What a row stands for: stacks are put into groups by site, by type, or each by itself.

use std::ops::Range;

use crate::in_app::InApp;

/// What a row stands for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum GroupBy {
    /// A place in the user's code and the type allocated there.
    #[default]
    Site,
    /// A type, wherever it was allocated.
    Type,
    /// A whole call stack.
    Stack,
}

/// How to look at snapshots.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What a row stands for.
    pub by: GroupBy,
    /// Which code is the user's own.
    pub in_app: InApp,
}

/// Stacks in groups: the indices of all stacks, those of one group side by side.
#[derive(Debug, Clone, Default)]
pub(crate) struct Groups {
    stacks: Vec<u32>,
    list: Vec<Group>,
}

/// One of the groups: where its stacks are, and how many sites they have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group {
    range: Range<u32>,
    pub(crate) sites: usize,
}

impl Groups {
    /// Each of so many stacks by itself.
    pub(crate) fn each(stacks: u32) -> Self {
        let list = (0..stacks).map(|at| Group {
            range: at..at + 1,
            sites: 1,
        });
        Self {
            stacks: (0..stacks).collect(),
            list: list.collect(),
        }
    }

    /// Stacks that are already in the order of their groups; `group_of_site` has each site once.
    pub(crate) fn of(
        stacks: Vec<u32>,
        group: impl Fn(u32) -> usize,
        group_of_site: &[usize],
    ) -> Self {
        let mut sites = vec![0; group_of_site.len()];
        for group in group_of_site {
            sites[*group] += 1;
        }
        let mut list: Vec<Group> = Vec::new();
        let mut start = 0;
        for part in stacks.chunk_by(|a, b| group(*a) == group(*b)) {
            let end = start + u32::try_from(part.len()).unwrap_or(u32::MAX);
            list.push(Group {
                range: start..end,
                sites: sites[group(part[0])],
            });
            start = end;
        }
        Self { stacks, list }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Group> {
        self.list.iter()
    }

    /// The stacks of a group.
    pub(crate) fn stacks(
        &self,
        group: &Group,
    ) -> impl ExactSizeIterator<Item = usize> + Clone + use<'_> {
        self.stacks[group.range.start as usize..group.range.end as usize]
            .iter()
            .map(|stack| *stack as usize)
    }
}

impl Group {
    /// How many stacks are in it.
    pub(crate) fn len(&self) -> usize {
        self.range.len()
    }
}

/// The first of a group's stacks; no group is empty.
pub(crate) fn first(mut stacks: impl Iterator<Item = usize>) -> usize {
    stacks.next().unwrap_or_default()
}
