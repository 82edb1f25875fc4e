//! Paths around the core: reads a snapshot file, writes an answer; names the file in every error.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::panic;
use std::path::{Path, PathBuf};
use std::thread::{self, ScopedJoinHandle};

use tempfile::NamedTempFile;

use crate::error::Error;
use crate::profile::Profile;
use crate::verdict::AllowList;

/// Reads the snapshot at `path`; the profile's label is the path.
///
/// # Errors
/// [`Error::At`] with the path: the file cannot be read, or is no snapshot.
pub fn read(path: impl AsRef<Path>) -> Result<Profile, Error> {
    let path = path.as_ref();
    let bytes = fs::read(path).map_err(|error| match error.kind() {
        io::ErrorKind::IsADirectory => Error::Directory.at(path),
        _ => Error::Io(error).at(path),
    })?;
    let profile = Profile::parse_owned(bytes).map_err(|error| error.at(path))?;
    Ok(profile.labelled(path.to_string_lossy()))
}

/// Reads two snapshots at the same time.
///
/// # Errors
/// As [`read`]; the first one's, if both cannot be read.
pub fn read_pair(
    before: impl AsRef<Path>,
    after: impl AsRef<Path> + Sync,
) -> Result<(Profile, Profile), Error> {
    thread::scope(|scope| {
        // without a second thread it only takes longer
        let reader = thread::Builder::new()
            .spawn_scoped(scope, || read(&after))
            .ok();
        let before = read(before)?;
        let after = match reader.map(ScopedJoinHandle::join) {
            Some(Ok(after)) => after?,
            Some(Err(panic)) => panic::resume_unwind(panic),
            None => read(&after)?,
        };
        Ok((before, after))
    })
}

/// Reads the allow-list at `path`.
///
/// # Errors
/// [`Error::ReadAllowList`], [`Error::AllowList`]: the file cannot be read, or is no such list.
pub fn read_allow_list(path: impl AsRef<Path>) -> Result<AllowList, Error> {
    let path = path.as_ref();
    let text = fs::read_to_string(path).map_err(|error| Error::ReadAllowList {
        path: path.to_owned(),
        error,
    })?;
    AllowList::parse(&text).map_err(|error| Error::AllowList {
        path: path.to_owned(),
        error,
    })
}

/// Writes a file, whole or not at all; one that is there already is replaced at once, and stays as readable as it was.
///
/// # Errors
/// [`Error::Write`] with the path.
pub fn write_whole(path: impl AsRef<Path>, content: impl AsRef<[u8]>) -> Result<(), Error> {
    write_with(path, |out| out.write_all(content.as_ref()))
}

/// Writes likewise an answer that was made of `snapshots`, which it never replaces.
///
/// # Errors
/// [`Error::Write`] with the path; [`Error::WouldReplace`] if `path` is one of the snapshots.
pub fn write(
    path: impl AsRef<Path>,
    snapshots: &[impl AsRef<Path>],
    answer: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Error> {
    let path = path.as_ref();
    let target = target(path);
    let is_target = |snapshot: &Path| fs::canonicalize(snapshot).is_ok_and(|it| it == target);
    if snapshots
        .iter()
        .any(|snapshot| is_target(snapshot.as_ref()))
    {
        return Err(Error::WouldReplace(path.to_owned()));
    }
    write_with(path, answer)
}

fn write_with(
    path: impl AsRef<Path>,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Error> {
    let path = path.as_ref();
    let target = target(path);
    let written = match fs::metadata(&target) {
        Ok(there) if there.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        // a pipe or a device
        Ok(there) if !there.is_file() => {
            File::create(&target).and_then(|file| fill(&file, content))
        }
        _ => replace(&target, content),
    };
    written.map_err(|error| Error::Write {
        path: path.to_owned(),
        error,
    })
}

/// The file itself: a link stays one, and what is not there yet has no other name.
fn target(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// Writes an answer to a new file among the temporary ones, where it stays; returns its path.
///
/// # Errors
/// [`Error::Write`] with the folder.
pub fn write_temporary(
    prefix: &str,
    suffix: &str,
    answer: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<PathBuf, Error> {
    let written = tempfile::Builder::new()
        .prefix(prefix)
        .suffix(suffix)
        .tempfile()
        .and_then(|file| {
            fill(file.as_file(), answer)?;
            Ok(file.keep()?.1)
        });
    written.map_err(|error| Error::Write {
        path: std::env::temp_dir(),
        error,
    })
}

fn replace(target: &Path, answer: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    // In the same folder, for a file system can rename only within itself.
    let folder = match target.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let file = beside(target, folder)?;
    fill(file.as_file(), answer)?;
    file.as_file().sync_all()?;
    file.persist(target)?;
    Ok(())
}

/// A new file in `folder` with the permissions of `target`, or with those that any new file has.
fn beside(target: &Path, folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666)); // less the umask
    let file = builder.tempfile_in(folder)?;
    if let Ok(there) = fs::metadata(target) {
        file.as_file().set_permissions(there.permissions())?;
    }
    Ok(file)
}

/// Writes through a buffer.
pub(crate) fn fill(
    to: impl Write,
    answer: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(64 << 10, to);
    answer(&mut out)?;
    out.flush()
}
