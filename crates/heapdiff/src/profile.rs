//! A snapshot, read: what was live, by stack, and what it says about its process.
//!
//! Bytes in, values out; `files` wraps paths around this, `dhat` knows the format.

use std::mem;

use hashbrown::hash_map::Entry;
use hashbrown::{HashMap, HashSet};
use printable::printable;

use crate::dhat;
use crate::error::Error;
use crate::frames::{Borrowed, FrameId, Frames};
use crate::history::History;
use crate::limits::Limits;
use crate::metadata::Metadata;
use crate::sampling::{Sampled, Sampling, error_of};
use crate::stacks::Stacks;

/// DHAT's counters of a stack, or their sum over a snapshot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Bytes ever allocated (DHAT `tb`); dhat-rs counts a `realloc` as an allocation of the new size.
    pub total_bytes: u64,
    /// Blocks ever allocated (`tbk`); dhat-rs counts a `realloc` as an allocation.
    pub total_blocks: u64,
    /// Bytes live when the snapshot was taken (`eb`).
    pub live_bytes: u64,
    /// Blocks live when the snapshot was taken (`ebk`).
    pub live_blocks: u64,
    /// Where samples were recorded, the four above are estimates; how good they are.
    pub sampled: Sampled,
}

/// A parsed snapshot. Stacks that differ by addresses only are one.
#[derive(Debug, Clone)]
pub struct Profile {
    /// What a reader may call it: the path, if it came from a file.
    pub label: String,
    /// The sums over all stacks. Each is at most 2⁶³ − 1.
    pub totals: Counters,
    /// What the snapshot says about its process and the moment.
    pub metadata: Metadata,
    pub(crate) frames: Frames,
    pub(crate) stacks: Stacks<Counters>,
    /// Of each stack; `None` if the file does not tell it of all.
    history: Option<Vec<History>>,
}

impl Profile {
    /// Reads a DHAT file, version 2, of dhat-rs, heapshot or `valgrind --tool=dhat`.
    ///
    /// # Errors
    /// Whatever [`Error`] says is wrong with the bytes; never panics on them.
    pub fn parse(json: &[u8]) -> Result<Self, Error> {
        Self::parse_owned(json.to_vec())
    }

    /// The same of bytes that nobody else needs: the profile's names stay in their memory.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn parse_owned(json: Vec<u8>) -> Result<Self, Error> {
        Self::parse_within(json, &Limits::default())
    }

    /// The same with limits of the caller's.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn parse_within(json: Vec<u8>, limits: &Limits) -> Result<Self, Error> {
        let budget = limits.budget(json.len());
        let dhat::File {
            header,
            points,
            frames: table,
        } = dhat::parse(&json, &budget)?;
        let metadata = Metadata::of(&header);
        let mut frames = Borrowed::number(table.iter().map(AsRef::as_ref), &budget)?;
        let ids = mem::take(&mut frames.ids);
        let frames = frames.detach(&json);
        drop((header, table));
        let mut profile = Self {
            label: "snapshot".to_owned(),
            totals: Counters::default(),
            metadata,
            frames: frames.keep(json),
            stacks: Stacks::default(),
            history: Some(Vec::new()),
        };
        profile.merge(points, &ids)?;
        Ok(profile)
    }

    /// The same snapshot under another name.
    #[must_use]
    pub fn labelled(mut self, label: impl AsRef<str>) -> Self {
        self.label = printable(label.as_ref()).into_owned();
        self
    }

    /// Every stack with its counters. No stack comes twice.
    pub fn stacks(&self) -> &Stacks<Counters> {
        &self.stacks
    }

    /// The frames that [`stacks`](Self::stacks) names.
    pub fn frames(&self) -> &Frames {
        &self.frames
    }

    /// The past of the stack at an index, if the file tells it of all stacks.
    pub(crate) fn history(&self, stack: usize) -> Option<History> {
        Some(self.history.as_ref()?[stack])
    }

    /// Sums up the points by equal stacks.
    fn merge(&mut self, points: dhat::Points, ids: &[FrameId]) -> Result<(), Error> {
        let all: Vec<FrameId> = points
            .stack_frames
            .iter()
            .map(|frame| ids[*frame as usize])
            .collect();
        drop(points.stack_frames);
        let labels = self.labels();
        let mut seen: HashMap<&[FrameId], usize> = HashMap::with_capacity(points.list.len());
        let mut start = 0;
        for point in &points.list {
            let mut stack = &all[start..point.stack_end];
            if let [frames @ .., last] = stack
                && labels.contains(last)
            {
                stack = frames;
            }
            start = point.stack_end;
            // Before equal stacks are merged: each point's blocks are of one size.
            let (counters, history) = Sampling::scale(self.metadata.sampling, point);
            self.totals.add(&counters)?;
            match seen.entry(stack) {
                Entry::Occupied(known) => {
                    let known = *known.get();
                    self.stacks.value_mut(known).add(&counters)?;
                    self.add_history(known, history);
                }
                Entry::Vacant(new) => {
                    new.insert(self.stacks.len());
                    self.stacks.push(stack.iter().copied(), counters);
                    self.add_history(self.stacks.len() - 1, history);
                }
            }
        }
        Ok(())
    }

    /// What heapshot puts around stacks that come once for each size class, to tell them apart.
    fn labels(&self) -> HashSet<FrameId> {
        if self.metadata.sampling.is_none() {
            return HashSet::new();
        }
        let labels = self.frames.iter();
        labels
            .filter(|frame| frame.text().starts_with("[size class "))
            .filter_map(|frame| self.frames.id(frame))
            .collect()
    }

    fn add_history(&mut self, stack: usize, of_point: Option<History>) {
        let Some(list) = &mut self.history else {
            return;
        };
        if list.len() == stack {
            list.push(History::default());
        }
        match of_point.and_then(|history| list[stack].plus(history)) {
            Some(sum) => list[stack] = sum,
            None => self.history = None,
        }
    }
}

