//! What one snapshot holds, by site, type or stack: the model behind `heapdiff show`.

use std::cmp::Reverse;

use crate::compare::Side;
use crate::frame::Frame;
use crate::frames::{FrameId, Frames};
use crate::group::{GroupBy, Groups, Options, SiteOfStacks};
use crate::profile::{Counters, Profile};
use crate::site::Site;
use crate::stacks::Stacks;

/// What is live in a snapshot.
#[derive(Debug, Clone)]
pub struct Inventory {
    /// The snapshot as a whole.
    pub snapshot: Side,
    /// What a row stands for.
    pub by: GroupBy,
    /// The rows with something live, most bytes first.
    pub rows: Vec<Holding>,
    /// The frames of the snapshot.
    pub frames: Frames,
    /// Every stack of the snapshot, whether anything is live there or not.
    pub stacks: Stacks<Counters>,
    sites: SiteOfStacks,
}

/// What a site, a type or a stack holds.
#[derive(Debug, Clone)]
pub struct Holding {
    /// The site; of a type the site with the largest share.
    pub site: Site,
    /// How many sites are in this row: more than one only [by type](GroupBy::Type).
    pub sites: usize,
    /// What is live and was ever allocated here.
    pub counters: Counters,
    largest: usize,
}

/// Says what a snapshot holds.
pub fn inventory(profile: &Profile, options: &Options) -> Inventory {
    let mut groups = Groups::new(profile.frames(), options);
    let mut sums: Vec<(Counters, usize)> = Vec::new();
    for (at, (stack, counters)) in profile.stacks().iter().enumerate() {
        let group = groups.of(at, stack);
        if group == sums.len() {
            sums.push((Counters::default(), at));
        }
        let (sum, largest) = &mut sums[group];
        sum.plus(counters);
        if counters.live_bytes > profile.stacks().value(*largest).live_bytes {
            *largest = at;
        }
    }
    let (sites, sites_in) = groups.finish();
    let live = sums
        .into_iter()
        .enumerate()
        .filter(|(_, (sum, _))| sum.live_blocks > 0 || sum.live_bytes > 0);
    let mut rows: Vec<Holding> = live
        .map(|(group, (counters, largest))| Holding {
            site: sites.of(largest).clone(),
            sites: sites_in[group],
            counters,
            largest,
        })
        .collect();
    rows.sort_by_cached_key(|row| {
        (
            Reverse(row.counters.live_bytes),
            row.site.constructor(),
            row.site.frame.text().to_owned(),
        )
    });
    Inventory {
        snapshot: Side::of(profile),
        by: options.by,
        rows,
        frames: profile.frames().clone(),
        stacks: profile.stacks().clone(),
        sites,
    }
}

impl Inventory {
    /// The frames of a row's largest stack, innermost first.
    pub fn stack_of(
        &self,
        row: &Holding,
    ) -> impl DoubleEndedIterator<Item = &Frame> + ExactSizeIterator {
        self.frames.of(self.stacks.stack(row.largest))
    }

    /// The site of the stack at `index` of [`stacks`](Self::stacks), whatever the rows stand for.
    ///
    /// # Panics
    /// If there is no such stack.
    pub fn site_of(&self, index: usize) -> &Site {
        self.sites.of(index)
    }

    /// Whether a frame of [`frames`](Self::frames) is in the user's own code.
    ///
    /// # Panics
    /// If there is no such frame.
    pub fn is_in_app(&self, frame: FrameId) -> bool {
        self.sites.is_in_app(frame)
    }
}

impl Holding {
    /// This row's part of the live bytes of `snapshot`, from 0 to 1.
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
}
