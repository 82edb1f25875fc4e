//! What can go wrong with a snapshot. Each message says what and what to do next; [`Error::At`] adds which file.

use std::io;
use std::path::PathBuf;

use bytesize::ByteSize;

use crate::verdict::AllowError;

/// Why a snapshot cannot be read, two cannot be compared, or an answer cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Another error, and the file that it is about. (The message holds both, so there is no `source`.)
    #[error("cannot read snapshot {}: {error}", path.display())]
    At {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: Box<Error>,
    },
    /// A file or folder cannot be written. (The message holds the reason, so there is no `source`.)
    #[error("cannot write {}: {}", path.display(), explain_write(.error))]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// Standard output cannot be written to. (The message holds the reason, so there is no `source`.)
    #[error("cannot write the answer: {0}; is the disk full?")]
    Print(io::Error),
    /// The answer would replace a snapshot that it is made of.
    #[error(
        "cannot write {}: it is the snapshot itself; give another name to --output",
        .0.display()
    )]
    WouldReplace(PathBuf),
    /// `--open` with a format that no browser shows.
    #[error("--open shows a page: give --format html, too")]
    OnlyPagesOpen,
    /// No browser could be started.
    #[error("cannot open a browser ({error}); the page is in {}: open it there", path.display())]
    Open {
        /// The page.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A profile is of one moment.
    #[error(
        "a pprof profile holds one snapshot, not {0}; export them one by one, and compare with `go tool pprof -diff_base`"
    )]
    NotOneSnapshot(usize),
    /// A verdict needs a series.
    #[error(
        "a verdict needs at least 3 snapshots, not {0}; take them at n, 2n, 4n, 8n requests, or use `heapdiff compare` for two"
    )]
    TooFewSnapshots(usize),
    /// A series goes from fewer requests to more.
    #[error(
        "the requests must rise from snapshot to snapshot, but {before} was taken after {first} and {after} after {second}; give the snapshots in the order they were taken, with load between them"
    )]
    RequestsDoNotRise {
        /// The snapshot before…
        before: String,
        /// …and its requests.
        first: u64,
        /// The snapshot after…
        after: String,
        /// …and its requests.
        second: u64,
    },
    /// Growth per request needs requests.
    #[error(
        "{0} does not say how many requests were served; say it for all with --requests 100,200,400, or have the program write `requests` into its snapshots"
    )]
    RequestsUnknown(String),
    /// `--requests` names a count for each snapshot.
    #[error(
        "--requests has {requests} counts for {snapshots} snapshots; give one for each, in their order"
    )]
    RequestsDoNotMatch {
        /// How many counts there are.
        requests: usize,
        /// How many snapshots there are.
        snapshots: usize,
    },
    /// An allow-list cannot be used. (The message holds the reason, so there is no `source`.)
    #[error("cannot use the allow-list {}: {error}", path.display())]
    AllowList {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: AllowError,
    },
    /// An allow-list cannot be read.
    #[error("cannot read the allow-list {}: {}", path.display(), explain_list(.error))]
    ReadAllowList {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The file cannot be opened or read.
    #[error("{}", explain_io(.0))]
    Io(io::Error),
    /// The path names a directory.
    #[error("it is a directory; give one of the snapshot files in it")]
    Directory,
    /// There is nothing in the file.
    #[error("the file is empty; was it still being written? take the snapshot again")]
    Empty,
    /// The JSON ends too early.
    #[error(
        "the file is cut short (its JSON ends at line {line}, column {column}); take the snapshot again, or copy it again"
    )]
    Truncated {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// The file is no JSON.
    #[error(
        "not JSON ({}); give a DHAT file, as heapshot, dhat-rs and `valgrind --tool=dhat` write it",
        explain_json(.0)
    )]
    NotJson(serde_json::Error),
    /// JSON, but not of DHAT.
    #[error(
        "not a DHAT file (no \"dhatFileVersion\"); give a file as heapshot, dhat-rs and `valgrind --tool=dhat` write it"
    )]
    NotDhat,
    /// A version of the format that this program does not know.
    #[error(
        "DHAT file version {0}, but only version 2 is known; take the snapshot with valgrind 3.17 or later, or dhat-rs 0.3"
    )]
    Version(String),
    /// DHAT can count other things than heap blocks; those files have no live bytes to compare.
    #[error(
        "DHAT mode {0:?} counts no live heap blocks; only the modes \"heap\" and \"rust-heap\" can be compared, so run DHAT without --mode=…, or with dhat::Profiler::new_heap()"
    )]
    Mode(String),
    /// The file was written without block lifetimes, so nothing says what is live.
    #[error(
        "the file holds no live blocks ({0}); heapdiff needs them, so take the snapshot in DHAT's heap mode"
    )]
    NoLifetimes(&'static str),
    /// A field is missing or of the wrong type.
    #[error(
        "not as DHAT writes it ({}); was the file edited or damaged? take the snapshot again",
        explain_json(.0)
    )]
    Malformed(serde_json::Error),
    /// A program point names a frame that the frame table does not have.
    #[error(
        "program point {point} names frame {frame}, but the frame table has {frames}; the file is damaged, take the snapshot again"
    )]
    FrameOutOfRange {
        /// Which program point, from 0.
        point: usize,
        /// The index it names.
        frame: u64,
        /// The length of the table.
        frames: usize,
    },
    /// The sums do not fit: no heap is that large.
    #[error(
        "its numbers are absurd (the sum of {what} is above 2^63); the file is damaged, take the snapshot again"
    )]
    Absurd {
        /// What was being summed.
        what: &'static str,
    },
    /// The file is larger than the limit.
    #[error(
        "the file is larger than {0}, the limit; if you trust the file, raise the limit with `heapdiff --max-memory SIZE`"
    )]
    TooLarge(ByteSize),
    /// Reading the file needs more memory than is allowed.
    #[error(
        "too large: reading this file of {file} needs more than {allowed} of memory, the limit; if you trust the file, raise the limit with `heapdiff --max-memory SIZE`"
    )]
    TooMuchMemory {
        /// The file's size.
        file: ByteSize,
        /// How much memory is allowed for it.
        allowed: ByteSize,
    },
    /// An exported heap would have more nodes than allowed, even with as many blocks as possible folded into one.
    #[error(
        "the heap needs at least {needed} nodes (one per call stack, and per 4 GiB), and {most} are allowed; give a larger --max-nodes, or fewer snapshots"
    )]
    TooManyNodes {
        /// How many it takes.
        needed: u64,
        /// How many are allowed.
        most: u64,
    },
    /// The rows of a comparison do not add up to the difference of the heaps: a bug of this crate.
    #[error(
        "the comparison does not add up: its rows say {rows_bytes:+} bytes and {rows_blocks:+} blocks, the heaps {heap_bytes:+} and {heap_blocks:+}; please report this with both snapshots"
    )]
    NotReconciled {
        /// Σ Size Delta of the rows, in bytes.
        rows_bytes: i64,
        /// Σ # Delta of the rows, in blocks.
        rows_blocks: i64,
        /// Live bytes after − before.
        heap_bytes: i64,
        /// Live blocks after − before.
        heap_blocks: i64,
    },
}

