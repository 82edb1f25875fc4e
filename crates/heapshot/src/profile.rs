//! dhat's file as the child reads it back: a DHAT version-2 document, which `dh_view.html` reads. It is checked against the
//! live counters, and its frames are named where the stand-in kept dhat from doing it.

use std::collections::HashMap;
use std::io::{self, BufReader, Read, Write};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::engine::Totals;
use crate::names::Names;
use crate::sampled;
use crate::stand_in;

/// The document. What is not needed here is kept as it is.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Profile {
    /// First, as people and programs look for it there.
    #[serde(rename = "dhatFileVersion")]
    version: u64,
    #[serde(flatten)]
    head: Map<String, Value>,
    pps: Vec<Point>,
    /// The last key that dhat writes: without it the file was cut short.
    ftbl: Vec<String>,
}

/// A program point: what was allocated from one stack.
#[derive(Debug, Deserialize, Serialize)]
struct Point {
    #[serde(flatten)]
    counts: Map<String, Value>,
    eb: u64,
    ebk: u64,
    /// Indices into `ftbl`, innermost first.
    fs: Vec<usize>,
}

/// The program point that holds most.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Largest {
    pub(crate) bytes: u64,
    pub(crate) blocks: u64,
    /// Of code, innermost first.
    pub(crate) addresses: Vec<usize>,
}

impl Profile {
    /// Reads a whole document and checks that its live bytes and blocks are `live`: a file cut short by a full disk, or one
    /// that belongs to another moment, is found here.
    pub(crate) fn read(file: impl Read, live: Totals) -> Result<Self, String> {
        let profile: Self = serde_json::from_reader(BufReader::new(file))
            .map_err(|error| format!("the snapshot is not whole: {error}; is the disk full?"))?;
        let sum = |count: fn(&Point) -> u64| profile.pps.iter().map(count).sum();
        let found = Totals {
            bytes: sum(|point| point.eb),
            blocks: sum(|point| point.ebk),
        };
        if found != live {
            return Err(format!(
                "the snapshot holds {found:?}, but {live:?} were live when it was taken"
            ));
        }
        Ok(profile)
    }

    /// The program point that holds most, by estimate if one sample in `every` bytes was recorded (0: everything).
    pub(crate) fn largest(&self, every: u64) -> Option<Largest> {
        let estimate =
            |point: &Point, number: u64| sampled::estimate(number, point.eb, point.ebk, every);
        let points = self.pps.iter();
        let point = points.max_by_key(|point| estimate(point, point.eb))?;
        let frames = point.fs.iter().filter_map(|&index| self.ftbl.get(index));
        let mut addresses: Vec<_> = frames.filter_map(|frame| address_of(frame)).collect();
        addresses.dedup(); // inlined frames share theirs
        Some(Largest {
            bytes: estimate(point, point.eb),
            blocks: estimate(point, point.ebk),
            addresses,
        })
    }

    /// Gives program points that have one stack, as those of several size classes have, an outermost frame of their own:
    /// `dh_view.html` wants each stack once. Its text, in brackets, is no function's.
    pub(crate) fn tell_apart(&mut self) {
        let mut times: HashMap<Vec<usize>, u64> = HashMap::new();
        for point in &self.pps {
            *times.entry(point.fs.clone()).or_default() += 1;
        }
        times.retain(|_, times| *times > 1);
        let mut seen: HashMap<Vec<usize>, u64> = HashMap::new();
        for point in &mut self.pps {
            if !times.contains_key(&point.fs) {
                continue;
            }
            let number = seen.entry(point.fs.clone()).or_default();
            *number += 1;
            let count = |key: &str| point.counts.get(key).and_then(Value::as_u64).unwrap_or(0);
            let mean = count("tb") / count("tbk").max(1);
            point.fs.push(self.ftbl.len());
            self.ftbl.push(format!(
                "[size class {number}: blocks of about {mean} bytes]"
            ));
        }
    }

