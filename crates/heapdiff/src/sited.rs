//! Stacks with their frames and the site of each: what a comparison and an inventory are both made of.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::frame::Frame;
use crate::frames::{FrameId, Frames};
use crate::group::{GroupBy, Groups};
use crate::in_app::InApp;
use crate::site::{Site, SiteId, Sites};
use crate::stacks::Stacks;

/// A list of stacks, each with a `T`, that knows what their frames are and where the blame for each would go.
#[derive(Debug, Clone)]
pub struct SitedStacks<T> {
    frames: Frames,
    stacks: Stacks<T>,
    sites: Vec<Site>,
    site_of: Vec<SiteId>,
    in_app: Vec<bool>,
}

impl<T> SitedStacks<T> {
    pub(crate) fn new(frames: Frames, stacks: Stacks<T>, in_app: &InApp) -> Self
    where
        T: Sync,
    {
        let mut sites = Sites::new(&frames, in_app);
        let site_of = sites.of_all(&stacks);
        let (sites, in_app) = sites.into_parts();
        Self {
            frames,
            stacks,
            sites,
            site_of,
            in_app,
        }
    }

    /// How many stacks there are.
    pub fn len(&self) -> usize {
        self.stacks.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.stacks.is_empty()
    }

    /// The stacks in order, innermost frame first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&[FrameId], &T)> {
        self.stacks.iter()
    }

    /// The frames that the stacks name.
    pub fn frames(&self) -> &Frames {
        &self.frames
    }

    /// The stack at `index`, innermost frame first.
    ///
    /// # Panics
    /// If there is no such stack, as all that take an index.
    pub fn stack(&self, index: usize) -> &[FrameId] {
        self.stacks.stack(index)
    }

    /// The same as frames.
    pub fn frames_of(
        &self,
        index: usize,
    ) -> impl DoubleEndedIterator<Item = &Frame> + ExactSizeIterator {
        self.frames.of(self.stacks.stack(index))
    }

    /// What the stack at `index` has.
    pub fn value(&self, index: usize) -> &T {
        self.stacks.value(index)
    }

    /// The sites of all stacks, each once.
    pub fn sites(&self) -> &[Site] {
        &self.sites
    }

    /// The site of the stack at `index`: its index in [`sites`](Self::sites).
    pub fn site_index(&self, index: usize) -> usize {
        self.site_of[index].0
    }

    /// The site of the stack at `index`.
    pub fn site_of(&self, index: usize) -> &Site {
        &self.sites[self.site_index(index)]
    }

    /// Whether a frame is in the user's own code.
    pub fn is_in_app(&self, frame: FrameId) -> bool {
        self.in_app[frame.0 as usize]
    }

    /// Puts the stacks into groups, in each those of the largest weight first.
    ///
    /// # Panics
    /// Never in practice: when there are more than 2³² stacks.
    pub(crate) fn groups<K: Ord>(&self, by: GroupBy, weight: impl Fn(&T) -> K) -> Groups {
        let stacks = u32::try_from(self.len()).expect("more than 2³² stacks");
        if by == GroupBy::Stack {
            return Groups::each(stacks);
        }
        let of_site = match by {
            GroupBy::Type => self.types(),
            _ => (0..self.sites.len()).collect(),
        };
        let group = |stack: u32| of_site[self.site_of[stack as usize].0];
        let mut order: Vec<u32> = (0..stacks).collect();
        order.sort_by_key(|stack| (group(*stack), Reverse(weight(self.value(*stack as usize)))));
        Groups::of(order, group, &of_site)
    }

    /// A number for each site, the same for sites of one type.
    fn types(&self) -> Vec<usize> {
        let mut known = HashMap::new();
        self.sites
            .iter()
            .map(|site| {
                let next = known.len();
                *known.entry(site.constructor()).or_insert(next)
            })
            .collect()
    }
}