impl Error {
    /// Says which file this is about.
    #[must_use]
    pub fn at(self, path: impl Into<PathBuf>) -> Self {
        Self::At {
            path: path.into(),
            error: Box::new(self),
        }
    }
}

/// The parser quotes what it did not expect, however long that is. It may be a command line.
fn explain_json(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let mut text = redact::command_line(&text).into_owned();
    if let Some((end, _)) = text.char_indices().nth(300) {
        text.truncate(end);
        text.push('…');
    }
    text
}

fn explain_write(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such folder; make it first".to_owned(),
        io::ErrorKind::IsADirectory => "it is a directory; give a file's name".to_owned(),
        io::ErrorKind::NotConnected => {
            format!("{error}; start the reader first, or give a file's name")
        }
        _ => format!("{error}; choose another place"),
    }
}

fn explain_list(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file; check the path after --allow".to_owned(),
        io::ErrorKind::IsADirectory => "it is a directory; give a file".to_owned(),
        io::ErrorKind::InvalidData => "it is not UTF-8; save it as text".to_owned(),
        _ => format!("{error}; check the path after --allow"),
    }
}

fn explain_io(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => {
            "no such file; check the path, or take a snapshot first".to_owned()
        }
        io::ErrorKind::PermissionDenied => {
            "permission denied; snapshots are private to who took them (mode 0600)".to_owned()
        }
        _ => format!("{error}; check the path"),
    }
}
