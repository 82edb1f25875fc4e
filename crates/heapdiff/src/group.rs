//! What a row stands for: stacks are put into groups by site, by type, or each by itself.

use std::collections::{HashMap, HashSet};

use crate::frames::{FrameId, Frames};
use crate::in_app::InApp;
use crate::site::{Site, SiteId, Sites};

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

/// Numbers groups in order of appearance.
pub(crate) struct Groups<'a> {
    by: GroupBy,
    sites: Sites<'a>,
    site_of_stack: Vec<SiteId>,
    of_site: HashMap<SiteId, usize>,
    of_type: HashMap<String, usize>,
    members: Vec<HashSet<SiteId>>,
}

/// The site of each stack, and whose code each frame is.
#[derive(Debug, Clone)]
pub(crate) struct SiteOfStacks {
    list: Vec<Site>,
    of_stack: Vec<SiteId>,
    in_app: Vec<bool>,
}

impl<'a> Groups<'a> {
    pub(crate) fn new(frames: &'a Frames, options: &Options) -> Self {
        Self {
            by: options.by,
            sites: Sites::new(frames, &options.in_app),
            site_of_stack: Vec::new(),
            of_site: HashMap::new(),
            of_type: HashMap::new(),
            members: Vec::new(),
        }
    }

    /// The group of the next stack, whose index must be `at`.
    pub(crate) fn of(&mut self, at: usize, stack: &[FrameId]) -> usize {
        let site = self.sites.of(stack);
        debug_assert_eq!(at, self.site_of_stack.len(), "stacks come in order");
        self.site_of_stack.push(site);
        let next = self.members.len();
        let group = match self.by {
            GroupBy::Site => *self.of_site.entry(site).or_insert(next),
            GroupBy::Type => {
                let constructor = || self.sites.list()[site.0].constructor();
                *self
                    .of_site
                    .entry(site)
                    .or_insert_with(|| *self.of_type.entry(constructor()).or_insert(next))
            }
            GroupBy::Stack => next,
        };
        if group == next {
            self.members.push(HashSet::new());
        }
        self.members[group].insert(site);
        group
    }

    /// The site of each stack, and how many sites each group has.
    pub(crate) fn finish(self) -> (SiteOfStacks, Vec<usize>) {
        let (list, in_app) = self.sites.into_parts();
        let sites = SiteOfStacks {
            list,
            of_stack: self.site_of_stack,
            in_app,
        };
        (sites, self.members.iter().map(HashSet::len).collect())
    }
}

impl SiteOfStacks {
    pub(crate) fn of(&self, stack: usize) -> &Site {
        &self.list[self.of_stack[stack].0]
    }

    pub(crate) fn is_in_app(&self, frame: FrameId) -> bool {
        self.in_app[frame.0 as usize]
    }
}
