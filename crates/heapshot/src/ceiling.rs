//! The heap ceiling as it is asked for: how much, what happens near it and at it. How it is kept, `limit` knows.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::document::Metadata;
use crate::error::Error;
use crate::snapshot::Snapshot;

/// How much memory the process's heap may come to take, and what happens then.
///
/// What counts is memory: the live blocks, each with what the system's allocator adds to it (8 to 31 bytes), and the
/// recorder's own tables (about 40 to 75 bytes a live block). So the live heap of a snapshot is smaller, for small blocks
/// much smaller. What does not go through Rust's allocator does not count: code, stacks, memory maps, C libraries, and
/// what the allocator keeps of freed memory.
///
/// - **Near** the ceiling, at 90 % of it unless set, a snapshot is written to the file given, by a thread that waits for
///   that since the start, and a line on stderr says who holds most.
/// - **At** the ceiling comes the end that was chosen, see [`AtLimit`].
///
/// ```no_run
/// use heapshot::{AtLimit, Ceiling, Recorder};
///
/// let ceiling = Ceiling::new(1 << 30, "near-limit.json").at_limit(AtLimit::Exit);
/// let heap = Recorder::builder().ceiling(ceiling).start()?;
/// # Ok::<(), heapshot::Error>(())
/// ```
#[derive(Clone)]
pub struct Ceiling {
    pub(crate) bytes: u64,
    pub(crate) near_percent: u8,
    pub(crate) at_limit: AtLimit,
    pub(crate) snapshot: PathBuf,
    pub(crate) metadata: Arc<dyn Fn() -> Metadata + Send + Sync>,
    pub(crate) on_snapshot: Arc<OnSnapshot>,
}

type OnSnapshot = dyn Fn(Result<&Snapshot, &Error>) + Send + Sync;

/// What happens at the ceiling.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AtLimit {
    /// The allocation that would cross the ceiling waits until a snapshot is published that has it in it; then a last
    /// message on stderr says where it comes from, who holds most, and which file to look at, and the process exits with
    /// code [`EXIT_CODE`].
    #[default]
    Exit,
    /// [`Usage::is_above`] says so, and the program turns work away: what is under way may take
    /// [`Ceiling::margin`] more. An allocation that needs more than that ends the process as [`AtLimit::Exit`] does, since
    /// Rust's collections know no refusal.
    Shed,
}

/// The exit code of a process that the ceiling ended: `EX_SOFTWARE` of `sysexits.h`.
pub const EXIT_CODE: i32 = 70;

/// How much memory the heap takes, by the ceiling's count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Bytes in use.
    pub bytes: u64,
    /// Bytes allowed.
    pub ceiling: u64,
}

impl Ceiling {
    /// A ceiling of so many bytes; `snapshot` is the file that is written near it. Its folder is made when it is needed,
    /// a file of that name is replaced.
    pub fn new(bytes: u64, snapshot: impl AsRef<Path>) -> Self {
        Self {
            bytes,
            near_percent: 90,
            at_limit: AtLimit::default(),
            snapshot: snapshot.as_ref().to_path_buf(),
            metadata: Arc::new(Metadata::new),
            on_snapshot: Arc::new(|_| ()),
        }
    }

    /// At how many percent of it a snapshot is taken; 90 unless set, 100 at the most.
    #[must_use]
    pub fn near_percent(mut self, percent: u8) -> Self {
        self.near_percent = percent.min(100);
        self
    }

    /// What happens at the ceiling; [`AtLimit::Exit`] unless set.
    #[must_use]
    pub fn at_limit(mut self, at_limit: AtLimit) -> Self {
        self.at_limit = at_limit;
        self
    }

    /// What is written into the snapshot besides `near_limit`, which says why it was taken. Called in the middle of an
    /// allocation of any thread: it must not wait for a lock (try, and leave out what cannot be had).
    #[must_use]
    pub fn metadata(mut self, metadata: impl Fn() -> Metadata + Send + Sync + 'static) -> Self {
        self.metadata = Arc::new(metadata);
        self
    }

    /// Told of each snapshot that is taken in passing, near the ceiling or above it: for whoever counts them. Called on the
    /// thread that has taken it. Of the last one, at the end, nobody is told but stderr.
    #[must_use]
    pub fn on_snapshot(
        mut self,
        on_snapshot: impl Fn(Result<&Snapshot, &Error>) + Send + Sync + 'static,
    ) -> Self {
        self.on_snapshot = Arc::new(on_snapshot);
        self
    }

    /// What work under way may take above a ceiling of so many bytes, with [`AtLimit::Shed`]: an eighth of it, and 16 MiB
    /// at the least.
    pub fn margin(bytes: u64) -> u64 {
        (bytes / 8).max(16 << 20)
    }
}

impl Usage {
    /// Whether more is in use than allowed.
    pub fn is_above(self) -> bool {
        self.bytes > self.ceiling
    }
}

impl fmt::Debug for Ceiling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ceiling")
            .field("bytes", &self.bytes)
            .field("near_percent", &self.near_percent)
            .field("at_limit", &self.at_limit)
            .field("snapshot", &self.snapshot)
            .finish_non_exhaustive()
    }
}

/// Bytes, as people read them: `58.1 MiB`.
pub(crate) struct Mebibytes(pub(crate) u64);

impl fmt::Display for Mebibytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = self.0.saturating_mul(10) >> 20;
        write!(f, "{}.{} MiB", tenths / 10, tenths % 10)
    }
}

/// A count, as people read it: `372,617`.
pub(crate) struct Thousands(pub(crate) u64);

impl fmt::Display for Thousands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Ceiling, Mebibytes, Thousands};

    #[test]
    fn numbers_read_as_people_write_them() {
        let counts = [0, 999, 1000, 372_617, 12_000_000].map(|n| Thousands(n).to_string());
        assert_eq!(counts, ["0", "999", "1,000", "372,617", "12,000,000"]);
        let sizes = [0, 1 << 20, 60_922_266].map(|n| Mebibytes(n).to_string());
        assert_eq!(sizes, ["0.0 MiB", "1.0 MiB", "58.1 MiB"]);
    }

    #[test]
    fn the_margin_is_an_eighth_and_16_mib_at_the_least() {
        assert_eq!(Ceiling::margin(1 << 30), 128 << 20);
        assert_eq!(Ceiling::margin(1 << 20), 16 << 20);
    }
}
