//! A process that the lab starts, with all that it starts in turn. Nothing of it survives the lab.

use std::io;
use std::process::ExitStatus;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

/// How long a killed process may take to end.
const LAST_BREATH: Duration = Duration::from_secs(1);

/// How long a supervisor may take to end all that it looks after, while the lab goes on: killed before that, it could not
/// say what came of its program.
const LAST_ROUND: Duration = Duration::from_secs(15);

/// A child in a process group of its own. Killed, group and all, when dropped before it has ended.
#[derive(Debug)]
pub(crate) struct Group {
    child: Child,
    supervised: bool,
}

impl Group {
    pub(crate) fn spawn(mut command: Command) -> io::Result<Self> {
        let child = command.process_group(0).kill_on_drop(true).spawn()?;
        Ok(Self {
            child,
            supervised: false,
        })
    }

    /// A supervisor (`confine`), which is told to end, and ends what it looks after, before it is killed itself.
    pub(crate) fn supervised(command: Command) -> io::Result<Self> {
        let mut group = Self::spawn(command)?;
        group.supervised = true;
        Ok(group)
    }

    pub(crate) fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    pub(crate) fn take_stderr(&mut self) -> Option<ChildStderr> {
        self.child.stderr.take()
    }

    pub(crate) fn take_stdin(&mut self) -> Option<ChildStdin> {
        self.child.stdin.take()
    }

    pub(crate) async fn wait(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Kills the group and reaps the child.
    pub(crate) async fn kill(mut self) {
        if self.supervised {
            self.signal(Signal::SIGTERM);
            let _ = timeout(LAST_ROUND, self.child.wait()).await;
        }
        self.signal(Signal::SIGKILL);
        let _ = self.child.wait().await;
    }

    fn signal(&self, signal: Signal) {
        // No id: it has been reaped, and the number may be another's by now.
        if let Some(id) = self.child.id().and_then(|id| i32::try_from(id).ok()) {
            let _ = killpg(Pid::from_raw(id), signal);
        }
    }

    /// Waits without the runtime, which may be ending: nobody else would reap it.
    fn linger(&mut self, most: Duration) {
        let deadline = Instant::now() + most;
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if self.supervised {
            self.signal(Signal::SIGTERM);
            self.linger(LAST_BREATH); // the lab is ending, and ends what the supervisor leaves (`ending`)
        }
        self.signal(Signal::SIGKILL);
        self.linger(LAST_BREATH);
    }
}
