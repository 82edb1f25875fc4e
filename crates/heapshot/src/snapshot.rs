//! One snapshot from asking to publishing: a private folder beside the target, a fork that writes into
//! it, a check, and a rename. Whatever fails, the target is untouched and the folder is removed.

#[cfg(unix)]
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
#[cfg(unix)]
use std::time::{Instant, SystemTime};

use serde::Serialize;

use crate::document::Metadata;
#[cfg(unix)]
use crate::document::{self, Found, Header};
#[cfg(unix)]
use crate::engine;
use crate::engine::Recording;
use crate::error::Error;
#[cfg(unix)]
use crate::private::{self, Private, folder_of};
#[cfg(unix)]
use crate::{gate, names, writer};

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
    /// How its samples were chosen; `None` if everything is recorded.
    pub sampling: Option<Sampling>,
}

/// How a snapshot's samples were chosen, and how many they are. What is live, [`Frozen`] and [`Snapshot`] state exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Sampling {
    /// The mean distance between samples, in bytes allocated.
    pub every_bytes: u64,
    /// Live samples, in bytes: what the file's program points add up to.
    pub recorded_bytes: u64,
    /// Live samples, in blocks.
    pub recorded_blocks: u64,
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
    /// How its samples were chosen; `None` if everything is recorded.
    pub sampling: Option<Sampling>,
}

/// What a snapshot is taken of, and where to.
pub(crate) struct Order<'a> {
    pub(crate) recording: &'static Recording,
    pub(crate) path: &'a Path,
    pub(crate) uptime: Duration,
    pub(crate) deadline: Duration,
    /// With these addresses of code: to be named, and who holds most. See [`Written::found`].
    pub(crate) name: Option<&'a [usize]>,
}

/// Takes a snapshot and publishes it.
#[cfg(not(unix))]
pub(crate) fn take(
    _order: &Order<'_>,
    _metadata: Metadata,
    _on_frozen: impl FnOnce(&Frozen),
) -> Result<Snapshot, Error> {
    Err(Error::Unsupported)
}

/// Takes a snapshot and publishes it.
#[cfg(unix)]
pub(crate) fn take(
    order: &Order<'_>,
    metadata: Metadata,
    on_frozen: impl FnOnce(&Frozen),
) -> Result<Snapshot, Error> {
    write(order, on_frozen)?.publish(metadata)
}

/// A snapshot that is written and whole, in a private folder, which goes away with this.
#[cfg(unix)]
pub(crate) struct Written<'a> {
    order: &'a Order<'a>,
    asked: Instant,
    time: SystemTime,
    frozen: Frozen,
    private: Private,
}

/// Freezes the heap and has it written.
#[cfg(unix)]
pub(crate) fn write<'a>(
    order: &'a Order<'a>,
    on_frozen: impl FnOnce(&Frozen),
) -> Result<Written<'a>, Error> {
    let asked = Instant::now();
    let folder = folder_of(order.path);
    private::remove_abandoned(folder);
    let private = Private::new(folder).map_err(Error::io("create a folder in", folder))?;
    let rss_bytes = document::rss_bytes();
    let time = SystemTime::now();

    let known = names::known();
    let forked = writer::fork(&writer::Task {
        recording: order.recording,
        folder: private.path(),
        deadline: order.deadline,
        name: order.name,
        known: known.as_deref(),
    })?;
    drop(known);
    let every_bytes = gate::every();
    let frozen = Frozen {
        pause: forked.pause,
        live_bytes: forked.live.bytes,
        live_blocks: forked.live.blocks,
        rss_bytes,
        sampling: (every_bytes != 0).then_some(Sampling {
            every_bytes,
            recorded_bytes: forked.recorded.bytes,
            recorded_blocks: forked.recorded.blocks,
        }),
    };
    on_frozen(&frozen);
    forked.child.wait(order.deadline)?;
    // Names that get lost are looked up again.
    let _ = names::remember(private.path());
    Ok(Written {
        order,
        asked,
        time,
        frozen,
        private,
    })
}

#[cfg(unix)]
impl Written<'_> {
    /// What the child has named.
    pub(crate) fn found(&self) -> Result<Found, Error> {
        let path = self.private.path().join(document::FOUND);
        let text = fs::read(&path).map_err(Error::io("read", &path))?;
        serde_json::from_slice(&text).map_err(|error| Error::io("read", &path)(error.into()))
    }

    /// Completes it and gives it its name.
    pub(crate) fn publish(self, metadata: Metadata) -> Result<Snapshot, Error> {
        let (path, frozen) = (self.order.path, self.frozen);
        let written = self.private.path().join(engine::FILE_NAME);
        let mut file = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open(&written)
            .map_err(Error::io("open", &written))?;
        let header = Header::new(self.time, self.order.uptime, &frozen, metadata);
        let file_bytes = header
            .append_to(&mut file)
            .and_then(|length| file.sync_all().map(|()| length))
            .map_err(Error::io("complete", path))?;
        fs::rename(&written, path).map_err(Error::io("publish", path))?;
        // The rename itself is made durable; a system that cannot do that has done its best.
        let _ = fs::File::open(folder_of(path)).and_then(|folder| folder.sync_all());

        Ok(Snapshot {
            path: path.to_path_buf(),
            pause: frozen.pause,
            took: self.asked.elapsed(),
            live_bytes: frozen.live_bytes,
            live_blocks: frozen.live_blocks,
            rss_bytes: frozen.rss_bytes,
            file_bytes,
            sampling: frozen.sampling,
        })
    }
}
