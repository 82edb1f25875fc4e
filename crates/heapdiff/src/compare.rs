//! The comparison of two snapshots: the one model that every renderer shows and none recomputes.

use std::collections::HashMap;

use crate::change::Change;
use crate::error::Error;
use crate::frame::Frame;
use crate::frames::{FrameId, Frames};
use crate::group::{GroupBy, Groups, Options, SiteOfStacks};
use crate::metadata::Metadata;
use crate::note::Note;
use crate::profile::{Counters, Profile};
use crate::site::Site;
use crate::sort::Sort;
use crate::stacks::Stacks;

/// Two snapshots, compared.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The earlier snapshot.
    pub before: Side,
    /// The later snapshot.
    pub after: Side,
    /// What a row stands for.
    pub by: GroupBy,
    /// The rows that changed at all, those with the largest `alloc_size` first.
    pub rows: Vec<Row>,
    /// The sum of all rows. Its deltas equal the difference of the heaps, to the byte and the block; else
    /// [`compare`] would have failed.
    pub total: Change,
    /// What the reader should know about this pair of snapshots.
    pub notes: Vec<Note>,
    /// The frames of both snapshots.
    pub frames: Frames,
    /// Every stack of either snapshot, changed or not.
    pub stacks: Stacks<StackChange>,
    sites: SiteOfStacks,
}

/// One of the two snapshots, as a whole.
#[derive(Debug, Clone)]
pub struct Side {
    /// Its path, or what else it is called.
    pub label: String,
    /// The sums over the snapshot.
    pub totals: Counters,
    /// What it says about its process and the moment.
    pub metadata: Metadata,
}

/// A row: a site, a type or a stack.
#[derive(Debug, Clone)]
pub struct Row {
    /// The site; of a type the site with the largest share.
    pub site: Site,
    /// How many sites are in this row: more than one only [by type](GroupBy::Type).
    pub sites: usize,
    /// How many stacks are in this row.
    pub stacks: usize,
    /// What changed.
    pub change: Change,
    /// What was live and ever allocated here before.
    pub before: Counters,
    /// What is live and was ever allocated here after.
    pub after: Counters,
    /// The stack with the largest share: its index in [`Comparison::stacks`].
    pub largest: usize,
}

/// One stack in both snapshots.
#[derive(Debug, Clone, Copy)]
pub struct StackChange {
    /// Its counters in the earlier snapshot; zeros if it was not there.
    pub before: Counters,
    /// Its counters in the later snapshot; zeros if it is not there.
    pub after: Counters,
    /// What changed.
    pub change: Change,
}

/// Compares two snapshots, `before` and `after`.
///
/// # Errors
/// [`Error::NotReconciled`], should the rows not add up to the difference of the heaps.
pub fn compare(before: &Profile, after: &Profile, options: &Options) -> Result<Comparison, Error> {
    let mut frames = Frames::default();
    let stacks = join(before, after, &mut frames);
    let (rows, sites) = rows(&frames, &stacks, options);
    let mut total = Change::default();
    for row in &rows {
        total += row.change;
    }
    let comparison = Comparison {
        before: Side::of(before),
        after: Side::of(after),
        by: options.by,
        rows,
        total,
        notes: Note::all(before, after),
        frames,
        stacks,
        sites,
    };
    comparison.reconcile()?;
    Ok(comparison)
}

impl Comparison {
    /// The frames of a row's largest stack, innermost first.
    pub fn stack_of(
        &self,
        row: &Row,
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

    /// Requests served between the snapshots, if both say how many there were and there were some.
    pub fn requests(&self) -> Option<u64> {
        let (before, after) = (
            self.before.metadata.requests?,
            self.after.metadata.requests?,
        );
        after.checked_sub(before).filter(|requests| *requests > 0)
    }

    /// Bytes by which a row grew per request; `None` if the snapshots do not count requests.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a quotient for people: 52 bits are plenty"
    )]
    pub fn bytes_per_request(&self, row: &Row) -> Option<f64> {
        Some(row.change.size_delta as f64 / self.requests()? as f64)
    }

    fn reconcile(&self) -> Result<(), Error> {
        let heap = Change::between(&self.before.totals, &self.after.totals);
        if (self.total.size_delta, self.total.delta) == (heap.size_delta, heap.delta) {
            return Ok(());
        }
        Err(Error::NotReconciled {
            rows_bytes: self.total.size_delta,
            rows_blocks: self.total.delta,
            heap_bytes: heap.size_delta,
            heap_blocks: heap.delta,
        })
    }
}

