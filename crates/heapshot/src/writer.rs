//! The fork, the child that writes the snapshot, and the parent's wait for it.
//!
//! The child is a copy of a program with threads in which only one thread goes on, so it must not need
//! a lock that another thread may have held: the gate is closed (nobody in the engine), this thread
//! holds stderr's lock (dhat prints a summary). One lock is out of reach, the
//! dynamic loader's (`dlopen`, `dl_iterate_phdr`): a child that hangs on it is killed at the deadline, and the
//! next try will hardly meet it again. It must not disturb what
//! it shares with its parent: it closes every descriptor, ignores the parent's signal handlers, runs no
//! destructor and no `atexit`. Where a sandbox refuses links, a child of the child has dhat write its file (`write_apart`). And it must not outlive its use: it dies with its parent and is killed
//! at the deadline.
#![allow(unsafe_code)]

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, SigmaskHow, Signal, kill, pthread_sigmask};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid};

use crate::command_line;
use crate::document::{self, Found};
use crate::engine::{self, Recording, Totals};
use crate::error::Error;
use crate::gate;
use crate::large;
use crate::names::{self, Names};
use crate::profile::Profile;
use crate::stand_in::StandIn;

/// The highest descriptor that is closed one by one where `close_range` is missing.
const MOST_DESCRIPTORS: i32 = 65_536;

/// Last words that are kept: enough for a panic message.
const MOST_LAST_WORDS: usize = 4096;

/// The file in the private folder that takes the place of what dhat wrote.
pub(crate) const COMPLETED: &str = "completed.json";

/// What the fork left on the parent's side.
pub(crate) struct Forked {
    pub(crate) child: Child,
    /// How long nobody could allocate.
    pub(crate) pause: Duration,
    /// The heap that the child holds.
    pub(crate) live: Totals,
    /// What is recorded of it: all of it, unless samples are.
    pub(crate) recorded: Totals,
}

/// The process that writes. Killed and reaped when dropped, unless it was waited for.
pub(crate) struct Child {
    pid: Pid,
    stderr: File,
    reaped: bool,
}

/// What a child is to do.
pub(crate) struct Task<'a> {
    pub(crate) recording: &'a Recording,
    /// Where it writes to.
    pub(crate) folder: &'a Path,
    /// Twice this is its own alarm clock, for the case that the parent cannot kill it.
    pub(crate) deadline: Duration,
    /// With these addresses it also writes [`document::FOUND`]: who holds most, and the names of these.
    pub(crate) name: Option<&'a [usize]>,
    /// Names that it need not look up. Those that it has looked up it leaves in [`names::NEW`].
    pub(crate) known: Option<&'a Names>,
}

/// Forks a child that does the task and exits.
pub(crate) fn fork(task: &Task<'_>) -> Result<Forked, Error> {
    let parent = Pid::this();
    let (stderr, child_stderr) = pipe().map_err(Error::Fork)?;
    // Everything that allocates is made before the gate is closed.
    let _stderr_lock = io::stderr().lock();
    let blocked = BlockedSignals::new().map_err(Error::Fork)?;

    let started = Instant::now();
    let closed = gate::close();
    let live = engine::live(&closed);
    let recorded = engine::totals(&closed);
    let hidden = large::hide(&closed);
    // SAFETY: the child calls nothing that waits for another thread; see the module's comment.
    let forked = unsafe { nix::unistd::fork() };
    match forked {
        Ok(ForkResult::Child) => {
            // The gate stays closed for this thread: its allocations go to the system's allocator.
            std::mem::forget((hidden, closed));
            let code = catch_unwind(AssertUnwindSafe(|| {
                child(task, parent, &child_stderr, recorded)
            }));
            // SAFETY: `_exit` ends the process at once; nothing of the parent's is torn down.
            unsafe { libc::_exit(i32::from(!matches!(code, Ok(Ok(()))))) }
        }
        Ok(ForkResult::Parent { child }) => {
            drop((hidden, closed)); // in this order
            let pause = started.elapsed();
            drop(blocked);
            Ok(Forked {
                child: Child {
                    pid: child,
                    stderr: stderr.into(),
                    reaped: false,
                },
                pause,
                live,
                recorded,
            })
        }
        Err(errno) => Err(Error::Fork(errno.into())),
    }
}

impl Child {
    /// Waits until the child has exited; it is reaped in any case.
    pub(crate) fn wait(mut self, deadline: Duration) -> Result<(), Error> {
        let Some(last_words) = self.read_until_closed(Instant::now() + deadline) else {
            return Err(Error::TimedOut { deadline }); // dropping self kills and reaps
        };
        let status = self.reap();
        match status {
            Ok(WaitStatus::Exited(_, 0)) => Ok(()),
            // The program reaps all its children itself, so how ours ended is not known. What it left is
            // checked by the child, which says so last.
            Err(Errno::ECHILD) if last_words.ends_with(WHOLE) => Ok(()),
            status => {
                if let Ok(WaitStatus::Signaled(_, Signal::SIGSEGV | Signal::SIGBUS, _)) = status {
                    large::spare_no_more();
                }
                Err(Error::ChildFailed {
                    status: describe(status),
                    last_words: if last_words.trim().is_empty() {
                        "it said nothing".to_owned()
                    } else {
                        last_words.trim().to_owned()
                    },
                })
            }
        }
    }

