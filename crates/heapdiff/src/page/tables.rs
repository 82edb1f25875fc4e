//! What the rows of a document refer to by number: frames, sites, stacks and excerpts, each once and only if needed.

use std::collections::{BTreeMap, HashMap};

use serde::{Serialize, Serializer};

use super::Sources;
use crate::frame::Frame;
use crate::frames::FrameId;
use crate::short;
use crate::sited::SitedStacks;
use crate::source::Source;

/// The tables of a document, in which a stack is an `E`.
#[derive(Serialize)]
pub(super) struct Tables<E> {
    frames: Vec<FrameEntry>,
    sites: Vec<SiteEntry>,
    stacks: Vec<E>,
    sources: BTreeMap<u32, Excerpt>,
    /// Of each stack of the model its number here, and that of its site.
    #[serde(skip)]
    numbers: Vec<Option<(u32, u32)>>,
}

/// Constructor, frame, and whether it is the user's own code.
type SiteEntry = (String, Option<u32>, u8);

/// The path that is shown, the number of the first line, and the lines.
type Excerpt = (String, u32, Vec<String>);

/// The rows of a document in each grouping.
#[derive(Serialize)]
pub(super) struct Rows<R> {
    pub(super) site: Vec<R>,
    pub(super) r#type: Vec<R>,
    pub(super) stack: Vec<R>,
}

/// A row of a document. Most have a single stack; they are that stack, and it is written once.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum RowEntry<S> {
    /// The number of the row's only stack.
    Stack(u32),
    /// The row as a sum of stacks.
    Sum(S),
}

impl<E> Tables<E> {
    /// The stacks that are `wanted`, and what they need. `entry` is given the frames and the site of each.
    pub(super) fn of<T>(
        all: &SitedStacks<T>,
        sources: Sources<'_>,
        wanted: impl Fn(&T) -> bool,
        entry: impl Fn(Vec<u32>, u32, &T) -> E,
    ) -> Self {
        let mut frames = Frames {
            numbers: vec![None; all.frames().len()],
            list: Vec::new(),
        };
        let mut site_numbers = vec![None; all.sites().len()];
        let (mut sites, mut stacks) = (Vec::new(), Vec::new());
        let mut numbers = Vec::with_capacity(all.len());
        for (at, (stack, value)) in all.iter().enumerate() {
            if !wanted(value) {
                numbers.push(None);
                continue;
            }
            let stack: Vec<u32> = stack.iter().map(|id| frames.number(all, *id)).collect();
            let index = all.site_index(at);
            let site = *site_numbers[index].get_or_insert_with(|| {
                let site = &all.sites()[index];
                let frame = all.frames().id(&site.frame);
                let frame = frame.map(|id| frames.number(all, id));
                sites.push((site.constructor(), frame, u8::from(site.in_app)));
                number(sites.len() - 1)
            });
            numbers.push(Some((number(stacks.len()), site)));
            stacks.push(entry(stack, site, value));
        }
        Self {
            sources: excerpts(&frames.list, sources),
            frames: frames.list,
            sites,
            stacks,
            numbers,
        }
    }

    /// A row with these stacks of the model, of which those count that are wanted. `sum` is given the site of the first,
    /// and all their numbers.
    pub(super) fn row<S>(
        &self,
        stacks: impl ExactSizeIterator<Item = usize>,
        sum: impl FnOnce(u32, Vec<u32>) -> S,
    ) -> RowEntry<S> {
        let all = stacks.len();
        let (stacks, sites): (Vec<u32>, Vec<u32>) =
            stacks.filter_map(|at| self.numbers[at]).unzip();
        match stacks[..] {
            [stack] if all == 1 => RowEntry::Stack(stack),
            _ => RowEntry::Sum(sum(sites.first().copied().unwrap_or_default(), stacks)),
        }
    }
}

struct Frames {
    numbers: Vec<Option<u32>>,
    list: Vec<FrameEntry>,
}

impl Frames {
    fn number<T>(&mut self, all: &SitedStacks<T>, id: FrameId) -> u32 {
        let list = &mut self.list;
        *self.numbers[id.0 as usize].get_or_insert_with(|| {
            list.push(FrameEntry {
                frame: all.frames()[id].clone(),
                in_app: all.is_in_app(id),
            });
            number(list.len() - 1)
        })
    }
}

struct FrameEntry {
    frame: Frame,
    in_app: bool,
}

impl Serialize for FrameEntry {
    /// Function, the same shortly, file, line, column, and whether it is the user's own code (1) or not (0).
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let frame = &self.frame;
        (
            frame.function(),
            short::short_function(frame.function()),
            frame.file(),
            frame.line(),
            frame.column(),
            u8::from(self.in_app),
        )
            .serialize(serializer)
    }
}

/// Lines around each line of the user's own code whose source is found.
fn excerpts(frames: &[FrameEntry], sources: Sources<'_>) -> BTreeMap<u32, Excerpt> {
    let mut files: HashMap<&str, Option<Source>> = HashMap::new();
    let mut excerpts = BTreeMap::new();
    for (at, FrameEntry { frame, in_app }) in frames.iter().enumerate() {
        let (Some(file), Some(line), true) = (frame.file(), frame.line(), in_app) else {
            continue;
        };
        let source = files.entry(file).or_insert_with(|| sources(file));
        if let Some(excerpt) = source.as_ref().and_then(|source| excerpt(source, line)) {
            excerpts.insert(number(at), excerpt);
        }
    }
    excerpts
}

/// Lines shown before and after the line.
const CONTEXT: u32 = 3;

/// Characters of a line that are shown: generated code can have all in one.
const LONGEST_LINE: usize = 400;

fn excerpt(source: &Source, line: u32) -> Option<Excerpt> {
    let first = line.saturating_sub(CONTEXT).max(1);
    let lines: Vec<String> = source
        .text
        .lines()
        .skip(first as usize - 1)
        .take((line - first + 1 + CONTEXT) as usize)
        .map(|line| line.chars().take(LONGEST_LINE).collect())
        .collect();
    let has_line = lines.len() > (line - first) as usize;
    has_line.then(|| (source.shown.clone(), first, lines))
}

/// # Panics
/// Never in practice: stacks, frames and sites are numbered with 32 bits everywhere.
fn number(index: usize) -> u32 {
    u32::try_from(index).expect("a number below 2³²")
}
