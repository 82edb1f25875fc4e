//! The ceiling, kept: what happens when the count of held memory passes a mark, and the thread that takes the snapshot
//! near it. The end itself is in `end`.
//!
//! ```text
//!            near                 ceiling              ceiling + margin
//! Exit   ──── wakes the keeper ──── end
//! Shed   ──── wakes the keeper ──── wakes the keeper ──── end
//! ```
//!
//! Everything here may run in the middle of any allocation, in a thread that may hold any lock of the program. So it takes
//! none; the keeper is a thread of its own, which exists since the start.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::ceiling::{AtLimit, Ceiling, Mebibytes, Usage};
use crate::count::{self, Grant};
use crate::document::{Found, Metadata};
use crate::end;
use crate::engine::Recording;
use crate::error::Error;
use crate::gate;
use crate::private;
use crate::site::to_blame;
use crate::snapshot::{self, Order, Snapshot};

static LIMIT: OnceLock<Limit> = OnceLock::new();

/// Something is to be done by the keeper.
static WANTED: AtomicBool = AtomicBool::new(false);

/// A thread has come to the end: what the keeper still writes is of no use to anybody.
pub(crate) static ENDING: AtomicBool = AtomicBool::new(false);

/// How often the keeper looks whether the heap has shrunk again, after it was near the ceiling.
const SECOND_LOOK: Duration = Duration::from_secs(5);

/// The longest that one try to take the last snapshot may take.
const LONGEST_END: Duration = Duration::from_secs(60);

/// The ceiling of this process.
pub(crate) struct Limit {
    pub(crate) ceiling: Ceiling,
    near: usize,
    full: usize,
    end: usize,
    recording: &'static Recording,
    started: Instant,
    deadline: Duration,
    keeper: Thread,
    /// The program, as its messages begin.
    program: String,
    /// The last snapshot that was published, with who holds most of it. Held for moments only, and never while waiting.
    pub(crate) last: Mutex<Option<(Snapshot, Found)>>,
}

/// Why a snapshot is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    Near,
    /// At the ceiling, where the program turns work away.
    Shedding,
    /// For this allocation, which is not granted.
    End(Asked),
}

/// What an allocation wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Bytes of the block.
    pub(crate) size: usize,
    /// Bytes more than it has.
    pub(crate) more: usize,
}

/// From now on `ceiling` holds.
pub(crate) fn start(
    ceiling: Ceiling,
    recording: &'static Recording,
    started: Instant,
    deadline: Duration,
) -> Result<(), Error> {
    private::remove_abandoned(private::folder_of(&ceiling.snapshot));
    let full = usize::try_from(ceiling.bytes).unwrap_or(usize::MAX);
    let margin = usize::try_from(Ceiling::margin(ceiling.bytes)).unwrap_or(usize::MAX);
    let program = std::env::args_os().next().unwrap_or_default();
    let program = Path::new(&program).file_name().unwrap_or_default();
    let keeper = thread::Builder::new()
        .name("heapshot".to_owned())
        .spawn(keep)
        .map_err(Error::Fork)?;
    let limit = LIMIT.get_or_init(|| Limit {
        near: full / 100 * usize::from(ceiling.near_percent),
        full,
        end: match ceiling.at_limit {
            AtLimit::Exit => full,
            AtLimit::Shed => full.saturating_add(margin),
        },
        ceiling,
        recording,
        started,
        deadline,
        keeper: keeper.thread().clone(),
        program: program.to_string_lossy().into_owned(),
        last: Mutex::new(None),
    });
    count::mark(limit.near);
    Ok(())
}

/// Whether this process may not come to hold so many bytes. Called by every allocation above the mark.
pub(crate) fn is_over(bytes: usize) -> bool {
    let Some(limit) = LIMIT.get() else {
        return false;
    };
    if bytes > limit.end {
        return true;
    }
    if bytes > limit.near && bytes > count::marked() {
        let next = if bytes > limit.full {
            limit.end
        } else {
            limit.full
        };
        count::mark(next);
        WANTED.store(true, Ordering::Release);
        limit.keeper.unpark();
    }
    false
}

/// Ends the process if it has a ceiling.
pub(crate) fn not_granted(asked: Asked, grant: Grant) {
    if let Some(limit) = LIMIT.get() {
        end::end(limit, asked, grant);
    }
}

/// What is in use, if there is a ceiling.
pub(crate) fn usage() -> Option<Usage> {
    let limit = LIMIT.get()?;
    Some(Usage {
        bytes: count::held() as u64,
        ceiling: limit.ceiling.bytes,
    })
}

