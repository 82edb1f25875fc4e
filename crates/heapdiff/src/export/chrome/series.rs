//! A series of snapshots, joined by call stack and brought from each snapshot to the next.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::blocks::{Blocks, Ids};
use super::fold::{Fold, Folded};
use super::strings::Strings;
use super::tree::{Path, Tree};
use super::write::Heap;
use super::{Live, Options};
use crate::error::Error;
use crate::frame::Frame;
use crate::frames::{FrameId, Frames};
use crate::profile::Profile;
use crate::short;
use crate::site::Sites;

/// A series of snapshots, ready to be written one after the other.
///
/// ```
/// # use heapdiff::{Profile, export::chrome::{Options, Series}};
/// # fn export(before: Profile, after: Profile) -> Result<(), Box<dyn std::error::Error>> {
/// let mut series = Series::new(&[before, after], &Options::default())?;
/// let (mut first, mut second) = (Vec::new(), Vec::new());
/// series.next_heap().ok_or("two were given")?.write(&mut first)?;
/// series.next_heap().ok_or("two were given")?.write(&mut second)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Series {
    pub(super) strings: Strings,
    pub(super) tree: Tree,
    /// What each path of the tree is called.
    pub(super) names: Vec<Name>,
    /// In order of their paths.
    pub(super) stacks: Vec<Stack>,
    fold: Fold,
    ids: Ids,
    next: usize,
    snapshots: usize,
}

/// The strings of a path: its innermost function, and where in that function the path goes on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Name {
    pub(super) function: u32,
    pub(super) place: u32,
}

/// The blocks of a call stack.
#[derive(Debug)]
pub(super) struct Stack {
    pub(super) path: Path,
    pub(super) constructor: u32,
    pub(super) blocks: Blocks,
    series: Box<[Live]>,
}

impl AsRef<[Live]> for Stack {
    fn as_ref(&self) -> &[Live] {
        &self.series
    }
}

impl Series {
    /// Joins snapshots of one program, the earliest first.
    ///
    /// # Errors
    /// [`Error::TooManyNodes`] if not even one node per stack is allowed.
    pub fn new(profiles: &[Profile], options: &Options) -> Result<Self, Error> {
        let mut frames = Frames::default();
        let joined = join(profiles, &mut frames);
        let mut strings = Strings::new();
        let mut tree = Tree::default();
        let mut stacks = stacks(joined, &frames, options, &mut strings, &mut tree);
        stacks.sort_by_key(|stack| stack.path);
        let names = names(&tree, &frames, &mut strings);
        let most = most_nodes(options, tree.len() as u64, profiles.len() as u64);
        let fold =
            Fold::choose(&stacks, most).map_err(|needed| Error::TooManyNodes { needed, most })?;
        Ok(Self {
            ids: Ids::after(u32::try_from(tree.len()).unwrap_or(u32::MAX >> 1)),
            strings,
            tree,
            names,
            stacks,
            fold,
            next: 0,
            snapshots: profiles.len(),
        })
    }

    /// The next snapshot, in the order given; `None` after the last.
    pub fn next_heap(&mut self) -> Option<Heap<'_>> {
        if self.next == self.snapshots {
            return None;
        }
        for stack in &mut self.stacks {
            let nodes = self.fold.nodes(&stack.series).nth(self.next);
            let bytes = stack.series[self.next].bytes;
            stack
                .blocks
                .change_to(nodes.unwrap_or(0), bytes, &mut self.ids);
        }
        self.next += 1;
        Some(Heap::of(self))
    }

    /// Which blocks do not have a node each.
    pub fn folded(&self) -> Folded {
        self.fold.folded(&self.stacks)
    }
}

/// At most so many nodes for blocks in a file: as asked for, but ids and the numbers of nodes must fit in 32 bits.
fn most_nodes(options: &Options, paths: u64, snapshots: u64) -> u64 {
    let by_ids = Ids::ALL.saturating_sub(paths) / snapshots.max(1);
    let by_file = (u64::from(u32::MAX) / super::write::NODE_FIELDS).saturating_sub(paths);
    options.max_nodes.min(by_ids).min(by_file)
}

/// A stack, innermost frame first, with what it holds in each snapshot.
struct Joined {
    stack: Box<[FrameId]>,
    series: Box<[Live]>,
}

/// Each stack of any snapshot, in order of appearance.
fn join(profiles: &[Profile], frames: &mut Frames) -> Vec<Joined> {
    let mut index: HashMap<Box<[FrameId]>, usize> = HashMap::new();
    let mut lives: Vec<Box<[Live]>> = Vec::new();
    for (at, profile) in profiles.iter().enumerate() {
        let numbers = frames.absorb(profile.frames());
        for (stack, counters) in profile.stacks().iter() {
            let live = Live {
                blocks: counters.live_blocks,
                bytes: counters.live_bytes,
            };
            let stack = stack.iter().map(|id| numbers[id.0 as usize]).collect();
            let place = match index.entry(stack) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(new) => {
                    lives.push(vec![Live::default(); profiles.len()].into());
                    *new.insert(lives.len() - 1)
                }
            };
            lives[place][at] = live;
        }
    }
    let mut stacks: Vec<(Box<[FrameId]>, usize)> = index.into_iter().collect();
    stacks.sort_by_key(|(_, place)| *place);
    stacks
        .into_iter()
        .zip(lives)
        .map(|((stack, _), series)| Joined { stack, series })
        .collect()
}

/// Names each stack's blocks and puts them under their path. A path ends at the stack's site: what lies between there
/// and the allocation is the type's own business, and the constructor says the type.
fn stacks(
    joined: Vec<Joined>,
    frames: &Frames,
    options: &Options,
    strings: &mut Strings,
    tree: &mut Tree,
) -> Vec<Stack> {
    let mut sites = Sites::new(frames, &options.in_app);
    let mut constructors = HashMap::new();
    joined
        .into_iter()
        .map(|Joined { stack, series }| {
            let id = sites.of(&stack);
            let site = &sites.list()[id.0];
            let constructor = *constructors
                .entry(id)
                .or_insert_with(|| strings.number(&spared(site.constructor())));
            let at_site = stack.iter().position(|frame| frames[*frame] == site.frame);
            let outer = &stack[at_site.unwrap_or(0)..];
            Stack {
                path: tree.path(outer.iter().rev().copied()),
                constructor,
                blocks: Blocks::default(),
                series,
            }
        })
        .collect()
}

/// A name that Chrome does not touch: `<div id="x">` it would cut to `<div>`.
fn spared(name: String) -> String {
    if name.starts_with('<') || name.starts_with("Detached <") {
        format!(" {name}")
    } else {
        name
    }
}

fn names(tree: &Tree, frames: &Frames, strings: &mut Strings) -> Vec<Name> {
    let root = Name {
        function: Strings::EMPTY,
        place: Strings::EMPTY,
    };
    let mut of_frame: HashMap<FrameId, Name> = HashMap::new();
    let mut name = |id: FrameId| {
        *of_frame
            .entry(id)
            .or_insert_with(|| name(&frames[id], strings))
    };
    let inner = tree.steps().map(|(_, _, frame)| name(frame));
    std::iter::once(root).chain(inner).collect()
}

fn name(frame: &Frame, strings: &mut Strings) -> Name {
    let place = frame.place();
    Name {
        function: strings.number(&short::short_function(frame.function())),
        place: strings.number(if place.is_empty() { "???" } else { &place }),
    }
}
