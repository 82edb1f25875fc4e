//! Where things are in the workspace that is measured.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// A checkout of the workspace.
#[derive(Clone, Debug)]
pub struct Workspace {
    root: PathBuf,
    target: PathBuf,
}

impl Workspace {
    /// The workspace that holds the current folder.
    ///
    /// # Errors
    /// When there is none.
    pub fn find() -> Result<Self> {
        let here = env::current_dir().context("cannot tell the current folder")?;
        let root = here
            .ancestors()
            .find(|folder| folder.join("labs").is_dir() && folder.join("crates/bench").is_dir())
            .context("this is not the leaklab workspace: run it in the folder that holds `labs` and `crates`")?;
        Ok(Self::at(root))
    }

    /// The workspace at `root`.
    #[must_use]
    pub fn at(root: &Path) -> Self {
        let target = env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| root.join("target"), |target| root.join(target));
        Self {
            root: root.to_path_buf(),
            target,
        }
    }

    /// Its root.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What cargo builds into.
    #[must_use]
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// What measurements leave, and what they make for a while.
    #[must_use]
    pub fn results(&self) -> PathBuf {
        self.target.join("bench")
    }

    /// What of it the documentation shows.
    #[must_use]
    pub fn published(&self) -> PathBuf {
        self.root.join("docs/benchmarks")
    }
}