    /// Gives the frames that have none the names that they would have from dhat, of those that are known and, for the
    /// others, looked up and returned.
    pub(crate) fn name_frames(&mut self, known: Option<&Names>) -> Names {
        let mut new = Names::default();
        let mut frames = FrameTable::default();
        // By index in the table as it was: the indices of the frames that take its place.
        let mut expanded = Vec::with_capacity(self.ftbl.len());
        for frame in std::mem::take(&mut self.ftbl) {
            let indices: Vec<usize> = match nameless(&frame) {
                None => vec![frames.index_of(frame)],
                Some((start, address)) => {
                    let texts = new.of(address, known).iter();
                    texts
                        .map(|text| frames.index_of(format!("{start}: {text}")))
                        .collect()
                }
            };
            expanded.push(indices);
        }
        for point in &mut self.pps {
            let of_frame = |&index: &usize| expanded.get(index).into_iter().flatten().copied();
            let stack: Vec<usize> = point.fs.iter().flat_map(of_frame).collect();
            // As dhat does it: what lies within the allocator is left out, but for its outermost frame.
            let is_allocator = |&index: &usize| is_allocator(&frames.texts[index]);
            let begin = stack.iter().rposition(is_allocator).unwrap_or(0);
            point.fs = stack[begin..].to_vec();
        }
        self.ftbl = frames.texts;
        new
    }

    /// States another command line than dhat did.
    pub(crate) fn set_command_line(&mut self, command_line: &str) {
        self.head.insert("cmd".to_owned(), command_line.into());
    }

    /// Whether there are frames without names.
    pub(crate) fn lacks_names(&self) -> bool {
        self.ftbl.iter().any(|frame| nameless(frame).is_some())
    }

    pub(crate) fn write(&self, mut to: impl Write) -> io::Result<()> {
        serde_json::to_writer(&mut to, self)?;
        to.flush()
    }
}

/// A table of frames in the making, each of which is in it once.
#[derive(Default)]
struct FrameTable {
    texts: Vec<String>,
    indices: HashMap<String, usize>,
}

impl FrameTable {
    fn index_of(&mut self, text: String) -> usize {
        *self.indices.entry(text).or_insert_with_key(|text| {
            self.texts.push(text.clone());
            self.texts.len() - 1
        })
    }
}

/// `0x55d0: main (a.rs:1:2)` is at 0x55d0.
fn address_of(frame: &str) -> Option<usize> {
    let (address, _) = frame.strip_prefix("0x")?.split_once(':')?;
    usize::from_str_radix(address, 16).ok()
}

/// Of a frame that was written without its name: the text and the number of its address.
fn nameless(frame: &str) -> Option<(&str, usize)> {
    let (start, name) = frame.split_once(": ")?;
    let is_nameless = name.strip_prefix(stand_in::NAME)?.starts_with(" (");
    is_nameless.then_some((start, address_of(frame)?))
}

