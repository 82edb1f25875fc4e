//! What the store does to files: finds them, moves them, takes new ones in. Nothing is ever overwritten.

use std::fs::{self, DirBuilder, File, Metadata};
use std::io::{self, Seek, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use atomic_file::Pending;
use bytesize::ByteSize;

use crate::error::Error;

/// What deleted snapshots are moved into, in the same folder.
pub(crate) const TRASH: &str = ".deleted";

/// Most names that are tried for a new file: `NAME`, `NAME-2`, ….
const MOST_TRIES: u32 = 10_000;

/// What tells that a file has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) bytes: u64,
    pub(crate) modified: SystemTime,
}

impl Stamp {
    /// Of a regular file; links are not followed.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        Self::of_metadata(&fs::symlink_metadata(path)?)
    }

    pub(crate) fn of_metadata(about: &Metadata) -> io::Result<Self> {
        if !about.is_file() {
            return Err(io::Error::other("it is not a regular file"));
        }
        Ok(Self {
            bytes: about.len(),
            modified: about.modified()?,
        })
    }
}

/// The regular files in `folder` that are called `*.json` and are not hidden. A folder that is not there has none.
pub(crate) fn snapshots_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.ends_with(".json") && !name.starts_with('.')
        })
        .collect()
}

/// A file's name without its ending.
pub(crate) fn label_of(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}

/// What a new file is to be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// This, or with a number behind it if that is taken.
    Name(String),
    /// `snapshot-1`, or the next that is not taken.
    Numbered,
}

/// Gives a file the first of its names that `take` finds free, and returns its path.
pub(crate) fn first_free(
    folder: &Path,
    wanted: &Wanted,
    mut take: impl FnMut(&Path) -> io::Result<()>,
) -> io::Result<PathBuf> {
    for n in 1..=MOST_TRIES {
        let name = match wanted {
            Wanted::Name(name) if n == 1 => format!("{name}.json"),
            Wanted::Name(name) => format!("{name}-{n}.json"),
            Wanted::Numbered => format!("snapshot-{n}.json"),
        };
        let path = folder.join(name);
        match take(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(
        io::ErrorKind::AlreadyExists,
        "all names like that are taken",
    ))
}

/// Gives a file another name, unless something has that already.
pub(crate) fn move_to(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Ok(()) => fs::remove_file(from),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(error),
        // A file system without links: there it takes two steps to look and to leap.
        Err(_) if fs::symlink_metadata(to).is_ok() => Err(io::ErrorKind::AlreadyExists.into()),
        Err(_) => fs::rename(from, to),
    }
}

/// The trash of `folder`, made if it is not there.
pub(crate) fn trash_of(folder: &Path) -> io::Result<PathBuf> {
    let trash = folder.join(TRASH);
    match DirBuilder::new().mode(0o700).create(&trash) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    // A link could lead anywhere.
    if fs::symlink_metadata(&trash)?.is_dir() {
        Ok(trash)
    } else {
        Err(io::Error::other(format!("{TRASH} there is not a folder")))
    }
}

/// A snapshot on its way in: private, without a name, and gone if it is dropped before it is kept, or the panel killed.
#[derive(Debug)]
pub(crate) struct Incoming {
    file: Pending,
    folder: PathBuf,
    bytes: u64,
    most: ByteSize,
}

impl Incoming {
    /// In the folder that it will be kept in: a file system can rename only within itself.
    pub(crate) fn new(folder: &Path, most: ByteSize) -> Result<Self, Error> {
        Ok(Self {
            file: Pending::private(folder).map_err(Error::file("write to", folder))?,
            folder: folder.to_owned(),
            bytes: 0,
            most,
        })
    }

    /// Appends, and refuses what gets too large.
    pub(crate) fn write(&mut self, chunk: &[u8]) -> Result<(), Error> {
        self.bytes += chunk.len() as u64;
        if self.bytes > self.most.as_u64() {
            return Err(Error::TooLarge(self.most));
        }
        // To the system's cache, mostly: not worth a thread for each chunk.
        self.file
            .write_all(chunk)
            .map_err(Error::file("write to", &self.folder))
    }

    /// How long it is so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The file, to be read from its beginning.
    pub(crate) fn read_back(&self) -> Result<&File, Error> {
        let mut file = self.file.as_file();
        file.rewind()
            .map_err(Error::file("read what came into", &self.folder))?;
        Ok(file)
    }

    /// Appears under the first free name.
    pub(crate) fn publish(self, folder: &Path, wanted: &Wanted) -> Result<PathBuf, Error> {
        let mut file = Some(self.file);
        let published = first_free(folder, wanted, |path| {
            let unpublished = file.take().expect("it comes back until it is taken");
            unpublished.publish(path).map_err(|(error, back)| {
                file = Some(back);
                error
            })
        });
        published.map_err(Error::file("keep a snapshot in", folder))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_moved_onto_another_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let [a, b, c] = ["a", "b", "c"].map(|name| folder.path().join(name));
        fs::write(&a, "a").expect("written");
        fs::write(&b, "b").expect("written");
        let error = move_to(&a, &b).expect_err("b is there");
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        move_to(&a, &c).expect("c is free");
        assert!(!a.exists());
        assert_eq!(fs::read(&b).expect("b"), b"b");
        assert_eq!(fs::read(&c).expect("c"), b"a");
    }

    #[test]
    fn only_regular_files_that_are_not_hidden_are_found() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name| folder.path().join(name);
        for name in ["a.json", ".hidden.json", "b.txt"] {
            fs::write(path(name), "").expect("written");
        }
        fs::create_dir(path("c.json")).expect("made");
        std::os::unix::fs::symlink(path("a.json"), path("d.json")).expect("linked");
        assert_eq!(snapshots_in(folder.path()), [path("a.json")]);
    }

    #[test]
    fn a_trash_that_leads_elsewhere_is_refused() {
        let (folder, elsewhere) = (
            tempfile::tempdir().expect("a folder"),
            tempfile::tempdir().expect("a folder"),
        );
        std::os::unix::fs::symlink(elsewhere.path(), folder.path().join(TRASH)).expect("linked");
        assert!(trash_of(folder.path()).is_err());
    }
}
