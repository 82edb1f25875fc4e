//! Files that belong together, written into a folder: all of them, each whole, or none.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use atomic_file::Pending;

use crate::error::Error;

/// A folder that files are being written to. They appear under their names on [`publish`](Self::publish), private to
/// the user as snapshots are; dropped before, or the process killed, they leave no trace.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    files: Vec<(Pending, PathBuf)>,
}

impl Folder {
    /// The folder at `path`, which is made if it is not there.
    ///
    /// # Errors
    /// [`Error::Write`] if it cannot be.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let path = path.into();
        fs::create_dir_all(&path).map_err(|error| cannot_write(&path, error))?;
        Ok(Self {
            path,
            files: Vec::new(),
        })
    }

    /// Writes a file that will be called `name`; returns its path.
    ///
    /// # Errors
    /// [`Error::Write`] if the system says no.
    pub fn add(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<&Path, Error> {
        let path = self.path.join(name);
        let written = Pending::private(&self.path).and_then(|mut file| {
            write(&mut file)?;
            Ok(file)
        });
        let file = written.map_err(|error| cannot_write(&path, error))?;
        self.files.push((file, path));
        Ok(self.files.last().map_or(&self.path, |(_, path)| path))
    }

    /// Gives the files their names. Files that had them are replaced.
    ///
    /// # Errors
    /// [`Error::Write`] if one of the names is taken by a folder, say.
    pub fn publish(self) -> Result<(), Error> {
        for (file, path) in self.files {
            file.replace(&path)
                .map_err(|error| cannot_write(&path, error))?;
        }
        Ok(())
    }
}

fn cannot_write(path: &Path, error: io::Error) -> Error {
    Error::Write {
        path: path.to_owned(),
        error,
    }
}
