//! The end at the ceiling: a thread asked for more than there is. It takes the snapshot itself, says why, and ends the
//! process.
//!
//! It is this very thread that forks, and no other, because of the locks that it may hold: a lock that this thread holds
//! is held by the child's only thread too, which may take it again (stderr's, the loader's, the stack unwinder's can be
//! taken twice), while a lock held by another thread stays locked in the child for ever. Who comes here waits for stderr's
//! lock, which he may hold already; so several threads come to the end one by one, and whoever could be in the way is
//! let in at once. A child that hangs all the same is killed at the deadline, and the next thread tries. Should everything
//! hang, the alarm ends the process.
//!
//! Nothing is given back: no destructor runs, no other lock is taken, and the thread never returns.
#![allow(unsafe_code)]

use std::fmt::Write as _;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, pthread_sigmask, sigaction,
};

use crate::ceiling::{EXIT_CODE, Mebibytes, Thousands};
use crate::count::{self, Grant};
use crate::document::Found;
use crate::error::Error;
use crate::gate;
use crate::limit::{Asked, ENDING, Limit, Reason, say};
use crate::private;
use crate::site::{Stack, to_blame};
use crate::snapshot::Snapshot;

/// Threads that have come to the end and have not given up.
static WAITING: AtomicUsize = AtomicUsize::new(0);

/// Allocations from this size on are told of with their size, in bytes.
const LARGE: usize = 1 << 20;

/// How often a thread tries.
const TRIES: usize = 2;

/// Ends the process for an allocation that is not granted.
pub(crate) fn end(limit: &Limit, asked: Asked, grant: Grant) -> ! {
    let used = count::held();
    let _own = gate::keep();
    let stack = Stack::capture();
    ENDING.store(true, Ordering::Release);
    WAITING.fetch_add(1, Ordering::AcqRel);
    ring_after(limit);
    let stderr = io::stderr().lock();

    let mut taken = Err(Error::Busy);
    for _ in 0..TRIES {
        taken = limit.snapshot(Reason::End(asked), stack.addresses());
        if taken.is_ok() {
            break;
        }
    }
    if taken.is_err() && WAITING.fetch_sub(1, Ordering::AcqRel) > 1 {
        drop(stderr);
        loop {
            thread::park(); // another one tries, and ends the process
        }
    }
    say(&last_message(limit, asked, used, grant, &taken));
    private::remove_own(private::folder_of(&limit.ceiling.snapshot));
    // SAFETY: ends the process at once. Other threads wait for locks that this one may hold.
    unsafe { libc::_exit(EXIT_CODE) }
}

fn last_message(
    limit: &Limit,
    asked: Asked,
    used: usize,
    grant: Grant,
    taken: &Result<(Snapshot, Found), Error>,
) -> String {
    let mut text = limit.begin();
    let before = Mebibytes(used.saturating_sub(asked.more) as u64);
    let allowed = Mebibytes(limit.ceiling.bytes);
    let more = Mebibytes(asked.more as u64);
    let _ = match grant {
        Grant::Given => writeln!(
            text,
            "out of memory: the system refused {} bytes; {} in use, {allowed} allowed",
            asked.size, before
        ),
        Grant::Over if asked.more >= LARGE => writeln!(
            text,
            "heap ceiling reached: {allowed} allowed, {before} in use, {more} more asked for"
        ),
        Grant::Over => writeln!(
            text,
            "heap ceiling reached: {allowed} allowed, {before} in use"
        ),
        Grant::OverUnrecorded => writeln!(
            text,
            "heap ceiling reached: {allowed} allowed, {before} in use, and to record one block more the recorder's table must double"
        ),
    };
    let kept = limit.last.try_lock();
    let (found, shot) = match taken {
        Ok((shot, found)) => (Some(found), Some(shot)),
        Err(error) => {
            let _ = writeln!(text, "  no snapshot:  {error}");
            let kept = kept.as_ref().ok().and_then(|kept| kept.as_ref());
            (kept.map(|(_, found)| found), kept.map(|(shot, _)| shot))
        }
    };
    if let Some(found) = found {
        if let Some(frame) = to_blame(&found.asked) {
            let _ = writeln!(text, "  asked for at: {frame}");
        }
        if let Some(top) = &found.top {
            let _ = writeln!(text, "  most of it:   {top}");
        }
    }
    if let Some(shot) = shot {
        let path = shot.path.display();
        let (live, blocks) = (Mebibytes(shot.live_bytes), Thousands(shot.live_blocks));
        let note = if grant == Grant::Over && asked.more >= LARGE {
            ", with what was asked for"
        } else {
            "; the rest is what allocating and recording them takes"
        };
        let _ = writeln!(text, "  live heap:    {live} in {blocks} blocks{note}");
        let _ = writeln!(text, "  snapshot:     {path}");
        let _ = writeln!(text, "See who holds it: heapdiff show {path}");
    }
    text
}

/// Ends the process when even that takes too long: for a thread that tries twice, and one more that tries after it.
fn ring_after(limit: &Limit) {
    let seconds = limit.deadline_at_end().as_secs().saturating_mul(4).max(1);
    let action = SigAction::new(
        SigHandler::Handler(give_up),
        SaFlags::empty(),
        SigSet::empty(),
    );
    // SAFETY: the handler calls nothing but write and _exit. A handler of the program's is replaced: its process ends.
    let _ = unsafe { sigaction(Signal::SIGALRM, &action) };
    let mut alarm = SigSet::empty();
    alarm.add(Signal::SIGALRM);
    let _ = pthread_sigmask(SigmaskHow::SIG_UNBLOCK, Some(&alarm), None);
    nix::unistd::alarm::set(u32::try_from(seconds).unwrap_or(u32::MAX));
}

extern "C" fn give_up(_: libc::c_int) {
    const TEXT: &[u8] = b"heap ceiling reached; the snapshot of it hangs and is given up\n";
    // SAFETY: both may be called in a signal handler.
    unsafe {
        libc::write(2, TEXT.as_ptr().cast(), TEXT.len());
        libc::_exit(EXIT_CODE)
    }
}
