//! A process gives up what it may not have, and becomes the program.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::thread;

use anyhow::{Context, Result};
use nix::sys::prctl;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{SigSet, Signal};
use nix::unistd::{Gid, Uid, getuid, setgid, setgroups, setuid};
use rustix::thread::{CapabilitySet, CapabilitySets, capabilities, set_capabilities};
use serde::{Deserialize, Serialize};

use super::{Confinement, Namespaces, entry_note, namespaces, processes, sandbox, syscalls};

/// Address space for each processor: the allocator reserves it for every thread that has a processor of its own.
const RESERVED_PER_PROCESSOR: u64 = 512 << 20;

/// Open files of each process; a server has one for each connection.
const OPEN_FILES: u64 = 1024;

/// Tasks of other programs of the same user that may come while this one runs.
const OTHERS: u64 = 512;

/// How far it got; written before the program begins, by what is still the lab.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Entry {
    /// Why it got no further.
    pub(super) hindrance: Option<String>,
}

/// What root can do in particular, of which a program keeps these.
pub(super) type Capabilities = CapabilitySet;

/// For the compiler as root: the workspace may be another user's.
const FILES_OF_OTHERS: Capabilities = CapabilitySet::DAC_OVERRIDE
    .union(CapabilitySet::FOWNER)
    .union(CapabilitySet::CHOWN);

/// Becomes the program, or returns why not. Without a program it only gives up what it may not have.
pub(super) fn enter(confinement: &Confinement, program: &[OsString]) -> Result<()> {
    let mut note = File::create(entry_note(confinement)).context("cannot note how far it got")?;
    let error = match become_it(confinement, program, &mut note) {
        Ok(()) => return Ok(()),
        Err(error) => error,
    };
    let hindrance = Some(format!("{error:#}"));
    let _ = write(&mut note, &Entry { hindrance });
    Err(error)
}

fn become_it(confinement: &Confinement, program: &[OsString], note: &mut File) -> Result<()> {
    // The supervisor's: it waits for them in its own way.
    SigSet::all()
        .thread_unblock()
        .context("cannot let signals through")?;
    if confinement.namespaces == Namespaces::Own {
        namespaces::own_proc()?;
    }
    limit(confinement).context("cannot set its limits")?;
    // If memory runs out all the same, this one goes first.
    let _ = fs::write("/proc/self/oom_score_adj", "1000");
    prctl::set_no_new_privs().context("cannot give up privileges")?;
    if let Some(sandbox) = &confinement.sandbox {
        sandbox::restrict(sandbox)?;
    }
    if let Some(user) = confinement.user {
        setgroups(&[]).context("cannot leave its groups")?;
        setgid(Gid::from_raw(user)).context("cannot change its group")?;
        setuid(Uid::from_raw(user)).context("cannot change its user")?;
    }
    let kept = if confinement.is_tool && getuid().is_root() {
        FILES_OF_OTHERS
    } else {
        Capabilities::empty()
    };
    give_up_capabilities(kept).context("cannot give up capabilities")?;
    // After the change of user, which forgets it.
    prctl::set_pdeathsig(Signal::SIGKILL).context("cannot ask to end with its supervisor")?;
    if confinement.sandbox.is_some() {
        // Last, because what is set up above takes some of these calls.
        syscalls::restrict(confinement.is_tool).context("cannot refuse system calls")?;
    }
    write(note, &Entry::default()).context("cannot note how far it got")?;
    let Some((name, args)) = program.split_first() else {
        return Ok(());
    };
    Err(Command::new(name).args(args).exec())
        .with_context(|| format!("cannot run {}", name.display()))
}

/// Gives up all capabilities but these. `exec` gives none back, because the process takes no new privileges.
pub(super) fn give_up_capabilities(kept: Capabilities) -> Result<()> {
    let now = capabilities(None)?;
    set_capabilities(
        None,
        CapabilitySets {
            effective: now.effective & kept,
            permitted: now.permitted & kept,
            inheritable: Capabilities::empty(),
        },
    )?;
    Ok(())
}

fn limit(confinement: &Confinement) -> nix::Result<()> {
    let limits = confinement.limits;
    let user = confinement.user.unwrap_or_else(|| getuid().as_raw());
    let tasks = processes::tasks_of(user) + limits.tasks + OTHERS;
    let processors = thread::available_parallelism().map_or(1, |n| n.get() as u64);
    let mut wanted = vec![
        (Resource::RLIMIT_CORE, 0),
        (Resource::RLIMIT_FSIZE, limits.file_bytes),
        (Resource::RLIMIT_NOFILE, OPEN_FILES),
        (Resource::RLIMIT_NPROC, tasks),
        // A backstop; the supervisor looks at the clock.
        (Resource::RLIMIT_CPU, limits.seconds * processors),
    ];
    if let Some(address) = limits.address_bytes {
        let reserved = RESERVED_PER_PROCESSOR * processors;
        wanted.push((Resource::RLIMIT_AS, address + reserved));
    }
    for (resource, most) in wanted {
        let (_, allowed) = nix::sys::resource::getrlimit(resource)?;
        let most = most.min(allowed);
        setrlimit(resource, most, most)?;
    }
    Ok(())
}

/// The note's content, in place of what it held.
fn write(note: &mut File, entry: &Entry) -> std::io::Result<()> {
    note.set_len(0)?;
    note.seek(SeekFrom::Start(0))?;
    note.write_all(&serde_json::to_vec(entry)?)
}
