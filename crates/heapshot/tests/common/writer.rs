//! Catching the child that writes a snapshot: of this process, however soon it would be done; and of another one, whose
//! first snapshot takes a while.

use std::fs;
use std::path::PathBuf;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use nix::sys::signal::{Signal, kill, raise};
use nix::unistd::Pid;

use super::{LONG, children_of, wait_for};

/// Whether the next child stops itself.
static STOPS: AtomicBool = AtomicBool::new(false);

/// The next child that this process forks; asked for before the snapshot is.
pub struct NextWriter {
    /// What this process runs. A test's other children run other programs.
    program: Option<PathBuf>,
}

/// From here on the next writer stops as soon as it exists.
#[allow(unsafe_code)]
pub fn next_writer() -> NextWriter {
    static HANDLERS: Once = Once::new();
    HANDLERS.call_once(|| {
        // SAFETY: the handlers store a flag, and in the child make two system calls; they stay for as long as the process.
        let failed = unsafe { nix::libc::pthread_atfork(None, Some(go_on), Some(stop)) };
        assert_eq!(failed, 0);
    });
    STOPS.store(true, Ordering::SeqCst);
    NextWriter {
        program: program_of(Pid::this()),
    }
}

impl NextWriter {
    /// The writer, once it is there and has stopped. It dies with the thread that asked for the snapshot.
    ///
    /// # Panics
    /// When none comes within [`LONG`].
    pub fn stopped(self) -> Pid {
        wait_for("the writer to stop", || {
            children_of(std::process::id())
                .into_iter()
                .find(|(child, state)| *state == 'T' && program_of(*child) == self.program)
                .map(|(child, _)| child)
        })
    }
}

impl Drop for NextWriter {
    fn drop(&mut self) {
        STOPS.store(false, Ordering::SeqCst);
    }
}

fn program_of(process: Pid) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{process}/exe")).ok()
}

extern "C" fn go_on() {
    STOPS.store(false, Ordering::SeqCst);
}

extern "C" fn stop() {
    if STOPS.load(Ordering::SeqCst) {
        // Were the test to fail, nobody would let it go on.
        let _ = nix::sys::prctl::set_pdeathsig(Signal::SIGKILL);
        let _ = raise(Signal::SIGSTOP);
    }
}

/// Stops the child that writes a snapshot for `parent`, another process, when it is at work: in its private folder, and so
/// bound already to die with its parent. Stopped before that it could do so only once continued.
///
/// A child is stopped as soon as it is seen, and goes on step by step until it is at work; and nobody sleeps meanwhile.
///
/// # Panics
/// When none comes within [`LONG`].
pub fn stop_writer_of(parent: u32) -> Pid {
    let deadline = Instant::now() + LONG;
    loop {
        for (child, state) in children_of(parent) {
            if state == 'Z' || kill(child, Signal::SIGSTOP).is_err() {
                continue;
            }
            let stopped = wait_for("the writer to stop or to end", || {
                let children = children_of(parent).into_iter();
                match children
                    .filter(|(pid, _)| *pid == child)
                    .map(|(_, state)| state)
                    .next()
                {
                    Some('T') => Some(true),
                    None | Some('Z') => Some(false),
                    Some(_) => None,
                }
            });
            if stopped && at_work(child) {
                return child;
            }
            let _ = kill(child, Signal::SIGCONT);
        }
        assert!(
            Instant::now() < deadline,
            "waited too long for the writer to be at work"
        );
        std::thread::yield_now();
    }
}

fn at_work(process: Pid) -> bool {
    fs::read_link(format!("/proc/{process}/cwd")).is_ok_and(|folder| {
        let name = folder.file_name().unwrap_or_default();
        name.to_string_lossy().starts_with(".heapshot-")
    })
}
