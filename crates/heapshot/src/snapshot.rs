//! One snapshot from asking to publishing: a private folder beside the target, a fork that writes into
//! it, a check, and a rename. Whatever fails, the target is untouched and the folder is removed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::document::Metadata;
use crate::engine::Recording;
use crate::error::Error;

/// A snapshot that was taken: the file, and what taking it cost.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// The file, as it was asked for.
    pub path: PathBuf,
    /// How long the process could not allocate.
    pub pause: Duration,
    /// From asking until the file was published.
    pub took: Duration,
    /// Live heap in the snapshot, in bytes.
    pub live_bytes: u64,
    /// Live heap in the snapshot, in blocks.
    pub live_blocks: u64,
    /// Resident memory of the process just before, in bytes; `None` where the platform does not tell.
    pub rss_bytes: Option<u64>,
    /// Length of the file, in bytes.
    pub file_bytes: u64,
}

/// What is known of a snapshot as soon as the heap is frozen, while its file is still to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Frozen {
    /// How long the process could not allocate.
    pub pause: Duration,
    /// Live heap in the snapshot, in bytes.
    pub live_bytes: u64,
    /// Live heap in the snapshot, in blocks.
    pub live_blocks: u64,
    /// Resident memory of the process just before, in bytes; `None` where the platform does not tell.
    pub rss_bytes: Option<u64>,
}

#[cfg(not(unix))]
pub(crate) fn take(
    _recording: &mut Option<Recording>,
    _path: &Path,
    _metadata: Metadata,
    _uptime: Duration,
    _deadline: Duration,
    _on_frozen: impl FnOnce(&Frozen),
) -> Result<Snapshot, Error> {
    Err(Error::Unsupported)
}

#[cfg(unix)]
pub(crate) fn take(
    recording: &mut Option<Recording>,
    path: &Path,
    metadata: Metadata,
    uptime: Duration,
    deadline: Duration,
    on_frozen: impl FnOnce(&Frozen),
) -> Result<Snapshot, Error> {
    use std::fs;
    use std::time::{Instant, SystemTime};

    use crate::document::{self, Header};
    use crate::engine;
    use crate::writer;

    let asked = Instant::now();
    let folder = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    remove_abandoned(folder, deadline);
    let private = tempfile::Builder::new()
        .prefix(PRIVATE_PREFIX)
        .tempdir_in(folder)
        .map_err(Error::io("create a folder in", folder))?;
    let rss_bytes = document::rss_bytes();
    let time = SystemTime::now();

    let forked = writer::fork(recording, private.path(), deadline)?;
    on_frozen(&Frozen {
        pause: forked.pause,
        live_bytes: forked.live.bytes,
        live_blocks: forked.live.blocks,
        rss_bytes,
    });
    forked.child.wait(deadline)?;

    let written = private.path().join(engine::FILE_NAME);
    let mut file = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(&written)
        .map_err(Error::io("open", &written))?;
    let header = Header::new(time, uptime, forked.pause, forked.live, rss_bytes, metadata);
    let file_bytes = header
        .append_to(&mut file)
        .and_then(|length| file.sync_all().map(|()| length))
        .map_err(Error::io("complete", path))?;
    fs::rename(&written, path).map_err(Error::io("publish", path))?;
    // The rename itself is made durable; a system that cannot do that has done its best.
    let _ = fs::File::open(folder).and_then(|folder| folder.sync_all());

    Ok(Snapshot {
        path: path.to_path_buf(),
        pause: forked.pause,
        took: asked.elapsed(),
        live_bytes: forked.live.bytes,
        live_blocks: forked.live.blocks,
        rss_bytes,
        file_bytes,
    })
}

#[cfg(unix)]
const PRIVATE_PREFIX: &str = ".heapshot-";

/// Removes private folders that a killed process left behind: those that no snapshot can still be
/// writing to, being older than twice the deadline. Best effort: a folder that stays does no harm.
#[cfg(unix)]
fn remove_abandoned(folder: &Path, deadline: Duration) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let is_private = entry
            .file_name()
            .to_string_lossy()
            .starts_with(PRIVATE_PREFIX);
        let age = || entry.metadata().ok()?.modified().ok()?.elapsed().ok();
        if is_private && age().is_some_and(|age| age > 2 * deadline) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}
