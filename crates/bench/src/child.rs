//! A process that a measurement starts. Nothing of it survives the measurement.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{self, Command};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

/// A child in a process group of its own, which is killed and reaped when dropped.
#[derive(Debug)]
pub struct Child {
    inner: process::Child,
}

impl Child {
    /// Starts it.
    ///
    /// # Errors
    /// When the system does.
    pub fn spawn(command: &mut Command) -> io::Result<Self> {
        let inner = command.process_group(0).spawn()?;
        Ok(Self { inner })
    }

    /// The process, for its pipes.
    pub fn process(&mut self) -> &mut process::Child {
        &mut self.inner
    }

    /// Its number.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.inner.id()
    }

    fn signal(&self, signal: Signal) {
        if let Ok(id) = i32::try_from(self.inner.id()) {
            let _ = killpg(Pid::from_raw(id), signal);
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Whoever was waited for has been reaped, and its number may be another's by now.
        if !matches!(self.inner.try_wait(), Ok(Some(_))) {
            self.signal(Signal::SIGKILL);
            let _ = self.inner.wait();
        }
    }
}
