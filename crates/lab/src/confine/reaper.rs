//! Process 1 of a program's own processes: it reaps orphans, and ends all others with it.

use std::io;
use std::os::fd::AsFd;
use std::process::ExitCode;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl;
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

use super::{enter, processes};

/// Reaps until its standard input, which the supervisor holds, is closed.
pub(super) fn reap() -> ExitCode {
    let wait = || -> anyhow::Result<()> {
        prctl::set_no_new_privs()?;
        enter::give_up_capabilities(enter::Capabilities::empty())?;
        let child = SigSet::from_iter([Signal::SIGCHLD]);
        child.thread_block()?;
        let told = SignalFd::with_flags(&child, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)?;
        let stdin = io::stdin();
        loop {
            processes::reap(&mut |_| {});
            let mut wait = [
                PollFd::new(stdin.as_fd(), PollFlags::POLLIN),
                PollFd::new(told.as_fd(), PollFlags::POLLIN),
            ];
            poll(&mut wait, PollTimeout::NONE)?;
            // Nobody writes to it: whatever is told of it is its end.
            if wait[0].any().unwrap_or(true) {
                return Ok(());
            }
            while matches!(told.read_signal(), Ok(Some(_))) {}
        }
    };
    match wait() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(125),
    }
}
