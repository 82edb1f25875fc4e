//! The processes of a document: each in a group of its own, none waited for without a deadline, none left behind.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

/// What a command did.
pub(crate) struct Finished {
    /// `None`: it was killed at the deadline.
    pub(crate) status: Option<ExitStatus>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs a command to its end, or kills it, with all that it started, at the deadline.
pub(crate) fn run(mut command: Command, deadline: Duration) -> io::Result<Finished> {
    // Files and not pipes: a process that it leaves behind could hold a pipe open.
    let (mut stdout, mut stderr) = (tempfile::tempfile()?, tempfile::tempfile()?);
    let mut child = command
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(stdout.try_clone()?)
        .stderr(stderr.try_clone()?)
        .spawn()?;
    let id = child.id();
    let (sender, ended) = channel();
    let waiting = thread::spawn(move || {
        let _ = sender.send(child.wait());
    });
    let status = if let Ok(status) = ended.recv_timeout(deadline) {
        Some(status?)
    } else {
        kill_group(id);
        None
    };
    let _ = waiting.join();
    Ok(Finished {
        status,
        stdout: content(&mut stdout)?,
        stderr: content(&mut stderr)?,
    })
}

/// A command that goes on until this is dropped, or until this process ends in whatever way.
pub(crate) struct Server {
    child: Child,
    /// Never written to. When it closes, the group kills itself.
    leash: Option<ChildStdin>,
    lines: Receiver<String>,
    /// What it has printed so far.
    pub(crate) printed: Vec<String>,
    stderr: File,
}

impl Server {
    /// Starts `script` in `bash`.
    pub(crate) fn start(mut bash: Command, script: &str) -> io::Result<Self> {
        let stderr = tempfile::tempfile()?;
        let leashed = format!("(read -r _; kill -KILL 0) <&0 & exec </dev/null; {script}");
        let mut child = bash
            .args(["-c", &leashed])
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(stderr.try_clone()?)
            .spawn()?;
        let (sender, lines) = channel();
        let stdout = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        // Reads on after the document has seen enough, so that the server never waits for a reader.
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        Ok(Self {
            leash: child.stdin.take(),
            child,
            lines,
            printed: Vec::new(),
            stderr,
        })
    }

    /// Waits until what it printed is `enough`; whether it came to that.
    pub(crate) fn prints(
        &mut self,
        deadline: Duration,
        mut enough: impl FnMut(&[String]) -> bool,
    ) -> bool {
        let end = Instant::now() + deadline;
        while !enough(&self.printed) {
            match self
                .lines
                .recv_timeout(end.saturating_duration_since(Instant::now()))
            {
                Ok(line) => self.printed.push(line),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return false,
            }
        }
        true
    }

    pub(crate) fn stderr(&mut self) -> String {
        content(&mut self.stderr).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        kill_group(self.child.id());
        let _ = self.child.wait();
    }
}

fn kill_group(leader: u32) {
    if let Ok(id) = i32::try_from(leader) {
        let _ = killpg(Pid::from_raw(id), Signal::SIGKILL);
    }
}

fn content(file: &mut File) -> io::Result<String> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[test]
fn a_server_does_not_outlive_the_test_that_started_it() {
    let started = Instant::now();
    let deadline = Duration::from_secs(60);
    let mut server = Server::start(Command::new("bash"), "echo ready; exec sleep 1000").unwrap();
    assert!(server.prints(deadline, |lines| lines == ["ready"]));
    drop(server.leash.take());
    server.prints(deadline, |_| false); // until its output closes
    assert!(started.elapsed() < deadline, "it goes on");
    assert!(!server.child.wait().unwrap().success());
}