impl Side {
    pub(crate) fn of(profile: &Profile) -> Self {
        Self {
            label: profile.label.clone(),
            totals: profile.totals,
            metadata: profile.metadata.clone(),
        }
    }
}

/// Every stack of either snapshot, with both counters.
fn join(before: &Profile, after: &Profile, frames: &mut Frames) -> Stacks<StackChange> {
    let mut stacks: Stacks<StackChange> = Stacks::default();
    let ids = frames.absorb(before.frames());
    for (stack, counters) in before.stacks().iter() {
        let change = StackChange::between(*counters, Counters::default());
        stacks.push(stack.iter().map(|id| ids[id.0 as usize]), change);
    }
    let ids = frames.absorb(after.frames());
    let mut matched: Vec<(usize, Counters)> = Vec::new();
    let mut added: Vec<usize> = Vec::new();
    {
        let index: HashMap<&[FrameId], usize> = stacks
            .iter()
            .enumerate()
            .map(|(at, (stack, _))| (stack, at))
            .collect();
        let mut key = Vec::new();
        for (at, (stack, counters)) in after.stacks().iter().enumerate() {
            key.clear();
            key.extend(stack.iter().map(|id| ids[id.0 as usize]));
            match index.get(key.as_slice()) {
                Some(known) => matched.push((*known, *counters)),
                None => added.push(at),
            }
        }
    }
    for (at, counters) in matched {
        let stack = stacks.value_mut(at);
        *stack = StackChange::between(stack.before, counters);
    }
    for at in added {
        let change = StackChange::between(Counters::default(), *after.stacks().value(at));
        stacks.push(
            after.stacks().stack(at).iter().map(|id| ids[id.0 as usize]),
            change,
        );
    }
    stacks
}

impl StackChange {
    fn between(before: Counters, after: Counters) -> Self {
        Self {
            before,
            after,
            change: Change::between(&before, &after),
        }
    }

    /// What makes a stack the one that stands for its row.
    fn weight(&self) -> (u64, u64, u64) {
        (
            self.change.size_delta.unsigned_abs(),
            self.change.churned_bytes,
            self.after.live_bytes,
        )
    }
}

fn rows(
    frames: &Frames,
    stacks: &Stacks<StackChange>,
    options: &Options,
) -> (Vec<Row>, SiteOfStacks) {
    let mut groups = Groups::new(frames, options);
    let mut sums: Vec<Sum> = Vec::new();
    for (at, (stack, both)) in stacks.iter().enumerate() {
        let group = groups.of(at, stack);
        if group == sums.len() {
            sums.push(Sum {
                largest: at,
                ..Sum::default()
            });
        }
        let sum = &mut sums[group];
        sum.stacks += 1;
        sum.change += both.change;
        sum.before.plus(&both.before);
        sum.after.plus(&both.after);
        if both.weight() > stacks.value(sum.largest).weight() {
            sum.largest = at;
        }
    }
    let (sites, sites_in) = groups.finish();
    let changed = sums
        .into_iter()
        .enumerate()
        .filter(|(_, sum)| !sum.change.is_nothing());
    let mut rows: Vec<Row> = changed
        .map(|(group, sum)| Row {
            site: sites.of(sum.largest).clone(),
            sites: sites_in[group],
            stacks: sum.stacks,
            change: sum.change,
            before: sum.before,
            after: sum.after,
            largest: sum.largest,
        })
        .collect();
    rows.sort_by_cached_key(|row| Sort::Alloc.key(&row.change, &row.site));
    (rows, sites)
}

#[derive(Default)]
struct Sum {
    stacks: usize,
    change: Change,
    before: Counters,
    after: Counters,
    largest: usize,
}
