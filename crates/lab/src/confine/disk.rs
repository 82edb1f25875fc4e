//! What a folder takes of the disk, where no file system of its own can be mounted to bound it; and its end.
//!
//! A program may nest folders deeper than a path can be, take all rights from them, and keep files open that it has
//! deleted. So nothing here uses a path, and deleted files count.

use std::collections::HashMap;
use std::ffi::{CString, OsString};
use std::fs;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::dir::Dir;
use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, AtFlags, OFlag, renameat};
use nix::sys::stat::{FchmodatFlags, FileStat, Mode, SFlag, fchmodat, fstatat};
use nix::unistd::{UnlinkatFlags, unlinkat};

use super::{namespaces, processes};

/// What is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Usage {
    pub(super) bytes: u64,
    pub(super) files: u64,
}

/// What `folder` and the deleted files that this process's descendants keep open take, counted until it is more than `most`.
pub(super) fn usage(folder: &Path, most: Usage) -> Usage {
    let mut usage = Usage::default();
    let deleted = deleted_files(folder);
    usage.files += deleted.len() as u64;
    usage.bytes += deleted.values().sum::<u64>();
    let Ok(folder) = Dir::open(folder, FLAGS, Mode::empty()) else {
        return usage;
    };
    // A folder stays open while its own folders are looked at, so their number is bounded as that of files is.
    let mut open = vec![folder];
    while let Some(mut folder) = open.pop() {
        for (name, about) in entries(&mut folder) {
            usage.files += 1;
            usage.bytes += blocks(&about);
            if usage.bytes > most.bytes || usage.files > most.files {
                return usage;
            }
            if is_folder(&about) {
                match Dir::openat(&folder, name.as_c_str(), FLAGS, Mode::empty()) {
                    Ok(inner) => open.push(inner),
                    // Its rights are the program's to take: what cannot be looked at is over the limit. Root can.
                    Err(Errno::ENOENT) => {}
                    Err(_) => usage.files = most.files + 1,
                }
            }
        }
    }
    usage
}

/// Removes `folder` and all that is in it.
///
/// # Errors
/// When something of it cannot be removed.
pub(crate) fn remove(folder: &Path) -> nix::Result<()> {
    let name = CString::new(OsString::from(folder).into_vec()).map_err(|_| Errno::EINVAL)?;
    allow(AT_FDCWD, &name);
    let mut top = Dir::open(folder, FLAGS, Mode::empty())?;
    let mut moved = 0;
    loop {
        let all = entries(&mut top);
        if all.is_empty() {
            break;
        }
        for (name, about) in all {
            if is_folder(&about) {
                remove_folder(&top, &name, &mut moved)?;
            } else {
                unlinkat(&top, name.as_c_str(), UnlinkatFlags::NoRemoveDir)?;
            }
        }
    }
    unlinkat(AT_FDCWD, name.as_c_str(), UnlinkatFlags::RemoveDir)
}

/// Removes a folder of `top`; the folders in it come up to `top`, and have their turn. So depth takes neither descriptors
/// nor stack.
fn remove_folder(top: &Dir, name: &CString, moved: &mut u64) -> nix::Result<()> {
    allow(top, name);
    let mut folder = Dir::openat(top, name.as_c_str(), FLAGS, Mode::empty())?;
    for (below, about) in entries(&mut folder) {
        if is_folder(&about) {
            allow(&folder, &below); // to move it changes its `..`
            renameat(
                &folder,
                below.as_c_str(),
                top,
                free_name(top, moved).as_c_str(),
            )?;
        } else {
            unlinkat(&folder, below.as_c_str(), UnlinkatFlags::NoRemoveDir)?;
        }
    }
    unlinkat(top, name.as_c_str(), UnlinkatFlags::RemoveDir)
}

/// A name that nothing in `folder` has.
fn free_name(folder: &Dir, used: &mut u64) -> CString {
    loop {
        *used += 1;
        let name = CString::new(format!("leaklab-{used}")).unwrap_or_default();
        if fstatat(folder, name.as_c_str(), AtFlags::AT_SYMLINK_NOFOLLOW).is_err() {
            return name;
        }
    }
}

const FLAGS: OFlag = OFlag::O_RDONLY
    .union(OFlag::O_DIRECTORY)
    .union(OFlag::O_NOFOLLOW)
    .union(OFlag::O_CLOEXEC);

/// Gives the owner all rights to a folder. Where that fails the next step says why.
fn allow(folder: impl AsFd, name: &CString) {
    let _ = fchmodat(
        folder,
        name.as_c_str(),
        Mode::S_IRWXU,
        FchmodatFlags::FollowSymlink,
    );
}