impl Counters {
    /// Adds up, and refuses sums that no signed 64-bit difference could express.
    pub(crate) fn add(&mut self, other: &Self) -> Result<(), Error> {
        let sum = |a: &mut u64, b: u64, what| {
            *a = a
                .checked_add(b)
                .filter(|sum| i64::try_from(*sum).is_ok())
                .ok_or(Error::Absurd { what })?;
            Ok(())
        };
        sum(
            &mut self.total_bytes,
            other.total_bytes,
            "allocated bytes (tb)",
        )?;
        sum(
            &mut self.total_blocks,
            other.total_blocks,
            "allocated blocks (tbk)",
        )?;
        sum(&mut self.live_bytes, other.live_bytes, "live bytes (eb)")?;
        sum(
            &mut self.live_blocks,
            other.live_blocks,
            "live blocks (ebk)",
        )?;
        self.sampled.plus(&other.sampled);
        Ok(())
    }
}

impl Counters {
    /// Adds up counters of one snapshot, whose sums are known to fit.
    pub(crate) fn plus(&mut self, other: &Self) {
        self.total_bytes += other.total_bytes;
        self.total_blocks += other.total_blocks;
        self.live_bytes += other.live_bytes;
        self.live_blocks += other.live_blocks;
        self.sampled.plus(&other.sampled);
    }

    /// The standard error of the live bytes; 0 if they are exact.
    pub fn live_bytes_error(&self) -> f64 {
        error_of(self.sampled.bytes_variance)
    }

    /// The standard error of the live blocks; 0 if they are exact.
    pub fn live_blocks_error(&self) -> f64 {
        error_of(self.sampled.blocks_variance)
    }
}

#[cfg(test)]
mod tests {
    use super::Profile;

    #[test]
    fn size_classes_of_one_stack_are_scaled_apart_and_then_one() {
        let profile = Profile::parse(
            br#"{"dhatFileVersion":2,"mode":"rust-heap","bklt":true,
                "pps":[{"tb":64,"tbk":1,"eb":64,"ebk":1,"fs":[0,1]},{"tb":8000000,"tbk":1,"eb":8000000,"ebk":1,"fs":[0,2]}],
                "ftbl":["0x1: shop::buy (shop/src/main.rs:3:4)","[size class 1: blocks of about 64 bytes]","[size class 2: blocks of about 8000000 bytes]"],
                "heapshot":{"live_bytes":8600000,"live_blocks":9000,"sampling":{"every_bytes":524288}}}"#,
        )
        .expect("a snapshot");
        assert_eq!(profile.stacks().len(), 1);
        assert_eq!(profile.stacks().stack(0).len(), 1);
        let totals = &profile.totals;
        assert!(totals.live_bytes.abs_diff(8_524_320) < 10, "{totals:?}");
        assert_eq!(totals.live_blocks, 8193 + 1);
        assert!((totals.live_bytes_error() / 524_256.0 - 1.0).abs() < 0.001);
        let counted = profile.metadata.sampling.expect("it says so").counted;
        assert_eq!(counted, Some((8_600_000, 9000)));
    }
}
