//! The supervisor of a program: it looks at all that the program has started, twenty-five times a second, and ends it.

use std::env;
use std::fs;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl;
use nix::sys::signal::{SigSet, Signal, raise};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::WaitStatus;
use nix::unistd::Pid;

use super::enter::Entry;
use super::role::Options;
use super::{Confinement, Limits, Ran, Stop, entry_note, processes, read_json, write_json};

/// How often it looks, in milliseconds: memory is filled by a gigabyte a second.
const GLANCE_MS: u16 = 40;

/// Every so many glances it looks at the folder, too.
const FOLDER_EVERY: u32 = 3;

/// Files in the folder; an empty one costs, too.
const MOST_FILES: u64 = 2_000;

/// Runs the program within its limits, and ends as it did.
pub(super) fn supervise(confinement: &Confinement, options: &Options) -> ExitCode {
    let mut ran = Ran::default();
    let ended = watch(confinement, options, &mut ran);
    processes::end_all();
    let entry: Option<Entry> = read_json(&entry_note(confinement));
    if let Some(entry) = entry {
        ran.entered = entry.hindrance.is_none();
        ran.sandboxed = entry.sandboxed;
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

    let child = Command::new(env::current_exe()?)
        .args(["confined", "enter", &options.confinement, "--"])
        .args(&options.program)
        .stdin(Stdio::inherit())
        .process_group(0)
        .spawn()
        .context("cannot start the lab's own program")?;
    let child = Pid::from_raw(i32::try_from(child.id())?);
    let started = Instant::now();
    for glance in 0.. {
        let mut wait = [PollFd::new(told.as_fd(), PollFlags::POLLIN)];
        let _ = poll(&mut wait, PollTimeout::from(GLANCE_MS));
        if matches!(told.read_signal(), Ok(Some(_))) {
            return Ok(None);
        }
        let mut ended = None;
        processes::reap(&mut |status| {
            if status.pid() == Some(child) {
                ended = Some(status);
            }
        });
        if ended.is_some() {
            return Ok(ended);
        }
        let folder = (glance % FOLDER_EVERY == 0).then_some(confinement.folder.as_path());
        ran.stopped = passed(&confinement.limits, started, folder);
        if ran.stopped.is_some() {
            return Ok(None);
        }
    }
    unreachable!("it looks until it returns")
}

/// The limit that is passed now, if any is.
fn passed(limits: &Limits, started: Instant, folder: Option<&Path>) -> Option<Stop> {
    let all = processes::descendants();
    let sum = |of: fn(&processes::Process) -> u64| all.iter().map(of).sum::<u64>();
    if started.elapsed() > Duration::from_secs(limits.seconds) {
        Some(Stop::Time)
    } else if sum(|process| process.resident_bytes) > limits.resident_bytes {
        Some(Stop::Memory)
    } else if sum(|process| process.threads) > limits.tasks {
        Some(Stop::Processes)
    } else if folder.is_some_and(|folder| holds_more(folder, limits.folder_bytes)) {
        Some(Stop::Disk)
    } else {
        None
    }
}

/// Whether a folder holds more than so many bytes, or files without end.
fn holds_more(folder: &Path, bytes: u64) -> bool {
    let (mut size, mut files) = (0, 0);
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let Ok(about) = entry.metadata() else {
                continue; // gone since
            };
            files += 1;
            size += about.len();
            if about.is_dir() {
                folders.push(entry.path());
            }
            if size > bytes || files > MOST_FILES {
                return true;
            }
        }
    }
    false
}
