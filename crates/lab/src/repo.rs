//! Where things are in the workspace that the student works in.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// A checkout of the workspace.
#[derive(Clone, Debug)]
pub(crate) struct Repo {
    root: PathBuf,
    target: Option<PathBuf>,
}

/// One of the two servers; they have the same files.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, serde::Deserialize, serde::Serialize,
)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Server {
    /// As it was deployed, with its leaks.
    Leaky,
    /// The one that students edit.
    Fixed,
}

impl Repo {
    /// The workspace that holds the current folder, or else the one that this program was built in.
    pub(crate) fn find() -> Result<Self> {
        let here = env::current_dir().context("cannot tell the current folder")?;
        here.ancestors()
            .chain(Path::new(env!("CARGO_MANIFEST_DIR")).ancestors())
            .find(|folder| folder.join("labs").is_dir() && folder.join("crates/leaky-server").is_dir())
            .map(Self::at)
            .context("this is not the leaklab workspace: run `cargo lab` in the folder that holds `labs` and `crates`")
    }

    /// The workspace at `root`.
    pub(crate) fn at(root: &Path) -> Self {
        Self {
            root: root.to_path_buf(),
            target: None,
        }
    }

    /// The same workspace, built into another's target folder.
    pub(crate) fn with_target(mut self, target: PathBuf) -> Self {
        self.target = Some(target);
        self
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The folder that cargo is told to build into; `None` leaves it to cargo.
    pub(crate) fn target(&self) -> Option<&Path> {
        self.target.as_deref()
    }

    /// A server's source file for a lab.
    pub(crate) fn handler(&self, server: Server, file: &str) -> PathBuf {
        self.root.join(server.source(file))
    }

    /// `labs/labN`.
    pub(crate) fn lab(&self, number: u32) -> PathBuf {
        self.root.join("labs").join(format!("lab{number}"))
    }

    /// `.lab/labN`, which is the student's and never committed.
    pub(crate) fn state(&self, number: u32) -> PathBuf {
        self.root.join(".lab").join(format!("lab{number}"))
    }

    /// A path as a student in the root would type it.
    pub(crate) fn short<'a>(&self, path: &'a Path) -> &'a Path {
        path.strip_prefix(&self.root).unwrap_or(path)
    }
}

impl Server {
    /// Its source file for a lab, as a student in the root would type it.
    pub(crate) fn source(self, file: &str) -> PathBuf {
        Path::new("crates")
            .join(self.program())
            .join("src")
            .join(file)
    }

    /// The name of its crate and of its program.
    pub(crate) fn program(self) -> &'static str {
        match self {
            Self::Leaky => "leaky-server",
            Self::Fixed => "fixed-server",
        }
    }
}
