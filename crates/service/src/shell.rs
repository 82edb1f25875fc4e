//! What the shell's own handlers share.

use std::path::PathBuf;
use std::sync::Arc;

use heapshot::Recorder;

use crate::metrics::Tally;
use crate::writing::Writing;

/// The server as its own routes see it.
pub(crate) struct Shell {
    /// Its name, for people and for snapshots' metadata.
    pub(crate) server: &'static str,
    /// Folder that snapshots are written to.
    pub(crate) snapshots: PathBuf,
    /// The recording of this process, if there is one.
    pub(crate) heap: Option<Recorder>,
    /// The snapshot that is being written.
    pub(crate) writing: Writing,
    /// How many were taken, and what that cost.
    pub(crate) tally: Arc<Tally>,
}

impl Shell {
    /// The file of the snapshot `name`, which has been checked.
    pub(crate) fn path_of(&self, name: &str) -> PathBuf {
        self.snapshots.join(format!("{name}.json"))
    }
}