    /// What the child wrote to its stderr until that was closed, which its exit does; `None` when the
    /// deadline came first.
    fn read_until_closed(&mut self, deadline: Instant) -> Option<String> {
        let mut words = Vec::new();
        let mut buffer = [0; 1024];
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            let mut fds = [PollFd::new(self.stderr.as_fd(), PollFlags::POLLIN)];
            let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
            match poll(&mut fds, timeout) {
                Ok(0) | Err(Errno::EINTR) => continue,
                Ok(_) => {}
                Err(_) => return None,
            }
            match self.stderr.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => words.extend_from_slice(&buffer[..n]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
            let excess = words.len().saturating_sub(MOST_LAST_WORDS);
            words.drain(..excess);
        }
        Some(String::from_utf8_lossy(&words).into_owned())
    }

    fn reap(&mut self) -> Result<WaitStatus, Errno> {
        self.reaped = true;
        loop {
            match waitpid(self.pid, None) {
                Err(Errno::EINTR) => {}
                status => return status,
            }
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if !self.reaped {
            let _ = kill(self.pid, Signal::SIGKILL);
            let _ = self.reap();
        }
    }
}

/// The last line of a child that wrote a whole snapshot.
const WHOLE: &str = "heapshot: whole\n";

/// All that the child does.
fn child(task: &Task<'_>, parent: Pid, stderr: &OwnedFd, recorded: Totals) -> Result<(), ()> {
    let complain = |what: &str, error: &dyn std::fmt::Display| {
        let _ = writeln!(io::stderr(), "{what}: {error}");
    };
    die_with(parent);
    ring_after(2 * task.deadline);
    keep_only(stderr).map_err(|error| complain("cannot detach from the parent", &error))?;
    nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o077));
    std::env::set_current_dir(task.folder)
        .map_err(|error| complain("cannot enter the snapshot's folder", &error))?;

    let _ = command_line::blank();
    let is_stood_in = write_profile(task).map_err(|error| complain("cannot write", &error))?;

    let every = gate::every();
    let file = File::open(engine::FILE_NAME)
        .map_err(|error| complain("the snapshot is missing", &error))?;
    let mut profile =
        Profile::read(file, recorded).map_err(|error| complain("bad snapshot", &error))?;
    profile.set_command_line(&task.recording.command_line);
    if let Some(addresses) = task.name {
        let found = Found::new(profile.largest(every), addresses);
        leave(document::FOUND, &found)
            .map_err(|error| complain("cannot write what it found", &error))?;
    }
    let new = if profile.lacks_names() {
        let is_valid = is_stood_in && !StandIn::was_anything_unloaded();
        let new = profile.name_frames(task.known.filter(|_| is_valid));
        is_valid.then_some(new)
    } else {
        None
    };
    if every != 0 {
        profile.tell_apart();
    }
    let file = rewrite(&profile).map_err(|error| complain("cannot write the snapshot", &error))?;
    if let Some(new) = new.filter(|new| !new.is_empty()) {
        leave(names::NEW, &new).map_err(|error| complain("cannot write names", &error))?;
    }
    file.sync_all()
        .map_err(|error| complain("cannot sync the snapshot", &error))?;
    let _ = io::stderr().write_all(WHOLE.as_bytes());
    Ok(())
}

/// Has dhat write its file; whether without names, which are then to be looked up here.
fn write_profile(task: &Task<'_>) -> io::Result<bool> {
    if !StandIn::can_be_taken_away() {
        // A process of its own has the stand-in, and takes it along. So this one sees the program's own files.
        return write_apart(task).map(|()| true);
    }
    let stand_in = StandIn::put();
    // SAFETY: this is the fork, and this its only call.
    unsafe { task.recording.write() };
    if let Some(stand_in) = &stand_in {
        stand_in.take_away()?;
    }
    Ok(stand_in.is_some())
}

/// Has dhat write its file in a child of this child.
fn write_apart(task: &Task<'_>) -> io::Result<()> {
    let parent = Pid::this();
    // SAFETY: this process has one thread, and holds the locks that the child needs.
    match unsafe { nix::unistd::fork() }? {
        ForkResult::Child => {
            let written = catch_unwind(AssertUnwindSafe(|| {
                die_with(parent);
                ring_after(2 * task.deadline);
                let _stand_in = StandIn::put();
                // SAFETY: this is a fork, and this its only call.
                unsafe { task.recording.write() };
            }));
            // SAFETY: as at the end of its parent.
            unsafe { libc::_exit(i32::from(written.is_err())) }
        }
        ForkResult::Parent { child } => loop {
            match waitpid(child, None) {
                Err(Errno::EINTR) => {}
                // The program ignores how its children end. The file is checked next, in any case.
                Ok(WaitStatus::Exited(_, 0)) | Err(Errno::ECHILD) => return Ok(()),
                // The parent learns from such a signal that its child needs all of its memory: see `Child::wait`.
                Ok(WaitStatus::Signaled(_, signal @ (Signal::SIGSEGV | Signal::SIGBUS), _)) => {
                    end_by(signal);
                }
                status => return Err(io::Error::other(describe(status))),
            }
        },
    }
}

