//! A snapshot's file: fetched whole or not at all, and what its head says.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, Write};
use std::path::{Path, PathBuf};

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::error::SeriesError;
use super::server::{Content, Server, Taken};

/// A snapshot that is there, and what it says of itself. What it does not say is `None`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Snapshot {
    /// The file.
    pub path: PathBuf,
    /// Requests that the server had served.
    pub requests: Option<u64>,
    /// Its live heap, in bytes.
    pub live_bytes: Option<u64>,
    /// Its live heap, in blocks.
    pub live_blocks: Option<u64>,
    /// Resident memory just before, in bytes.
    pub rss_bytes: Option<u64>,
    /// How long the server could not allocate, in microseconds.
    pub pause_us: Option<u64>,
}

/// Of a DHAT file what is needed here; heapdiff reads the rest.
#[derive(Deserialize)]
struct Document {
    #[serde(rename = "dhatFileVersion")]
    _version: IgnoredAny,
    #[serde(default)]
    heapshot: Head,
}

/// As `docs/formats.md` tells.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Head {
    live_bytes: Option<u64>,
    live_blocks: Option<u64>,
    rss_bytes: Option<u64>,
    pause_us: Option<u64>,
    metadata: Metadata,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    requests: Option<u64>,
}

/// Begins with a dot, so that `*.json` does not take it for a snapshot.
const TEMPORARY: &str = ".fetching-";

/// Bytes that are compared at once.
const BLOCK: usize = 64 << 10;

impl Server {
    /// Waits until `taken` is written, and puts it into `folder`, under the name that it was taken by. If the server
    /// wrote it there itself, nothing is copied. The file appears whole or not at all.
    ///
    /// # Errors
    /// When the snapshot cannot be had, or is none, or `folder` cannot be written.
    pub async fn fetch(&self, taken: Taken, folder: &Path) -> Result<Snapshot, SeriesError> {
        let path = folder.join(format!("{}.json", taken.name));
        let cannot_write = |source| SeriesError::Write {
            path: path.clone(),
            source,
        };
        let mut temporary = tempfile::Builder::new()
            .prefix(TEMPORARY)
            .tempfile_in(folder)
            .map_err(cannot_write)?;
        let from = match taken.content {
            Content::Here(body) => {
                temporary.write_all(&body).map_err(cannot_write)?;
                "its answer".to_owned()
            }
            Content::At(url) => {
                let mut write = |part: &[u8]| temporary.write_all(part).map_err(cannot_write);
                self.download(&url, &mut write).await?;
                url.to_string()
            }
        };
        let no_snapshot = |why: String| SeriesError::Server {
            url: from.clone(),
            why: format!("this is no snapshot: {why}"),
        };
        // Through the handle: the server may write to the folder, and could put a pipe under the name.
        temporary.rewind().map_err(cannot_write)?;
        let snapshot = Snapshot::read(temporary.as_file(), path.clone()).map_err(no_snapshot)?;
        publish(temporary, &path).map_err(cannot_write)?;
        Ok(snapshot)
    }
}

impl Snapshot {
    /// Reads the head of the file `from`, which is to be at `path`.
    fn read(from: &File, path: PathBuf) -> Result<Self, String> {
        let document: Document =
            serde_json::from_reader(BufReader::new(from)).map_err(|error| error.to_string())?;
        let head = document.heapshot;
        Ok(Self {
            path,
            requests: head.metadata.requests,
            live_bytes: head.live_bytes,
            live_blocks: head.live_blocks,
            rss_bytes: head.rss_bytes,
            pause_us: head.pause_us,
        })
    }
}

/// Renames the file, unless the very same is there.
fn publish(temporary: NamedTempFile, path: &Path) -> io::Result<()> {
    if same(temporary.as_file(), path).unwrap_or(false) {
        return temporary.close();
    }
    temporary.as_file().sync_all()?;
    temporary.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Whether the file at `other` holds what `one` holds. Anything but a regular file is another: opening a pipe would wait
/// for ever.
fn same(mut one: &File, other: &Path) -> io::Result<bool> {
    let about = fs::symlink_metadata(other)?;
    if !about.is_file() || one.metadata()?.len() != about.len() {
        return Ok(false);
    }
    one.rewind()?;
    let mut other = File::open(other)?;
    let (mut a, mut b) = (vec![0; BLOCK], vec![0; BLOCK]);
    loop {
        let n = one.read(&mut a)?;
        if n == 0 {
            return Ok(true);
        }
        other.read_exact(&mut b[..n])?;
        if a[..n] != b[..n] {
            return Ok(false);
        }
    }
}
