//! What one snapshot holds, by site, type or stack: the model behind `heapdiff show` and the page's Summary.

use std::cmp::Reverse;

use crate::compare::Side;
use crate::frame::Frame;
use crate::group::{Group, GroupBy, Groups, Options, first};
use crate::history::History;
use crate::profile::{Counters, Profile};
use crate::site::Site;
use crate::sited::SitedStacks;

/// What is live in a snapshot.
#[derive(Debug, Clone)]
pub struct Inventory {
    /// The snapshot as a whole.
    pub snapshot: Side,
    /// What a row stands for.
    pub by: GroupBy,
    /// The rows with something live, most bytes first.
    pub rows: Vec<Holding>,
    /// Every stack of the snapshot, whether anything is live there or not.
    pub stacks: SitedStacks<Held>,
    groups: Groups,
}

/// What a site, a type or a stack holds.
#[derive(Debug, Clone)]
pub struct Holding {
    /// The site; of a type the site with the largest share.
    pub site: Site,
    /// What is live here, and what was before.
    pub held: Held,
    group: Group,
}

/// What is live in one stack, or the sum over several.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Held {
    /// What is live and was ever allocated.
    pub counters: Counters,
    /// Lifetimes and the peak, if the snapshot tells.
    pub history: Option<History>,
}

/// Says what a snapshot holds.
pub fn inventory(profile: &Profile, options: &Options) -> Inventory {
    let held = profile.stacks().map(|at, counters| Held {
        counters: *counters,
        history: profile.history(at),
    });
    Inventory {
        snapshot: Side::of(profile),
        by: options.by,
        rows: Vec::new(),
        stacks: SitedStacks::new(profile.frames().clone(), held, &options.in_app),
        groups: Groups::default(),
    }
    .grouped(options.by)
}

impl Inventory {
    /// The same inventory with rows that stand for something else.
    #[must_use]
    pub fn regrouped(self, by: GroupBy) -> Self {
        if by == self.by {
            self
        } else {
            self.grouped(by)
        }
    }

    fn grouped(mut self, by: GroupBy) -> Self {
        let groups = self.stacks.groups(by, |held| held.counters.live_bytes);
        self.rows = groups
            .iter()
            .map(|group| Holding::of(group, &groups, &self.stacks))
            .filter(|row| !row.held.is_nothing())
            .collect();
        self.rows.sort_by_cached_key(|row| {
            (
                Reverse(row.held.counters.live_bytes),
                row.site.constructor(),
                row.site.frame.text().to_owned(),
            )
        });
        self.by = by;
        self.groups = groups;
        self
    }

    /// The stacks of a row, the one with the most live bytes first: their indices in [`stacks`](Self::stacks).
    pub fn stacks_of(&self, row: &Holding) -> impl ExactSizeIterator<Item = usize> {
        self.groups.stacks(&row.group)
    }

    /// The frames of a row's largest stack, innermost first.
    pub fn stack_of(
        &self,
        row: &Holding,
    ) -> impl DoubleEndedIterator<Item = &Frame> + ExactSizeIterator {
        self.stacks.frames_of(first(self.stacks_of(row)))
    }
}

impl Holding {
    fn of(group: &Group, groups: &Groups, all: &SitedStacks<Held>) -> Self {
        let stacks = groups.stacks(group);
        let site = all.site_of(first(stacks.clone())).clone();
        let held = stacks
            .map(|stack| *all.value(stack))
            .reduce(Held::plus)
            .unwrap_or_default();
        Self {
            site,
            held,
            group: group.clone(),
        }
    }

    /// How many sites are in this row: more than one only [by type](GroupBy::Type).
    pub fn sites(&self) -> usize {
        self.group.sites
    }
}

impl Held {
    /// Whether nothing is live.
    pub fn is_nothing(&self) -> bool {
        (self.counters.live_bytes, self.counters.live_blocks) == (0, 0)
    }

    /// This part of the live bytes of `snapshot`, from 0 to 1.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a quotient for people: 52 bits are plenty"
    )]
    pub fn share(&self, snapshot: &Side) -> f64 {
        match snapshot.totals.live_bytes {
            0 => 0.0,
            all => self.counters.live_bytes as f64 / all as f64,
        }
    }

    /// The average size of a live block, in bytes, rounded.
    pub fn average_block(&self) -> u64 {
        let blocks = self.counters.live_blocks.max(1);
        (self.counters.live_bytes + blocks / 2) / blocks
    }

    /// How long a block lived on average, of all ever allocated (`tl` ÷ `tbk`), rounded; in the snapshot's
    /// [time unit](crate::Metadata::time_unit). What is live has not ended its life, so the true average is longer.
    pub fn average_lifetime(&self) -> Option<u64> {
        let blocks = self.counters.total_blocks.max(1);
        let lifetime = self.history?.total_lifetime;
        Some(lifetime / blocks + u64::from(lifetime % blocks >= blocks.div_ceil(2)))
    }

    fn plus(mut self, other: Self) -> Self {
        self.counters.plus(&other.counters);
        self.history = match (self.history, other.history) {
            (Some(one), Some(other)) => one.plus(other),
            _ => None,
        };
        self
    }
}