/// By the names that dhat takes for the allocator's.
fn is_allocator(frame: &str) -> bool {
    let name = frame.split_once(": ").map_or(frame, |(_, name)| name);
    ["alloc::alloc::", "<alloc::alloc::", "<dhat::Alloc", "__rg_"]
        .iter()
        .any(|start| name.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIVE: Totals = Totals {
        bytes: 30,
        blocks: 3,
    };
    const WHOLE: &str = r#"{"dhatFileVersion":2,"pps":[{"tb":90,"eb":10,"ebk":1,"fs":[1,2]},{"tb":20,"eb":20,"ebk":2,"fs":[2,3]}],"ftbl":["[root]","0x1f: ?heapshot (???:0:0)","0x20: ?heapshot (???:0:0)","0x30: start (???:0:0)"]}"#;

    fn read(text: &str, live: Totals) -> Result<Profile, String> {
        Profile::read(text.as_bytes(), live)
    }

    fn names(json: Value) -> Names {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_whole_document_of_the_right_moment_passes_and_tells_who_holds_most() {
        let largest = Largest {
            bytes: 20,
            blocks: 2,
            addresses: vec![0x20, 0x30],
        };
        assert_eq!(read(WHOLE, LIVE).unwrap().largest(0), Some(largest));
    }

    #[test]
    fn a_document_cut_anywhere_is_found() {
        for end in 0..WHOLE.len() {
            assert!(read(&WHOLE[..end], LIVE).is_err(), "{end}");
        }
    }

    #[test]
    fn the_largest_is_so_by_what_its_samples_stand_for() {
        let largest = |every| read(WHOLE, LIVE).unwrap().largest(every).unwrap();
        assert_eq!((largest(1).bytes, largest(1).blocks), (20, 2));
        let estimated = largest(1000);
        assert!((1990..2030).contains(&estimated.bytes), "{estimated:?}");
        assert!((199..203).contains(&estimated.blocks), "{estimated:?}");
    }

    #[test]
    fn stacks_that_come_twice_are_told_apart_and_no_others_are_touched() {
        let text = r#"{"dhatFileVersion":2,"pps":[{"tb":96,"tbk":2,"eb":10,"ebk":1,"fs":[0,1]},{"tb":9,"tbk":1,"eb":9,"ebk":1,"fs":[1]},{"tb":800,"tbk":1,"eb":11,"ebk":1,"fs":[0,1]}],"ftbl":["a","b"]}"#;
        let mut profile = read(text, LIVE).unwrap();
        profile.tell_apart();
        let stacks: Vec<_> = profile.pps.iter().map(|point| point.fs.clone()).collect();
        assert_eq!(stacks, [vec![0, 1, 2], vec![1], vec![0, 1, 3]]);
        assert_eq!(
            profile.ftbl[2..],
            [
                "[size class 1: blocks of about 48 bytes]",
                "[size class 2: blocks of about 800 bytes]"
            ]
        );
    }

    #[test]
    fn a_document_of_another_moment_is_found() {
        let other = Totals {
            bytes: 31,
            blocks: 3,
        };
        assert!(read(WHOLE, other).is_err());
    }

    #[test]
    fn frames_are_named_and_the_allocator_is_left_out_of_each_stack() {
        let mut profile = read(WHOLE, LIVE).unwrap();
        assert!(profile.lacks_names());
        let known = names(serde_json::json!({
            "31": ["alloc::alloc::alloc (a.rs:1:1)", "alloc::alloc::exchange_malloc (a.rs:2:2)", "shop::add (s.rs:3:3)"],
            "32": ["shop::main (s.rs:4:4)"],
        }));

        assert!(profile.name_frames(Some(&known)).is_empty());

        assert!(!profile.lacks_names());
        let mut written = Vec::new();
        profile.write(&mut written).unwrap();
        let written: Value = serde_json::from_slice(&written).unwrap();
        let expected = serde_json::json!({
            "dhatFileVersion": 2,
            "pps": [
                {"tb": 90, "eb": 10, "ebk": 1, "fs": [2, 3, 4]},
                {"tb": 20, "eb": 20, "ebk": 2, "fs": [4, 5]},
            ],
            "ftbl": [
                "[root]",
                "0x1f: alloc::alloc::alloc (a.rs:1:1)",
                "0x1f: alloc::alloc::exchange_malloc (a.rs:2:2)",
                "0x1f: shop::add (s.rs:3:3)",
                "0x20: shop::main (s.rs:4:4)",
                "0x30: start (???:0:0)",
            ],
        });
        assert_eq!(written, expected);
    }

    #[test]
    fn what_nobody_knows_is_looked_up_once_and_told() {
        let mut profile = read(WHOLE, LIVE).unwrap();
        let known = names(serde_json::json!({"32": ["shop::main (s.rs:4:4)"]}));
        // There is no code at so low an address, and so no frame.
        assert_eq!(
            profile.name_frames(Some(&known)),
            names(serde_json::json!({"31": []}))
        );
    }
}