/// Writes something for the parent.
fn leave(name: &str, what: &impl serde::Serialize) -> io::Result<()> {
    std::fs::write(name, serde_json::to_vec(what)?)
}

/// Puts what dhat wrote, completed, in the place of what dhat wrote.
fn rewrite(profile: &Profile) -> io::Result<File> {
    let file = File::create(COMPLETED)?;
    profile.write(BufWriter::new(&file))?;
    std::fs::rename(COMPLETED, engine::FILE_NAME)?;
    Ok(file)
}

/// The child is killed when the thread that forked it ends, be it with its whole process.
fn die_with(parent: Pid) {
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_pdeathsig(Signal::SIGKILL);
    if Pid::parent() != parent {
        // SAFETY: as at the end of the child.
        unsafe { libc::_exit(1) }
    }
}

/// Ends the child after `deadline`, by a signal that nothing handles.
fn ring_after(deadline: Duration) {
    let seconds = u32::try_from(deadline.as_secs()).unwrap_or(u32::MAX);
    // SAFETY: the default action replaces whatever handler the program had, which is the purpose.
    let _ =
        unsafe { nix::sys::signal::signal(Signal::SIGALRM, nix::sys::signal::SigHandler::SigDfl) };
    let mut alarm = SigSet::empty();
    alarm.add(Signal::SIGALRM);
    let _ = pthread_sigmask(SigmaskHow::SIG_UNBLOCK, Some(&alarm), None);
    nix::unistd::alarm::set(seconds.max(1));
}

/// Ends this process by a signal, whatever the program does on it.
fn end_by(signal: Signal) -> ! {
    // SAFETY: the default action replaces the program's handler, which is the purpose.
    let _ = unsafe { nix::sys::signal::signal(signal, nix::sys::signal::SigHandler::SigDfl) };
    let _ = pthread_sigmask(
        SigmaskHow::SIG_UNBLOCK,
        Some(&SigSet::from_iter([signal])),
        None,
    );
    let _ = nix::sys::signal::raise(signal);
    // SAFETY: as at the end of the child.
    unsafe { libc::_exit(1) }
}

/// Makes `stderr` descriptor 2, closes all others — the parent's sockets and files — and silences 0 and 1.
fn keep_only(stderr: &OwnedFd) -> io::Result<()> {
    duplicate(stderr.as_raw_fd(), 2)?;
    close_from(3);
    let null = File::options().read(true).write(true).open("/dev/null")?;
    duplicate(null.as_raw_fd(), 0)?;
    duplicate(null.as_raw_fd(), 1)
}

fn duplicate(from: RawFd, to: RawFd) -> io::Result<()> {
    // SAFETY: `from` is open, and nothing that the child still uses owns `to`.
    match unsafe { libc::dup2(from, to) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

fn close_from(first: RawFd) {
    #[cfg(target_os = "linux")]
    {
        // SAFETY: closes descriptors only; their owners in the child's memory are never dropped.
        if unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, 0) } == 0 {
            return;
        }
    }
    // SAFETY: asks for a number.
    let open_max = unsafe { libc::sysconf(libc::_SC_OPEN_MAX) };
    let most = i32::try_from(open_max).unwrap_or(MOST_DESCRIPTORS);
    for descriptor in first..most.min(MOST_DESCRIPTORS) {
        // SAFETY: as above.
        unsafe { libc::close(descriptor) };
    }
}

/// A pipe whose ends no `exec` inherits.
fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let (reader, writer) = io::pipe()?;
    Ok((reader.into(), writer.into()))
}

/// All signals blocked on this thread until dropped, so that none of the program's handlers runs in the
/// child, where it would write into descriptors that the child has made something else of.
struct BlockedSignals {
    before: SigSet,
}

impl BlockedSignals {
    fn new() -> io::Result<Self> {
        let mut before = SigSet::empty();
        pthread_sigmask(
            SigmaskHow::SIG_SETMASK,
            Some(&SigSet::all()),
            Some(&mut before),
        )?;
        Ok(Self { before })
    }
}

impl Drop for BlockedSignals {
    fn drop(&mut self) {
        let _ = pthread_sigmask(SigmaskHow::SIG_SETMASK, Some(&self.before), None);
    }
}

fn describe(status: Result<WaitStatus, Errno>) -> String {
    match status {
        Ok(WaitStatus::Exited(_, code)) => format!("exit status {code}"),
        Ok(WaitStatus::Signaled(_, signal, _)) => format!("killed by {signal}"),
        Ok(other) => format!("{other:?}"),
        Err(errno) => format!("how it ended is unknown: {errno}"),
    }
}