/// Names in a folder, each with what it is; not what has gone meanwhile.
fn entries(folder: &mut Dir) -> Vec<(CString, FileStat)> {
    let names: Vec<CString> = folder
        .iter()
        .flatten()
        .map(|entry| entry.file_name().to_owned())
        .filter(|name| !matches!(name.as_bytes(), b"." | b".."))
        .collect();
    let about = |name: CString| {
        let about = fstatat(&*folder, name.as_c_str(), AtFlags::AT_SYMLINK_NOFOLLOW).ok()?;
        Some((name, about))
    };
    names.into_iter().filter_map(about).collect()
}

fn is_folder(about: &FileStat) -> bool {
    SFlag::from_bits_truncate(about.st_mode) & SFlag::S_IFMT == SFlag::S_IFDIR
}

/// stat(2) counts blocks of 512 bytes, whatever the file system's own are.
fn blocks(about: &FileStat) -> u64 {
    u64::try_from(about.st_blocks).unwrap_or_default() * 512
}

/// Bytes of files of the folder's file system that are deleted and still open, or mapped, by file number.
fn deleted_files(folder: &Path) -> HashMap<u64, u64> {
    let device = namespaces::device(folder);
    let mut found = HashMap::new();
    for process in processes::descendants() {
        for what in ["fd", "map_files"] {
            let files = fs::read_dir(format!("/proc/{}/{what}", process.id));
            for entry in files.into_iter().flatten().flatten() {
                // Follows the link to the file itself, which has no name any more.
                if let Ok(about) = fs::metadata(entry.path())
                    && about.nlink() == 0
                    && about.is_file()
                    && Some(about.dev()) == device
                {
                    found.insert(about.ino(), about.blocks() * 512);
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::fs::{File, Permissions};
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;
    use std::process::{Command, Stdio};
    use std::sync::{Mutex, PoisonError};

    use nix::fcntl::openat;
    use nix::sys::stat::mkdirat;

    use super::*;

    /// Deleted files of all children count, so one test has children at a time.
    static ALONE: Mutex<()> = Mutex::new(());

    const MOST: Usage = Usage {
        bytes: 1 << 30,
        files: 10_000,
    };

    /// Nests folders deeper than a path can name, and than a process may keep open; a file of a megabyte is in the last.
    fn nest(folder: &Path) {
        let name = CString::new("d".repeat(250)).unwrap();
        let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC;
        let mut deepest: std::os::fd::OwnedFd = File::open(folder).unwrap().into();
        for _ in 0..1_500 {
            mkdirat(&deepest, name.as_c_str(), Mode::S_IRWXU).unwrap();
            deepest = openat(&deepest, name.as_c_str(), flags, Mode::empty()).unwrap();
        }
        let flags = OFlag::O_WRONLY | OFlag::O_CREAT;
        let file = openat(&deepest, c"file", flags, Mode::S_IRWXU).unwrap();
        File::from(file).write_all(&vec![1; 1 << 20]).unwrap();
    }

    #[test]
    fn files_count_however_deep_they_are() {
        let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = tempfile::tempdir().unwrap();
        nest(folder.path());
        let usage = usage(folder.path(), MOST);
        assert_eq!(usage.files, 1_501);
        assert!(usage.bytes >= 1 << 20, "{usage:?}");
        remove(folder.path()).unwrap();
    }

    #[test]
    fn deleted_files_count_until_they_are_closed() {
        let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let mut file = File::options()
            .write(true)
            .create_new(true)
            .open(&path)
            .unwrap();
        file.write_all(&vec![1; 1 << 20]).unwrap();
        // A descendant has it as its input, which it never reads.
        let mut child = Command::new("sleep")
            .arg("600")
            .stdin(Stdio::from(file))
            .spawn()
            .unwrap();
        fs::remove_file(&path).unwrap();
        let open = usage(folder.path(), MOST);
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(open.files, 1);
        assert!(open.bytes >= 1 << 20, "{open:?}");
        assert_eq!(usage(folder.path(), MOST), Usage::default());
    }

    #[test]
    fn a_folder_is_removed_however_deep_and_closed_it_is_and_links_are_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let other = tempfile::tempdir().unwrap();
        fs::write(other.path().join("file"), "text").unwrap();
        let inner = folder.path().join("inner");
        fs::create_dir(&inner).unwrap();
        nest(&inner);
        std::os::unix::fs::symlink(other.path(), inner.join("link")).unwrap();
        fs::create_dir(inner.join("leaklab-1")).unwrap();
        fs::set_permissions(inner.join("d".repeat(250)), Permissions::from_mode(0o0)).unwrap();
        fs::set_permissions(&inner, Permissions::from_mode(0o0)).unwrap();
        remove(&inner).unwrap();
        assert!(!inner.exists());
        assert!(other.path().join("file").exists());
    }
}