impl Limit {
    /// Takes the snapshot. `addresses` are the allocation's that is not granted.
    pub(crate) fn snapshot(
        &self,
        reason: Reason,
        addresses: &[usize],
    ) -> Result<(Snapshot, Found), Error> {
        let path = &self.ceiling.snapshot;
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(Error::io("make the folder", folder))?;
        }
        let held = count::held();
        let order = Order {
            recording: self.recording,
            path,
            uptime: self.started.elapsed(),
            deadline: match reason {
                Reason::End(_) => self.deadline_at_end(),
                _ => self.deadline,
            },
            name: Some(addresses),
        };
        let written = snapshot::write(&order, |_| ())?;
        if reason.is_superseded() {
            return Err(Error::Busy);
        }
        let found = written.found()?;
        let mut metadata = (self.ceiling.metadata)();
        metadata.insert("near_limit".to_owned(), self.metadata(reason, held, &found));
        let taken = (written.publish(metadata)?, found);
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(taken.clone());
        Ok(taken)
    }

    /// How long a snapshot may take while everything waits for it.
    pub(crate) fn deadline_at_end(&self) -> Duration {
        self.deadline.min(LONGEST_END)
    }

    /// How its messages begin: `leaky-server: `.
    pub(crate) fn begin(&self) -> String {
        format!("{}: ", self.program)
    }

    fn metadata(&self, reason: Reason, held: usize, found: &Found) -> serde_json::Value {
        let mut about = Metadata::new();
        about.insert("reason".to_owned(), reason.word().into());
        about.insert("ceiling_bytes".to_owned(), self.ceiling.bytes.into());
        about.insert("used_bytes".to_owned(), held.into());
        if let Reason::End(asked) = reason {
            about.insert("requested_bytes".to_owned(), asked.size.into());
            let frames: Vec<_> = found.asked.iter().map(ToString::to_string).collect();
            about.insert("requested_at".to_owned(), json!(frames));
            if let Some(frame) = to_blame(&found.asked) {
                about.insert("requested_by".to_owned(), json!(frame.to_string()));
            }
        }
        if let Some(top) = &found.top {
            about.insert("most_bytes".to_owned(), top.bytes.into());
            about.insert("most_at".to_owned(), json!(top.frame.to_string()));
        }
        about.into()
    }

    /// The line of the log about a snapshot that was taken in passing.
    fn tell(&self, reason: Reason) -> Option<String> {
        let used = Mebibytes(count::held() as u64);
        let allowed = Mebibytes(self.ceiling.bytes);
        let what = match reason {
            Reason::Near => format!("near the heap ceiling: {used} of {allowed} in use"),
            _ => format!(
                "above the heap ceiling: {used} in use, {allowed} allowed; work is turned away"
            ),
        };
        let taken = self.snapshot(reason, &[]);
        if !(taken.is_err() && reason.is_superseded()) {
            (self.ceiling.on_snapshot)(taken.as_ref().map(|(shot, _)| shot));
        }
        let text = match taken {
            Ok((shot, found)) => {
                let most = found
                    .top
                    .map(|top| format!("; most of it: {top}"))
                    .unwrap_or_default();
                format!("{what}{most}; snapshot: {}", shot.path.display())
            }
            Err(_) if reason.is_superseded() => return None,
            Err(error) => format!("{what}; no snapshot: {error}"),
        };
        Some(format!("{}{text}\n", self.begin()))
    }
}

impl Reason {
    /// In the metadata.
    fn word(self) -> &'static str {
        match self {
            Self::Near => "near",
            Self::Shedding => "shedding",
            Self::End(_) => "end",
        }
    }

    fn is_superseded(self) -> bool {
        !matches!(self, Self::End(_)) && ENDING.load(Ordering::Acquire)
    }
}

/// The keeper: waits, takes a snapshot when it is woken, and sets the mark back once the heap has shrunk.
fn keep() {
    let _own = gate::keep();
    loop {
        thread::park();
        let Some(limit) = LIMIT.get() else { continue };
        loop {
            if WANTED.swap(false, Ordering::AcqRel) {
                let is_full = count::held() > limit.full;
                let reason = if is_full {
                    Reason::Shedding
                } else {
                    Reason::Near
                };
                if let Some(line) = limit.tell(reason) {
                    say(&line);
                }
            }
            if count::held() < limit.near / 4 * 3 {
                count::mark(limit.near);
                break;
            }
            if !WANTED.load(Ordering::Acquire) {
                thread::park_timeout(SECOND_LOOK);
            }
        }
    }
}

/// Writes to stderr without its lock, which a thread that waits may hold.
pub(crate) fn say(text: &str) {
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        match nix::unistd::write(io::stderr(), rest) {
            Ok(written) => rest = &rest[written..],
            Err(nix::errno::Errno::EINTR) => {}
            Err(_) => break,
        }
    }
}
