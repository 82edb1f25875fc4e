//! The supervisor of a program: it looks at all that the program has started, twenty-five times a second, and ends it.

use std::fs::{self, File};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl;
use nix::sys::signal::{SigSet, Signal, raise};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::statvfs::{Statvfs, statvfs};
use nix::sys::wait::WaitStatus;
use nix::unistd::{Pid, dup2_stdin};

use super::enter::Entry;
use super::role::Options;
use super::{
    Confinement, MOST_FILES, Namespaces, OWN_PROGRAM, Ran, Stop, disk, entry_note, namespaces,
    processes, read_json, write_json,
};

/// How often it looks, in milliseconds: memory is filled by a gigabyte a second.
const GLANCE_MS: u16 = 40;

/// Every so many glances it counts what is in the folder, where the kernel does not.
const FOLDER_EVERY: u32 = 3;

/// Runs the program within its limits, and ends as it did.
pub(super) fn supervise(confinement: &Confinement, options: &Options) -> ExitCode {
    let mut ran = Ran::default();
    let ended = watch(confinement, options, &mut ran);
    processes::end_all();
    let entry: Option<Entry> = read_json(&entry_note(confinement));
    if let Some(entry) = entry {
        ran.entered = entry.hindrance.is_none();
        ran.hindrance = entry.hindrance;
    }
    if let Err(error) = &ended {
        ran.hindrance = Some(format!("{error:#}"));
    }
    if let Ok(Some(WaitStatus::Signaled(_, signal, _))) = ended {
        ran.signal = Some(signal as i32);
    }
    if let Err(error) = write_json(&confinement.report, &ran) {
        eprintln!("cargo lab confined: cannot write the report: {error}");
    }
    match ended {
        Ok(Some(WaitStatus::Exited(_, code))) => ExitCode::from(u8::try_from(code).unwrap_or(1)),
        Ok(Some(WaitStatus::Signaled(_, signal, _))) => {
            let _ = SigSet::all().thread_unblock();
            let _ = raise(signal);
            ExitCode::from(125)
        }
        _ => ExitCode::from(125),
    }
}

/// Until the program has ended, or is to be: how it ended, or nothing.
fn watch(
    confinement: &Confinement,
    options: &Options,
    ran: &mut Ran,
) -> Result<Option<WaitStatus>> {
    prctl::set_child_subreaper(true).context("cannot become the reaper of orphans")?;
    prctl::set_pdeathsig(Signal::SIGTERM).context("cannot ask to be told of the lab's end")?;
    let told = SigSet::from_iter([
        Signal::SIGTERM,
        Signal::SIGINT,
        Signal::SIGHUP,
        Signal::SIGQUIT,
    ]);
    told.thread_block().context("cannot wait for signals")?;
    let told = SignalFd::with_flags(&told, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)
        .context("cannot wait for signals")?;
    let _ = fs::remove_file(entry_note(confinement));
    let reaper = match confinement.namespaces {
        Namespaces::None => None,
        Namespaces::Own | Namespaces::WithProc => {
            namespaces::leave()?;
            Some(start_reaper()?)
        }
    };

    let child = Command::new(OWN_PROGRAM)
        .args(["confined", "enter", &options.confinement, "--"])
        .args(&options.program) // none if it is only tried
        .stdin(Stdio::inherit())
        .process_group(0)
        .spawn()
        .context("cannot start the lab's own program")?;
    let child = Pid::from_raw(i32::try_from(child.id())?);
    // It may be the socket that the program listens on. Once the program is gone, nobody does.
    let null = File::open("/dev/null").context("cannot open /dev/null")?;
    dup2_stdin(&null).context("cannot let go of the program's input")?;
    let started = Instant::now();
    let ended = loop_until_ended(confinement, &told, child, started, ran);
    // Also when it was told to end: a program that has filled its folder often fails of that first.
    if ran.stopped.is_none() && confinement.folder_is_bounded && keeps_more(confinement) {
        ran.stopped = Some(Stop::Disk);
    }
    drop(reaper);
    Ok(ended)
}

/// Until the program has ended, passed a limit or is to end.
fn loop_until_ended(
    confinement: &Confinement,
    told: &SignalFd,
    child: Pid,
    started: Instant,
    ran: &mut Ran,
) -> Option<WaitStatus> {
    for glance in 0_u32.. {
        let mut wait = [PollFd::new(told.as_fd(), PollFlags::POLLIN)];
        let _ = poll(&mut wait, PollTimeout::from(GLANCE_MS));
        if matches!(told.read_signal(), Ok(Some(_))) {
            return None;
        }
        let mut ended = None;
        processes::reap(&mut |status| {
            if status.pid() == Some(child) {
                ended = Some(status);
            }
        });
        if ended.is_some() {
            return ended;
        }
        ran.stopped = passed(confinement, started, glance % FOLDER_EVERY == 0);
        if ran.stopped.is_some() {
            return None;
        }
    }
    None
}

/// Starts what is to be process 1 of the namespace. It ends when this process does, because it sees the end of its input.
fn start_reaper() -> Result<Child> {
    Command::new(OWN_PROGRAM)
        .args(["confined", "reap"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot start the first process of a namespace")
}

/// The limit that is passed now, if any is.
fn passed(confinement: &Confinement, started: Instant, counts_the_folder: bool) -> Option<Stop> {
    let limits = &confinement.limits;
    let all = processes::descendants();
    let sum = |of: fn(&processes::Process) -> u64| all.iter().map(of).sum::<u64>();
    let folder = &confinement.folder;
    // Files in memory are memory, and no process's.
    let in_memory = if confinement.folder_is_bounded {
        statvfs(folder).map_or(0, |about| taken(&about))
    } else {
        0
    };
    if started.elapsed() > Duration::from_secs(limits.seconds) {
        Some(Stop::Time)
    } else if sum(|process| process.resident_bytes) + in_memory > limits.resident_bytes {
        Some(Stop::Memory)
    } else if sum(|process| process.threads) > limits.tasks {
        Some(Stop::Processes)
    } else if confinement.folder_is_bounded {
        keeps_more(confinement).then_some(Stop::Disk)
    } else if counts_the_folder && holds_more(folder, limits.folder_bytes) {
        Some(Stop::Disk)
    } else {
        None
    }
}

/// Whether more is in the folder's own file system than the program may keep, deleted files included.
fn keeps_more(confinement: &Confinement) -> bool {
    statvfs(&confinement.folder).is_ok_and(|about| {
        let files = about.files() - about.files_free();
        taken(&about) > confinement.limits.folder_bytes || files > MOST_FILES
    })
}

/// Bytes that are taken of a file system.
#[allow(clippy::useless_conversion, reason = "its width is the platform's")]
fn taken(about: &Statvfs) -> u64 {
    let blocks = about.blocks() - about.blocks_free();
    u64::from(blocks) * u64::from(about.fragment_size())
}

/// Whether a folder holds more than so many bytes, or files without end.
fn holds_more(folder: &Path, bytes: u64) -> bool {
    let most = disk::Usage {
        bytes,
        files: MOST_FILES,
    };
    let usage = disk::usage(folder, most);
    usage.bytes > most.bytes || usage.files > most.files
}
