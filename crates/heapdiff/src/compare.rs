//! The comparison of two snapshots: the one model that every renderer shows and none recomputes.

use std::ffi::OsStr;
use std::path::Path;

use crate::change::Change;
use crate::error::Error;
use crate::frame::Frame;
use crate::frames::Frames;
use crate::group::{Group, GroupBy, Groups, Options, first};
use crate::metadata::Metadata;
use crate::note::Note;
use crate::parallel;
use crate::profile::{Counters, Profile};
use crate::sampling::Pairing;
use crate::site::Site;
use crate::sited::SitedStacks;
use crate::sort::Sort;
use crate::stacks::{StackIndex, Stacks};
use crate::terminal::{amount, estimated, thousands};

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
    /// Every stack of either snapshot, changed or not.
    pub stacks: SitedStacks<StackChange>,
    groups: Groups,
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
    /// What changed.
    pub change: Change,
    /// What was live and ever allocated here before.
    pub before: Counters,
    /// What is live and was ever allocated here after.
    pub after: Counters,
    group: Group,
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
    let pairing = Note::pairing(before, after);
    let stacks = join(before, after, pairing, &mut frames);
    let comparison = Comparison {
        before: Side::of(before),
        after: Side::of(after),
        by: options.by,
        rows: Vec::new(),
        total: Change::default(),
        notes: Note::all(before, after),
        stacks: SitedStacks::new(frames, stacks, &options.in_app),
        groups: Groups::default(),
    }
    .grouped(options.by);
    comparison.reconcile()?;
    Ok(comparison)
}

impl Comparison {
    /// The same comparison with rows that stand for something else.
    #[must_use]
    pub fn regrouped(self, by: GroupBy) -> Self {
        if by == self.by {
            self
        } else {
            self.grouped(by)
        }
    }

    fn grouped(mut self, by: GroupBy) -> Self {
        let groups = self.stacks.groups(by, StackChange::weight);
        let rows = groups
            .iter()
            .map(|group| Row::of(group, &groups, &self.stacks))
            .filter(|row| !row.change.is_nothing());
        self.rows = in_order(rows.collect());
        self.total = Change::default();
        for row in &self.rows {
            self.total += row.change;
        }
        self.by = by;
        self.groups = groups;
        self
    }

    /// The stacks of a row, the one with the largest share first: their indices in [`stacks`](Self::stacks).
    pub fn stacks_of(&self, row: &Row) -> impl ExactSizeIterator<Item = usize> {
        self.groups.stacks(&row.group)
    }

    /// The frames of a row's largest stack, innermost first.
    pub fn stack_of(
        &self,
        row: &Row,
    ) -> impl DoubleEndedIterator<Item = &Frame> + ExactSizeIterator {
        self.stacks.frames_of(first(self.stacks_of(row)))
    }

    /// What people call the two snapshots: their files' names, or the paths if those are the same.
    pub fn names(&self) -> [&str; 2] {
        let labels = [&self.before.label, &self.after.label].map(String::as_str);
        let names = labels.map(file_name);
        if names[0] == names[1] { labels } else { names }
    }

    /// Requests served between the snapshots, if both say how many there were and there were some.
    pub fn requests(&self) -> Option<u64> {
        let (before, after) = (
            self.before.metadata.requests?,
            self.after.metadata.requests?,
        );
        after.checked_sub(before).filter(|requests| *requests > 0)
    }

