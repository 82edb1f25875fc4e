//! What can go wrong, each with what to do next.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why recording did not start or a snapshot was not taken. The process itself is unharmed, goes on
/// recording, and no file was left half-written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// [`Recorder::start`](crate::Recorder::start) was called a second time.
    #[error(
        "already recording in this process: clone the first Recorder instead of starting another"
    )]
    AlreadyRunning,

    /// The binary's global allocator is another one.
    #[error(
        "heapshot::Alloc is not this program's global allocator: add `#[global_allocator] static ALLOC: heapshot::Alloc = heapshot::Alloc;` to its main.rs"
    )]
    AllocatorNotInstalled,

    /// Another snapshot is under way: only one is taken at a time.
    #[error("another snapshot is being written: try again when it is done")]
    Busy,

    /// The child did not finish in time, and was killed.
    #[error(
        "the snapshot was not written within {deadline:?} and was given up: try again, or set a longer deadline with Recorder::builder()"
    )]
    TimedOut {
        /// How long it was given.
        deadline: Duration,
    },

    /// The child ended without a whole snapshot.
    #[error("the process that writes the snapshot failed ({status}): {last_words}")]
    ChildFailed {
        /// How it ended: `exit status 1`, `killed by SIGKILL`.
        status: String,
        /// What it last wrote to its stderr.
        last_words: String,
    },

    /// The system refused a new process.
    #[error("cannot fork to write the snapshot: {0}")]
    Fork(#[source] io::Error),

    /// A file or folder could not be used.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried: `create a folder in`, `publish`, …
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system answered.
        source: io::Error,
    },

    /// The platform has no `fork`.
    #[error("live heap snapshots need fork(2), which this platform does not have")]
    Unsupported,
}

#[cfg(unix)]
impl Error {
    /// For `map_err`: the failure of `action` on `path`.
    pub(crate) fn io(
        action: &'static str,
        path: &std::path::Path,
    ) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_path_buf();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}
