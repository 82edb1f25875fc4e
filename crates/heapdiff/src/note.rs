//! What a reader should know before trusting a comparison: two runs, or the wrong order.

use std::fmt;
use std::time::{Duration, SystemTime};

use crate::metadata::Metadata;
use crate::profile::Profile;
use crate::sampling::Pairing;
use crate::terminal::amount;

/// A warning about a pair of snapshots; its `Display` is what every format shows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// The snapshots come from different commands.
    DifferentCommands {
        /// The command of the first.
        before: String,
        /// The command of the second.
        after: String,
    },
    /// The snapshots come from two runs of one command.
    DifferentRuns,
    /// The second snapshot is the older one.
    Reversed,
    /// Of at least one snapshot samples were recorded; the mean distance between them, in bytes, of each that has some.
    Estimates {
        /// Of the first.
        before: Option<u64>,
        /// Of the second.
        after: Option<u64>,
    },
}

impl Note {
    /// What there is to say about comparing `before` with `after`.
    pub(crate) fn all(before: &Profile, after: &Profile) -> Vec<Self> {
        let mut notes = Vec::new();
        if let Some(note) = runs(&before.metadata, &after.metadata) {
            notes.push(note);
        }
        if is_reversed(before, after, notes.is_empty()) {
            notes.push(Self::Reversed);
        }
        let every = |profile: &Profile| profile.metadata.sampling.map(|of| of.every_bytes);
        let (before, after) = (every(before), every(after));
        if before.is_some() || after.is_some() {
            notes.push(Self::Estimates { before, after });
        }
        notes
    }

    /// Whether the samples of both are the same blocks, if both have some.
    pub(crate) fn pairing(before: &Profile, after: &Profile) -> Pairing {
        let every = |profile: &Profile| profile.metadata.sampling.map(|of| of.every_bytes);
        let one_run = runs(&before.metadata, &after.metadata).is_none();
        if one_run && every(before) == every(after) {
            Pairing::OneRun
        } else {
            Pairing::Apart
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DifferentCommands { before, after } => {
                write!(
                    f,
                    "two different commands ({before} | {after}): the rows set two runs side by side, not one process over time"
                )
            }
            Self::DifferentRuns => f.write_str(
                "two runs of the program: the rows set them side by side, not one process over time",
            ),
            Self::Reversed => f.write_str(
                "the second snapshot is the older one: swap them, or read growth as shrinking",
            ),
            Self::Estimates {
                before: Some(before),
                after: Some(after),
            } if before == after => write!(
                f,
                "estimates: one sample in {} was recorded; ± is the standard error, and what is not above three of them may be chance",
                amount(*before)
            ),
            Self::Estimates {
                before: Some(before),
                after: Some(after),
            } => write!(
                f,
                "estimates of two kinds: one sample in {} was recorded of the first snapshot, one in {} of the second; ± is the standard error",
                amount(*before),
                amount(*after)
            ),
            Self::Estimates { before, after } => write!(
                f,
                "an estimate beside what is exact: of the {} snapshot one sample in {} was recorded, of the other everything; ± is the standard error",
                if before.is_some() { "first" } else { "second" },
                amount(before.or(*after).unwrap_or_default())
            ),
        }
    }
}

/// How far two computations of one process's start may lie apart.
const SAME_START: Duration = Duration::from_secs(2);

fn runs(before: &Metadata, after: &Metadata) -> Option<Note> {
    if let (Some(first), Some(second)) = (&before.command, &after.command)
        && first != second
    {
        return Some(Note::DifferentCommands {
            before: first.clone(),
            after: second.clone(),
        });
    }
    // heapshot's files are written by a forked child, each by another: there the start must tell.
    let one_run = match (before.started(), after.started()) {
        (Some(first), Some(second)) => distance(first, second) <= SAME_START,
        _ if before.by_heapshot || after.by_heapshot => true,
        _ => before.pid.is_none() || after.pid.is_none() || before.pid == after.pid,
    };
    (!one_run).then_some(Note::DifferentRuns)
}

/// The best witness decides: the calendar, then DHAT's clock within one run, then the blocks ever allocated.
fn is_reversed(before: &Profile, after: &Profile, one_run: bool) -> bool {
    let (first, second) = (&before.metadata, &after.metadata);
    match (first.time, second.time, first.end, second.end) {
        (Some(first), Some(second), _, _) => second < first,
        (_, _, Some(first), Some(second)) if one_run => second < first,
        _ => after.totals.total_blocks < before.totals.total_blocks,
    }
}

fn distance(a: SystemTime, b: SystemTime) -> Duration {
    a.duration_since(b).unwrap_or_else(|error| error.duration())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A snapshot: its process's id, when it was taken and after how many seconds (heapshot's), DHAT's clock, blocks.
    fn profile(pid: u64, taken: Option<(u64, u64)>, end: u64, blocks: u64) -> Profile {
        let heapshot = taken.map_or_else(String::new, |(second, uptime)| {
            let time = humantime::format_rfc3339(
                SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 + second),
            );
            format!(
                r#""heapshot":{{"time":"{time}","uptime_us":{}}},"#,
                uptime * 1_000_000
            )
        });
        let file = format!(
            r#"{{"dhatFileVersion":2,"mode":"rust-heap","bklt":true,"cmd":"./a","pid":{pid},"te":{end},{heapshot}
                "pps":[{{"tb":{blocks},"tbk":{blocks},"eb":0,"ebk":0,"fs":[]}}],"ftbl":[]}}"#
        );
        Profile::parse(file.as_bytes()).expect("a snapshot")
    }

    #[test]
    fn forked_writers_of_one_process_are_one_run() {
        let (before, after) = (
            profile(10, Some((5, 5)), 1, 1),
            profile(11, Some((9, 9)), 2, 2),
        );
        assert_eq!(Note::all(&before, &after), []);
        assert_eq!(Note::all(&after, &before), [Note::Reversed]);
        let restarted = profile(12, Some((100, 1)), 1, 1);
        assert_eq!(Note::all(&before, &restarted), [Note::DifferentRuns]);
    }

    #[test]
    fn without_heapshot_the_process_id_and_dhats_clock_tell() {
        let (before, after) = (profile(10, None, 1, 5), profile(10, None, 2, 5));
        assert_eq!(Note::all(&before, &after), []);
        assert_eq!(Note::all(&after, &before), [Note::Reversed]);
        let other = profile(11, None, 1, 1);
        assert_eq!(
            Note::all(&before, &other),
            [Note::DifferentRuns, Note::Reversed]
        );
    }
}
