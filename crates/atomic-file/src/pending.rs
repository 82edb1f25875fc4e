//! A file on its way: without a name as long as it is written, then under its own at once.

use std::fs::{File, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::stale;

/// A file that is being written into a folder. Dropped, or its writer killed, it was never there.
#[derive(Debug)]
pub struct Pending {
    file: Inner,
    folder: PathBuf,
}

#[derive(Debug)]
enum Inner {
    /// In the file system, and in no folder.
    #[cfg(target_os = "linux")]
    Unnamed(File),
    /// Hidden in the folder, and locked as long as its writer lives.
    Hidden(NamedTempFile),
}

impl Pending {
    /// A file for `folder`, which only its owner may read.
    ///
    /// # Errors
    /// The system's: there is no such folder, or it is not to be written to.
    pub fn private(folder: &Path) -> io::Result<Self> {
        Self::new(folder, 0o600)
    }

    /// A file for `folder` with the permissions that any new file has.
    ///
    /// # Errors
    /// As [`private`](Self::private).
    pub fn public(folder: &Path) -> io::Result<Self> {
        Self::new(folder, 0o666) // less the umask
    }

    fn new(folder: &Path, mode: u32) -> io::Result<Self> {
        // a relative path's folder is "", which the system does not know
        let folder = match folder {
            folder if folder == Path::new("") => Path::new("."),
            folder => folder,
        };
        #[cfg(target_os = "linux")]
        if let Some(file) = unnamed(folder, mode)? {
            return Ok(Self {
                file: Inner::Unnamed(file),
                folder: folder.to_owned(),
            });
        }
        Self::hidden(folder, mode)
    }

    fn hidden(folder: &Path, mode: u32) -> io::Result<Self> {
        stale::remove(folder);
        let file = named(folder, mode, |path| {
            let mut options = File::options();
            options.read(true).write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
            options.open(path)
        })?;
        file.as_file().lock()?;
        Ok(Self {
            file: Inner::Hidden(file),
            folder: folder.to_owned(),
        })
    }

    /// The file, to read back what was written, and to set its permissions.
    pub fn as_file(&self) -> &File {
        match &self.file {
            #[cfg(target_os = "linux")]
            Inner::Unnamed(file) => file,
            Inner::Hidden(file) => file.as_file(),
        }
    }

    /// Sets its permissions.
    ///
    /// # Errors
    /// The system's.
    pub fn set_permissions(&self, permissions: Permissions) -> io::Result<()> {
        self.as_file().set_permissions(permissions)
    }

    /// Gives the file its name, unless something has that name already. `path` must be in the file's folder. What was written is
    /// on the disk by then.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`], with the file, which can be tried under another name; or the system's.
    pub fn publish(self, path: &Path) -> Result<(), (io::Error, Self)> {
        if let Err(error) = self.as_file().sync_all() {
            return Err((error, self));
        }
        let Self { file, folder } = self;
        let back = |file, error| {
            let folder = folder.clone();
            Err((error, Self { file, folder }))
        };
        match file {
            #[cfg(target_os = "linux")]
            Inner::Unnamed(file) => match link(&file, path) {
                Ok(()) => Ok(()),
                Err(error) => back(Inner::Unnamed(file), error),
            },
            Inner::Hidden(file) => match file.persist_noclobber(path) {
                Ok(_) => Ok(()),
                Err(refused) => back(Inner::Hidden(refused.file), refused.error),
            },
        }
    }

    /// Gives the file its name; what had that name is replaced at once. `path` must be in the file's folder. What was
    /// written is on the disk by then.
    ///
    /// # Errors
    /// The system's: the name is taken by a folder, say.
    pub fn replace(self, path: &Path) -> io::Result<()> {
        let refused = match self.publish(path) {
            Ok(()) => return Ok(()),
            Err((error, _)) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            Err((_, pending)) => pending,
        };
        // A name can be replaced by a rename alone, and that needs another name: hidden, for an instant.
        let hidden = match refused.file {
            #[cfg(target_os = "linux")]
            Inner::Unnamed(file) => {
                stale::remove(&refused.folder);
                file.lock()?;
                named(&refused.folder, 0o600, |path| {
                    link(&file, path)?;
                    file.try_clone()
                })?
            }
            Inner::Hidden(file) => file,
        };
        hidden.persist(path)?;
        Ok(())
    }
}

impl Write for Pending {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.as_file().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.as_file().flush()
    }
}