    /// Bytes of a change per request; `None` if the snapshots do not count requests.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a quotient for people: 52 bits are plenty"
    )]
    pub fn bytes_per_request(&self, change: &Change) -> Option<f64> {
        Some(change.size_delta as f64 / self.requests()? as f64)
    }

    /// The snapshots that hold estimates.
    pub fn estimates(&self) -> impl Iterator<Item = &Side> {
        [&self.before, &self.after]
            .into_iter()
            .filter(|side| side.metadata.sampling.is_some())
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

impl Row {
    fn of(group: &Group, groups: &Groups, all: &SitedStacks<StackChange>) -> Self {
        let stacks = groups.stacks(group);
        let mut row = Self {
            site: all.site_of(first(stacks.clone())).clone(),
            change: Change::default(),
            before: Counters::default(),
            after: Counters::default(),
            group: group.clone(),
        };
        for stack in stacks {
            let both = all.value(stack);
            row.change += both.change;
            row.before.plus(&both.before);
            row.after.plus(&both.after);
        }
        row
    }

    /// How many sites are in this row: more than one only [by type](GroupBy::Type).
    pub fn sites(&self) -> usize {
        self.group.sites
    }

    /// How many stacks are in this row.
    pub fn stacks(&self) -> usize {
        self.group.len()
    }
}

impl Side {
    /// What a snapshot says as a whole.
    pub fn of(profile: &Profile) -> Self {
        Self {
            label: profile.label.clone(),
            totals: profile.totals,
            metadata: profile.metadata.clone(),
        }
    }

    /// How its numbers were estimated, and what to check them with, in words; `None` if they are exact.
    pub fn estimate(&self) -> Option<String> {
        let sampling = self.metadata.sampling?;
        let totals = &self.totals;
        let mut text = format!(
            "estimates: one sample in {} was recorded; {} bytes in {} blocks",
            amount(sampling.every_bytes),
            estimated(&thousands(totals.live_bytes), totals.live_bytes_error()),
            estimated(&thousands(totals.live_blocks), totals.live_blocks_error()),
        );
        if let Some((bytes, blocks)) = sampling.counted {
            let counted = format!(
                ", and counted beside them {} in {}",
                thousands(bytes),
                thousands(blocks)
            );
            text.push_str(&counted);
        }
        Some(text)
    }
}

/// Rows, those with the largest `alloc_size` first. Numbers are sorted and not rows, each of which is large.
fn in_order(rows: Vec<Row>) -> Vec<Row> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by(|a, b| {
        let [a, b] = [&rows[*a], &rows[*b]];
        Sort::Alloc.order((&a.change, &a.site), (&b.change, &b.site))
    });
    let mut rows: Vec<Option<Row>> = rows.into_iter().map(Some).collect();
    order.iter().filter_map(|at| rows[*at].take()).collect()
}

/// The last part of a label that is a path.
pub(crate) fn file_name(label: &str) -> &str {
    let name = Path::new(label).file_name().and_then(OsStr::to_str);
    name.unwrap_or(label)
}

/// Every stack of either snapshot, with both counters.
fn join(
    before: &Profile,
    after: &Profile,
    pairing: Pairing,
    frames: &mut Frames,
) -> Stacks<StackChange> {
    let mut stacks: Stacks<StackChange> = Stacks::default();
    let ids = frames.absorb(before.frames());
    for (stack, counters) in before.stacks().iter() {
        let change = StackChange::between(*counters, Counters::default(), pairing);
        stacks.push(stack.iter().map(|id| ids[id.0 as usize]), change);
    }
    let ids = frames.absorb(after.frames());
    let stack_of = |at: usize| {
        let stack = after.stacks().stack(at).iter();
        stack.map(|id| ids[id.0 as usize])
    };
    let known = {
        let index = StackIndex::of(&stacks);
        parallel::map(after.stacks().len(), |at| index.find(&stack_of(at)))
    };
    let mut added: Vec<usize> = Vec::new();
    for (at, known) in known.into_iter().enumerate() {
        if let Some(known) = known {
            let stack = stacks.value_mut(known);
            *stack = StackChange::between(stack.before, *after.stacks().value(at), pairing);
        } else {
            added.push(at);
        }
    }
    for at in added {
        let change = StackChange::between(Counters::default(), *after.stacks().value(at), pairing);
        stacks.push(stack_of(at), change);
    }
    stacks
}

impl StackChange {
    fn between(before: Counters, after: Counters, pairing: Pairing) -> Self {
        Self {
            before,
            after,
            change: Change::of_pair(&before, &after, pairing),
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
