//! Namespaces: a view of the system in which a program has nothing but itself.
//!
//! ```text
//! the grader     mounts (and a user namespace, for an ordinary user): its folders are file systems in memory
//!  └ supervisor  processes, network, IPC (and a user namespace)
//!     ├ reaper   process 1, which ends all others with it
//!     └ program  mounts, with a /proc of these processes alone
//! ```
//!
//! Nothing of this outlives the grader, however it ends: a namespace goes with its last process, and a mount with its
//! namespace.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};

use anyhow::{Context, Result, bail};
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{Gid, Uid, getegid, geteuid};
use serde::{Deserialize, Serialize};

use super::{OWN_PROGRAM, TemporaryFolder};

/// How much of the system a program sees besides itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Namespaces {
    /// Nothing.
    Own,
    /// The system's `/proc`: it cannot be mounted anew where a container hides parts of it.
    WithProc,
    /// All there is.
    None,
}

/// A folder that is there on every Linux, that every user may pass through, and that a grader has no need of. A file system
/// over it leaves no trace when the grader is killed, because the folder was there before.
const COVERED: &str = "/dev/shm";

/// Gives this process mounts of its own, and as an ordinary user a user namespace, which allows that. To be called before
/// there is a second thread.
///
/// # Errors
/// Where the system does not allow it. Then nothing has changed.
pub(crate) fn own_mounts() -> Result<()> {
    // A user namespace cannot be left again, and on some systems is of no use. So another process tries it first.
    let tried = Command::new(OWN_PROGRAM)
        .args(["confined", "try-mounts"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .output()
        .context("cannot start the lab's own program")?;
    if !tried.status.success() {
        let said = String::from_utf8_lossy(&tried.stderr);
        bail!("{}", said.trim().to_owned());
    }
    enter_own_mounts()
}

/// What [`own_mounts`] has another process try: the mounts themselves, and one in them.
pub(super) fn try_mounts() -> Result<()> {
    enter_own_mounts()?;
    mount_memory(Path::new("/"), None, 1 << 20, 16)
}

fn enter_own_mounts() -> Result<()> {
    let mut what = CloneFlags::CLONE_NEWNS;
    let ids = (geteuid(), getegid());
    if !ids.0.is_root() {
        what |= CloneFlags::CLONE_NEWUSER;
    }
    unshare(what).context("cannot make a namespace for mounts")?;
    if !ids.0.is_root() {
        // Its own id stays what it is, so that cargo finds itself where it always is.
        map(ids, ids)?;
    }
    make_private()
}

/// Leaves the network, the processes and the shared memory of the system, for all that this process will start.
pub(super) fn leave() -> Result<()> {
    let mut what = CloneFlags::CLONE_NEWPID | CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWIPC;
    let ids = (geteuid(), getegid());
    if !ids.0.is_root() {
        what |= CloneFlags::CLONE_NEWUSER;
    }
    unshare(what).context("cannot make namespaces")?;
    if !ids.0.is_root() {
        // Root to itself: only so does the program that is started next keep the right to mount its /proc.
        map(ids, (Uid::from_raw(0), Gid::from_raw(0)))?;
    }
    Ok(())
}

/// Mounts a `/proc` of this namespace's processes alone.
pub(super) fn own_proc() -> Result<()> {
    unshare(CloneFlags::CLONE_NEWNS).context("cannot make a namespace for mounts")?;
    make_private()?;
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    let proc = |options| mount(Some("proc"), "/proc", Some("proc"), flags, Some(options));
    // Without what is the whole system's, such as /proc/meminfo; older kernels do not know that.
    proc("subset=pid,hidepid=2")
        .or_else(|_| proc("hidepid=2"))
        .context("cannot mount /proc")
}

/// Outside of the new user namespace these are `ids`, inside they are `inside`.
fn map(ids: (Uid, Gid), inside: (Uid, Gid)) -> Result<()> {
    // First: otherwise an ordinary user could leave a group that keeps it from a file.
    let tell = |file: &str, text: String| {
        let path = Path::new("/proc/self").join(file);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    };
    tell("setgroups", "deny".to_owned())?;
    tell("uid_map", format!("{} {} 1", inside.0, ids.0))?;
    tell("gid_map", format!("{} {} 1", inside.1, ids.1))
}

/// What is mounted from now on is seen in this namespace alone.
fn make_private() -> Result<()> {
    let flags = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(None::<&str>, "/", None::<&str>, flags, None::<&str>)
        .context("cannot make the mounts private")
}

/// Mounts a file system in memory at `folder` that holds so many bytes and files, and belongs to `user`.
fn mount_memory(folder: &Path, user: Option<u32>, bytes: u64, files: u64) -> Result<()> {
    let user = user.unwrap_or_else(|| geteuid().as_raw());
    let group = if user == geteuid().as_raw() {
        getegid().as_raw()
    } else {
        user
    };
    let options = format!("size={bytes},nr_inodes={files},mode=0711,uid={user},gid={group}");
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(
        Some("leaklab"),
        folder,
        Some("tmpfs"),
        flags,
        Some(options.as_str()),
    )
    .with_context(|| {
        format!(
            "cannot mount a file system in memory at {}",
            folder.display()
        )
    })
}

/// A folder in memory that goes with the lab, however that ends.
#[derive(Debug)]
pub(crate) struct MemoryFolder {
    mounted: PathBuf,
    path: PathBuf,
    /// The folder that it is mounted over, unless that was there before.
    folder: Option<TemporaryFolder>,
}

impl MemoryFolder {
    /// Makes one; `used` are paths that must stay in reach. For a process with [`own_mounts`].
    ///
    /// # Errors
    /// When it cannot be mounted.
    pub(crate) fn new(used: &[PathBuf]) -> Result<Self> {
        let covered = Path::new(COVERED);
        let is_free = covered.is_dir() && !used.iter().any(|path| path.starts_with(covered));
        let (mounted, folder) = if is_free {
            (covered.to_path_buf(), None)
        } else {
            let folder = TemporaryFolder::new()?;
            (folder.path().to_path_buf(), Some(folder))
        };
        // All of the machine's memory: what each program keeps has limits of its own.
        let bytes = nix::sys::sysinfo::sysinfo().map_or(1 << 30, |about| about.ram_total());
        mount_memory(&mounted, None, bytes, 1 << 20)?;
        // The number tells whose a program is that still runs.
        let path = mounted.join(format!("leaklab-grade-{}", process::id()));
        let made = DirBuilder::new().mode(0o711).create(&path);
        made.with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Self {
            mounted,
            path,
            folder,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for MemoryFolder {
    fn drop(&mut self) {
        unmount(&self.mounted);
        drop(self.folder.take());
    }
}

/// Makes `folder` a file system of its own, in memory, that the kernel keeps to so many bytes and files.
///
/// # Errors
/// When it cannot be mounted.
pub(crate) fn bound(folder: &Path, user: Option<u32>, bytes: u64, files: u64) -> Result<()> {
    mount_memory(folder, user, bytes, files)
}

/// Takes a file system away, with all that is in it.
pub(crate) fn unmount(folder: &Path) {
    let _ = umount2(folder, MntFlags::MNT_DETACH | MntFlags::UMOUNT_NOFOLLOW);
}

/// Whether an id exists in the user namespace of this process.
pub(super) fn has_ids(first: u32, last: u32) -> bool {
    ["/proc/self/uid_map", "/proc/self/gid_map"]
        .iter()
        .all(|path| {
            let text = fs::read_to_string(path).unwrap_or_default();
            text.lines().any(|line| {
                let numbers: Vec<u64> = line
                    .split_whitespace()
                    .filter_map(|number| number.parse().ok())
                    .collect();
                let [start, _, length] = numbers[..] else {
                    return false;
                };
                start <= u64::from(first) && u64::from(last) < start + length
            })
        })
}

/// The device of a folder's file system, to tell one from another.
pub(super) fn device(folder: &Path) -> Option<u64> {
    fs::metadata(folder).ok().map(|about| about.dev())
}
