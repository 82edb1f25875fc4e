//! What records allocations and writes them down: the `dhat` crate, which nothing else here names.
//! Another engine would offer the same four things: an allocator, a start, counters, a file.

#![allow(unsafe_code)]

use crate::gate;
use crate::sampled;

/// The allocator that records, by forwarding to the system's.
pub(crate) static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// The file that [`Recording::write`] makes, in the current directory.
pub(crate) const FILE_NAME: &str = "dhat-heap.json";

/// Bytes and blocks, of the live heap at one moment or of all that was allocated until then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) bytes: u64,
    pub(crate) blocks: u64,
}

/// The recording itself. Dropped only to write it down, which this process never does: its forks do.
pub(crate) struct Recording {
    profiler: dhat::Profiler,
    /// The command line that snapshots state.
    #[cfg_attr(not(unix), expect(dead_code, reason = "there are no snapshots"))]
    pub(crate) command_line: String,
}

impl Recording {
    /// Starts to record. `frames` is how many frames of a stack are kept, counted from the allocation;
    /// `command_line` is what snapshots state.
    ///
    /// Must happen once at the most: dhat panics on a second.
    pub(crate) fn start(frames: usize, command_line: String) -> Self {
        Self {
            profiler: dhat::Profiler::builder()
                // Relative, so that a child chooses the folder by its working directory.
                .file_name(FILE_NAME)
                .trim_backtraces(Some(frames))
                .build(),
            command_line,
        }
    }

    /// Ends the recording, which writes [`FILE_NAME`]. dhat reports an error on stderr at best, and none
    /// when the last of its buffer cannot be written: whoever calls this checks the file.
    ///
    /// # Safety
    /// At most once in a process, which is a fork that does nothing more than check the file.
    #[cfg(unix)]
    pub(crate) unsafe fn write(&self) {
        // SAFETY: the caller does not use the recording again, and a fork drops nothing that is static.
        drop(unsafe { std::ptr::read(&raw const self.profiler) });
    }
}

/// All that was allocated since recording began, freed or not, whatever of it is recorded. Call as [`totals`].
pub(crate) fn allocated(_held: &impl Held) -> Totals {
    if gate::every() != 0 {
        let counted = sampled::counted();
        return Totals {
            bytes: counted.allocated_bytes,
            blocks: counted.allocated_blocks,
        };
    }
    let stats = dhat::HeapStats::get();
    Totals {
        bytes: stats.total_bytes,
        blocks: stats.total_blocks,
    }
}

/// The live heap now, whatever of it is recorded. Call as [`totals`].
pub(crate) fn live(held: &impl Held) -> Totals {
    if gate::every() != 0 {
        let counted = sampled::counted();
        return Totals {
            bytes: counted.allocated_bytes.saturating_sub(counted.freed_bytes),
            blocks: counted
                .allocated_blocks
                .saturating_sub(counted.freed_blocks),
        };
    }
    totals(held)
}

/// What is recorded of the live heap now. Call with a [`gate::Pass`] or the gate [`gate::Closed`]: it takes dhat's lock.
pub(crate) fn totals(_held: &impl Held) -> Totals {
    let stats = dhat::HeapStats::get();
    Totals {
        bytes: stats.curr_bytes as u64,
        blocks: stats.curr_blocks as u64,
    }
}

/// Proof that the gate is held, on either side.
pub(crate) trait Held {}
impl Held for gate::Pass {}
impl Held for gate::Closed {}
