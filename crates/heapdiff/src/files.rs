//! Paths around the core: reads a snapshot file, writes an answer; names the file in every error.

use std::fs::{self, File, Permissions};
use std::io::{self, BufWriter, Read, Write};
use std::panic;
use std::path::{Path, PathBuf};
use std::thread::{self, ScopedJoinHandle};

use atomic_file::{Pending, write_through};
use bytesize::ByteSize;

use crate::error::Error;
use crate::limits::Limits;
use crate::profile::Profile;
use crate::verdict::AllowList;

/// Reads the snapshot at `path`, which may be a pipe; the profile's label is the path.
///
/// # Errors
/// [`Error::At`] with the path: the file cannot be read, is not a snapshot, or is too large.
pub fn read(path: impl AsRef<Path>) -> Result<Profile, Error> {
    read_within(path, &Limits::default())
}

/// The same with limits of the caller's.
///
/// # Errors
/// As [`read`].
pub fn read_within(path: impl AsRef<Path>, limits: &Limits) -> Result<Profile, Error> {
    let path = path.as_ref();
    let parse = |bytes| Profile::parse_within(bytes, limits);
    let profile = read_bytes(path, limits)
        .and_then(parse)
        .map_err(|error| error.at(path))?;
    Ok(profile.labelled(path.to_string_lossy()))
}

fn read_bytes(path: &Path, limits: &Limits) -> Result<Vec<u8>, Error> {
    let file = File::open(path).map_err(Error::Io)?;
    let about = file.metadata().map_err(Error::Io)?;
    if about.is_dir() {
        return Err(Error::Directory);
    }
    // A pipe or a device says 0.
    bytes_of(file, about.len(), limits)
}

/// Reads a file that says it has so many bytes, and no further than the limit.
///
/// # Errors
/// [`Error::TooLarge`], [`Error::Io`].
pub fn bytes_of(from: impl Read, says: u64, limits: &Limits) -> Result<Vec<u8>, Error> {
    let most = limits.file_bytes;
    let too_large = || Error::TooLarge(ByteSize::b(most));
    if says > most {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    let room = usize::try_from(says).map_err(|_| too_large())?;
    bytes.try_reserve_exact(room).map_err(|_| too_large())?;
    from.take(most.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(Error::Io)?;
    if bytes.len() as u64 > most {
        return Err(too_large());
    }
    Ok(bytes)
}

/// Reads two snapshots at the same time.
///
/// # Errors
/// As [`read`]; the first one's, if both cannot be read.
pub fn read_pair(
    before: impl AsRef<Path>,
    after: impl AsRef<Path>,
) -> Result<(Profile, Profile), Error> {
    read_pair_within(before, after, &Limits::default())
}

/// The same with limits of the caller's.
///
/// # Errors
/// As [`read_pair`].
pub fn read_pair_within(
    before: impl AsRef<Path>,
    after: impl AsRef<Path>,
    limits: &Limits,
) -> Result<(Profile, Profile), Error> {
    let read = |path: &Path| read_within(path, limits);
    let (before, after) = (before.as_ref(), after.as_ref());
    thread::scope(|scope| {
        // without a second thread it only takes longer
        let reader = thread::Builder::new()
            .spawn_scoped(scope, || read(after))
            .ok();
        let before = read(before)?;
        let after = match reader.map(ScopedJoinHandle::join) {
            Some(Ok(after)) => after?,
            Some(Err(panic)) => panic::resume_unwind(panic),
            None => read(after)?,
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
    let text = read_text(path).map_err(|error| Error::ReadAllowList {
        path: path.to_owned(),
        error,
    })?;
    AllowList::parse(&text).map_err(|error| Error::AllowList {
        path: path.to_owned(),
        error,
    })
}

/// Longest allow-list, in bytes: people write them.
const LONGEST_LIST: u64 = 1 << 20;

fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let mut file = File::open(path)?.take(LONGEST_LIST + 1);
    file.read_to_string(&mut text)?;
    if text.len() as u64 > LONGEST_LIST {
        let error = "it is larger than 1 MiB, the limit";
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, error));
    }
    Ok(text)
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
        Ok(there) if !there.is_file() => {
            write_through(&target).and_then(|file| fill(&file, content))
        }
        there => replace(&target, there.ok().map(|it| it.permissions()), content),
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
    let folder = std::env::temp_dir();
    let written = Pending::private(&folder).and_then(|mut file| {
        fill(&mut file, answer)?;
        let mut number = 1;
        loop {
            let path = folder.join(format!("{prefix}{}-{number}{suffix}", std::process::id()));
            match file.publish(&path) {
                Ok(()) => return Ok(path),
                Err((error, back)) if error.kind() == io::ErrorKind::AlreadyExists => file = back,
                Err((error, _)) => return Err(error),
            }
            number += 1;
        }
    });
    written.map_err(|error| Error::Write {
        path: folder,
        error,
    })
}

fn replace(
    target: &Path,
    permissions: Option<Permissions>,
    answer: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    // In the same folder, because a file system can rename only within itself.
    let mut file = Pending::public(target.parent().unwrap_or(Path::new(".")))?;
    if let Some(permissions) = permissions {
        file.set_permissions(permissions)?;
    }
    fill(&mut file, answer)?;
    file.replace(target)
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
