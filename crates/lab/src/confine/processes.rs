//! What a process has started, read off `/proc`, and its end.

use std::fs;
use std::process;
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, SysconfVar, sysconf};

/// How long it may take until all is ended: what is killed in the midst of a system call lives on until that is done.
const PATIENCE: Duration = Duration::from_secs(10);

/// A process as `/proc/PID/stat` tells it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Process {
    pub(super) id: i32,
    parent: i32,
    pub(super) threads: u64,
    pub(super) resident_bytes: u64,
}

/// All processes that this one has started, and those that they have; orphans among them, if this is their reaper.
pub(super) fn descendants() -> Vec<Process> {
    let all: Vec<Process> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(read)
        .collect();
    let mut found: Vec<Process> = Vec::new();
    let mut parents = vec![own()];
    while let Some(parent) = parents.pop() {
        for process in all.iter().filter(|process| process.parent == parent) {
            parents.push(process.id);
            found.push(*process);
        }
    }
    found
}

/// Processes and threads of a user, whoever has started them.
pub(super) fn tasks_of(user: u32) -> u64 {
    let count = |entry: fs::DirEntry| {
        let status = fs::read_to_string(entry.path().join("status")).ok()?;
        let field = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name))?;
            line.split_whitespace().nth(1)?.parse::<u64>().ok()
        };
        (field("Uid:")? == u64::from(user)).then(|| field("Threads:"))?
    };
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(count).sum()
}

/// Kills all that this process has started, however deep, and reaps it; whether nothing is left.
pub(crate) fn end_all() -> bool {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let left = descendants();
        // Halted first: what is still starting others would otherwise be quicker than this loop.
        for signal in [Signal::SIGSTOP, Signal::SIGKILL] {
            for process in &left {
                let _ = kill(Pid::from_raw(process.id), signal);
            }
        }
        let reaped = reap(&mut |_| {});
        if left.is_empty() && reaped {
            return true;
        }
        if Instant::now() >= deadline {
            return false;
        }
        thread::sleep(Duration::from_millis(2));
    }
}

/// Reaps every child that has ended; whether there is none any more.
pub(super) fn reap(see: &mut dyn FnMut(WaitStatus)) -> bool {
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) => return false,
            Ok(status) => see(status),
            Err(Errno::EINTR) => {}
            Err(_) => return true,
        }
    }
}

fn own() -> i32 {
    i32::try_from(process::id()).unwrap_or_default()
}

fn read(id: i32) -> Option<Process> {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name is in parentheses, and may have parentheses of its own.
    let (_, fields) = text.rsplit_once(") ")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    let page = sysconf(SysconfVar::PAGE_SIZE).ok().flatten()?;
    Some(Process {
        id,
        // proc(5) counts from 1 and has the state, here the first, third.
        parent: i32::try_from(number(1)?).ok()?,
        threads: number(17)?,
        resident_bytes: number(21)? * u64::try_from(page).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_read_with_its_parent_and_its_size() {
        let this = read(own()).unwrap();
        assert_eq!(this.parent, nix::unistd::getppid().as_raw());
        assert!(this.threads >= 1 && this.resident_bytes > 100_000);
    }

    #[test]
    fn ones_own_tasks_are_counted() {
        assert!(tasks_of(nix::unistd::getuid().as_raw()) >= 1);
    }
}
