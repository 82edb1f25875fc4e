//! The private folder that a snapshot is written in, beside its target: made, locked, and removed, also for a process that was
//! killed before it could.
//!
//! A folder belongs to a process that runs as long as its lock is held: the system releases it when the process ends, however it
//! ends. So servers that share a folder, or a process id (in containers), do not disturb each other. Others may write into the
//! folder that holds it, so nothing there is taken for a private folder by its name alone.

use std::ffi::{CStr, CString};
use std::fs::{File, Permissions, TryLockError};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::OnceLock;
use std::time::SystemTime;

use nix::dir::Dir;
use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, openat};
use nix::sys::stat::{Mode, fstatat};
use nix::unistd::{UnlinkatFlags, geteuid, unlinkat};

use crate::document::FOUND;
use crate::engine::FILE_NAME;
use crate::names::NEW;
use crate::stand_in;
use crate::writer::COMPLETED;

const PREFIX: &str = ".heapshot-";

/// How often another name is tried, should somebody remove a folder before it is locked.
const ATTEMPTS: usize = 16;

/// Removed when dropped, and after that unlocked.
pub(crate) struct Private {
    folder: tempfile::TempDir,
    /// `None` where the file system has no locks for folders. Then one that is left stays.
    _lock: Option<File>,
}

impl Private {
    /// Makes one in `folder`.
    pub(crate) fn new(folder: &Path) -> io::Result<Self> {
        for _ in 0..ATTEMPTS {
            let made = tempfile::Builder::new()
                .prefix(&own_prefix())
                .permissions(Permissions::from_mode(0o700))
                .tempdir_in(folder)?;
            let lock = match open(made.path()) {
                Ok(lock) => lock,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            match lock.try_lock() {
                // Who removes what is abandoned may have been faster: then it is another folder by now, or none.
                Ok(()) if is_at(&lock, made.path()) => {
                    return Ok(Self {
                        folder: made,
                        _lock: Some(lock),
                    });
                }
                Ok(()) | Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(_)) => {
                    return Ok(Self {
                        folder: made,
                        _lock: None,
                    });
                }
            }
        }
        Err(io::Error::other("each one was removed by another process"))
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// The folder that holds the file.
pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// Removes the private folders of this process in `folder`: it is about to end, and holds their locks.
pub(crate) fn remove_own(folder: &Path) {
    let prefix = own_prefix();
    remove_all(folder, |name| name.starts_with(prefix.as_bytes()), |_| true);
}

/// Removes the private folders in `folder` that a killed process left. Best effort: one that stays does no harm.
pub(crate) fn remove_abandoned(folder: &Path) {
    remove_all(folder, is_private, |private| private.try_lock().is_ok());
}

/// Of the private folders of this process. A process id alone may be another process's, in another container or later.
fn own_prefix() -> String {
    static STARTED: OnceLock<u128> = OnceLock::new();
    let started = STARTED.get_or_init(|| {
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        since_epoch.map_or(0, |since| since.as_nanos())
    });
    format!("{PREFIX}{}-{started:x}-", std::process::id())
}

/// Whether a private folder could have this name: `.heapshot-PID-STARTED-RANDOM`; older versions gave no time of the start.
fn is_private(name: &[u8]) -> bool {
    let Some(rest) = name.strip_prefix(PREFIX.as_bytes()) else {
        return false;
    };
    let parts: Vec<&[u8]> = rest.split(|&byte| byte == b'-').collect();
    (2..=3).contains(&parts.len())
        && parts
            .iter()
            .all(|part| !part.is_empty() && part.iter().all(u8::is_ascii_alphanumeric))
        && parts[0].iter().all(u8::is_ascii_digit)
}

fn remove_all(folder: &Path, is_named: impl Fn(&[u8]) -> bool, may_go: impl Fn(&File) -> bool) {
    let flags = OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let Ok(mut parent) = Dir::open(folder, flags, Mode::empty()) else {
        return;
    };
    let names = names_in(&mut parent).unwrap_or_default();
    for name in names.iter().filter(|name| is_named(name.to_bytes())) {
        let _ = remove(&parent, name, &may_go);
    }
}

/// Removes the private folder `name`, if it is one of this user's, `may_go` allows it, and all in it is a snapshot's.
///
/// Everything is addressed from the opened folder, and no link is followed, so that nobody can have something else removed by
/// putting it in the folder's place.
fn remove(parent: &Dir, name: &CStr, may_go: impl Fn(&File) -> bool) -> io::Result<()> {
    let private = open_in(parent, name)?;
    let about = private.metadata()?;
    // Where others can write, what is in it may be theirs.
    if about.uid() != geteuid().as_raw() || about.mode() & 0o022 != 0 || !may_go(&private) {
        return Ok(());
    }
    let contents = names_of(&private)?;
    if !contents.iter().all(|name| is_of_a_snapshot(name)) {
        return Ok(());
    }
    for name in &contents {
        if name.to_bytes() == stand_in::FOLDER.as_bytes() {
            let folder = open_in(&private, name)?;
            for file in names_of(&folder)? {
                unlinkat(&folder, file.as_c_str(), UnlinkatFlags::NoRemoveDir)?;
            }
            unlinkat(&private, name.as_c_str(), UnlinkatFlags::RemoveDir)?;
        } else {
            unlinkat(&private, name.as_c_str(), UnlinkatFlags::NoRemoveDir)?;
        }
    }
    let now = fstatat(parent, name, AtFlags::AT_SYMLINK_NOFOLLOW)?;
    if u128::from(now.st_ino) == u128::from(about.ino()) {
        unlinkat(parent, name, UnlinkatFlags::RemoveDir)?; // fails unless it is empty
    }
    Ok(())
}

/// What the child that writes leaves in its folder.
fn is_of_a_snapshot(name: &CStr) -> bool {
    let name = name.to_bytes();
    let library = name.strip_suffix(stand_in::OF_LIBRARY.as_bytes());
    library.is_some_and(|number| !number.is_empty() && number.iter().all(u8::is_ascii_digit))
        || [FILE_NAME, COMPLETED, FOUND, NEW, stand_in::FOLDER]
            .iter()
            .any(|known| name == known.as_bytes())
}

fn open(path: &Path) -> io::Result<File> {
    let flags = OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW;
    File::options()
        .read(true)
        .custom_flags(flags.bits())
        .open(path)
}

fn open_in(folder: impl AsFd, name: &CStr) -> io::Result<File> {
    let flags = OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    Ok(openat(folder, name, flags, Mode::empty())?.into())
}

fn is_at(opened: &File, path: &Path) -> bool {
    let (Ok(opened), Ok(there)) = (opened.metadata(), path.symlink_metadata()) else {
        return false;
    };
    (opened.dev(), opened.ino()) == (there.dev(), there.ino())
}

fn names_of(folder: &File) -> io::Result<Vec<CString>> {
    let flags = OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    Ok(names_in(&mut Dir::openat(
        folder,
        ".",
        flags,
        Mode::empty(),
    )?)?)
}

fn names_in(folder: &mut Dir) -> Result<Vec<CString>, Errno> {
    let names = folder.iter().map(|entry| Ok(entry?.file_name().to_owned()));
    let names: Result<Vec<CString>, Errno> = names.collect();
    let mut names = names?;
    names.retain(|name| !matches!(name.to_bytes(), b"." | b".."));
    Ok(names)
}
