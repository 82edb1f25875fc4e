//! A program that was built, and within what it runs: a student's own as any other, one that is graded within limits.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tokio::process::Command;

use crate::child::Group;
use crate::confine::Confinement;

/// A program's file, and within what it runs.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    path: PathBuf,
    confinement: Option<Box<Confinement>>,
}

impl Program {
    /// One that may do whatever the lab may.
    pub(crate) fn free(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            confinement: None,
        }
    }

    /// One that is not trusted.
    pub(crate) fn confined(path: impl Into<PathBuf>, confinement: Confinement) -> Self {
        Self {
            path: path.into(),
            confinement: Some(Box::new(confinement)),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is not trusted.
    pub(crate) fn is_confined(&self) -> bool {
        self.confinement.is_some()
    }

    /// The folder that it is in.
    pub(crate) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("/"))
    }

    /// A copy of it in `folder`, to run: snapshots read names and lines from the program's file, which the next build
    /// replaces.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn copy_to(&self, folder: &Path) -> Result<Self> {
        let name = self.path.file_name().context("a program has a name")?;
        let path = folder.join(name);
        let make = || {
            fs::create_dir_all(folder)?;
            fs::copy(&self.path, &path)
        };
        make().with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self {
            path,
            confinement: self.confinement.clone(),
        })
    }

    /// A command that runs `file`, this program or a copy of it. Start it with [`Program::spawn`].
    pub(crate) fn command(&self, file: &Path) -> Result<Command> {
        match &self.confinement {
            None => Ok(Command::new(file)),
            Some(confinement) => {
                let mut confinement = confinement.clone();
                if let Some(sandbox) = &mut confinement.sandbox {
                    sandbox.execute.push(file.to_path_buf());
                }
                confinement.command(file)
            }
        }
    }

    pub(crate) fn spawn(&self, command: Command) -> io::Result<Group> {
        match self.confinement {
            None => Group::spawn(command),
            Some(_) => Group::supervised(command),
        }
    }
}
