//! A folder on the disk for a grader's runs.

use std::env;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use nix::unistd::geteuid;
use tempfile::Builder;

use super::disk;
use crate::ending;

/// How the names of such folders begin.
const PREFIX: &str = "leaklab-grade-";

/// A temporary folder, removed with all that is in it, and locked as long as it is in use.
#[derive(Debug)]
pub(crate) struct TemporaryFolder {
    path: PathBuf,
    _lock: File,
}

impl TemporaryFolder {
    /// Makes one, and removes those of graders that were killed.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn new() -> Result<Self> {
        remove_orphans();
        let folder = Builder::new()
            .prefix(PREFIX)
            // Others pass through to their own folders, and see no names.
            .permissions(Permissions::from_mode(0o711))
            .tempdir()
            .context("cannot make a temporary folder: set TMPDIR to one with room")?;
        ending::remove_at_end(folder.path().to_path_buf());
        let lock = File::open(folder.path())?;
        lock.lock().context("cannot lock a temporary folder")?;
        Ok(Self {
            path: folder.keep(),
            _lock: lock,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        let _ = disk::remove(&self.path);
    }
}

/// Removes this user's folders whose locks nobody holds. Where that fails, the next grader tries again.
fn remove_orphans() {
    for entry in fs::read_dir(env::temp_dir())
        .into_iter()
        .flatten()
        .flatten()
    {
        let path = entry.path();
        let is_graders = entry.file_name().to_string_lossy().starts_with(PREFIX)
            && fs::symlink_metadata(&path)
                .is_ok_and(|about| about.is_dir() && about.uid() == geteuid().as_raw());
        if is_graders
            && let Ok(folder) = File::open(&path)
            && folder.try_lock().is_ok()
        {
            let _ = disk::remove(&path);
        }
    }
}