/// A file without a name; `None` if this file system has none.
#[cfg(target_os = "linux")]
fn unnamed(folder: &Path, mode: u32) -> io::Result<Option<File>> {
    use rustix::fs::OFlags;
    use rustix::io::Errno;
    use std::os::unix::fs::OpenOptionsExt;
    // Without /proc there would be no way to name it.
    if !Path::new("/proc/self/fd").is_dir() {
        return Ok(None);
    }
    let opened = File::options()
        .read(true)
        .write(true)
        .mode(mode)
        .custom_flags(OFlags::TMPFILE.bits().cast_signed())
        .open(folder);
    match opened {
        Ok(file) => Ok(Some(file)),
        // kernels and file systems that do not know the flag
        Err(error)
            if matches!(
                Errno::from_io_error(&error),
                Some(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL)
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Gives a file without a name the name `path`, unless that is taken.
#[cfg(target_os = "linux")]
fn link(file: &File, path: &Path) -> io::Result<()> {
    use rustix::fs::{AtFlags, CWD, linkat};
    use std::os::fd::AsRawFd;
    let open = format!("/proc/self/fd/{}", file.as_raw_fd());
    linkat(CWD, open, CWD, path, AtFlags::SYMLINK_FOLLOW)?;
    Ok(())
}

/// Makes a file under a hidden name that is free.
fn named(
    folder: &Path,
    mode: u32,
    make: impl FnMut(&Path) -> io::Result<File>,
) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(stale::PREFIX);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    builder.make_in(folder, make)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Both kinds of pending files, written.
    fn both(folder: &Path, content: &str) -> [Pending; 2] {
        let pending = [
            Pending::private(folder).unwrap(),
            Pending::hidden(folder, 0o600).unwrap(),
        ];
        pending.map(|mut file| {
            file.write_all(content.as_bytes()).unwrap();
            file
        })
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect()
    }

    #[test]
    fn a_file_appears_whole_and_replaces_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        for old in [None, Some("old")] {
            for file in both(folder.path(), "new") {
                let _ = fs::remove_file(&path);
                if let Some(old) = old {
                    fs::write(&path, old).unwrap();
                }
                file.replace(&path).unwrap();
                assert_eq!(fs::read_to_string(&path).unwrap(), "new");
            }
            assert_eq!(names(folder.path()), ["a"]);
        }
    }

    #[test]
    fn a_name_that_is_taken_is_refused_and_the_file_can_have_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("a"), "old").unwrap();
        for (file, other) in both(folder.path(), "new").into_iter().zip(["b", "c"]) {
            let (error, file) = file.publish(&path("a")).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
            file.publish(&path(other)).unwrap();
            assert_eq!(fs::read_to_string(path(other)).unwrap(), "new");
        }
        assert_eq!(fs::read_to_string(path("a")).unwrap(), "old");
    }

    #[test]
    fn a_file_that_is_dropped_was_never_there() {
        let folder = tempfile::tempdir().unwrap();
        drop(both(folder.path(), "new"));
        assert_eq!(names(folder.path()), [] as [&str; 0]);
        fs::create_dir(folder.path().join("taken")).unwrap();
        for file in both(folder.path(), "new") {
            file.replace(&folder.path().join("taken")).unwrap_err();
        }
        assert_eq!(names(folder.path()), ["taken"]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_has_no_name_while_it_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let Some(_) = unnamed(folder.path(), 0o600).unwrap() else {
            assert!(std::env::var_os("CI").is_none(), "no files without names");
            println!("SKIPPED: this file system has no files without names");
            return;
        };
        let mut file = Pending::private(folder.path()).unwrap();
        file.write_all(b"half").unwrap();
        assert_eq!(names(folder.path()), [] as [&str; 0]);
    }
}
