//! A snapshot's file: fetched whole or not at all, and what its head says.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, Write};
use std::path::{Path, PathBuf};

use atomic_file::{Pending, open_regular};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

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
        let mut pending = Pending::private(folder).map_err(cannot_write)?;
        let from = match taken.content {
            Content::Here(body) => {
                pending.write_all(&body).map_err(cannot_write)?;
                "its answer".to_owned()
            }
            Content::At(url) => {
                let mut write = |part: &[u8]| pending.write_all(part).map_err(cannot_write);
                self.download(&url, &mut write).await?;
                url.to_string()
            }
        };
        let snapshot =
            Snapshot::read(pending.as_file(), path.clone()).map_err(|why| SeriesError::Server {
                url: from,
                why: format!("this is no snapshot: {why}"),
            })?;
        publish(pending, &path).map_err(cannot_write)?;
        Ok(snapshot)
    }
}

impl Snapshot {
    /// Reads the head of `file`, which is to be at `path`.
    fn read(mut file: &File, path: PathBuf) -> Result<Self, String> {
        file.rewind().map_err(|error| error.to_string())?;
        let document: Document =
            serde_json::from_reader(BufReader::new(file)).map_err(|error| error.to_string())?;
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

/// Gives the file its name, unless the very same is there.
fn publish(pending: Pending, path: &Path) -> io::Result<()> {
    if same(pending.as_file(), path).unwrap_or(false) {
        return Ok(());
    }
    pending.replace(path)
}

fn same(mut one: &File, other: &Path) -> io::Result<bool> {
    let mut other = open_regular(other)?;
    if one.metadata()?.len() != other.metadata()?.len() {
        return Ok(false);
    }
    one.rewind()?;
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
