//! The recorder: starts once a process, hands out snapshots and the live count.

use std::ffi::OsString;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, TryLockError};
use std::time::{Duration, Instant};

use crate::ceiling::{Ceiling, Usage};
use crate::command_line;
use crate::count;
use crate::document::Metadata;
use crate::engine::{self, Recording};
use crate::error::Error;
use crate::gate;
use crate::sampled;
use crate::snapshot::{self, Frozen, Order, Snapshot};

/// The recording; the child of a fork ends its copy.
static RECORDING: OnceLock<Recording> = OnceLock::new();

/// Held by whoever takes a snapshot, so that there is one at a time. Those of the ceiling do not wait for it: at the end
/// they cannot wait for anybody.
static TURN: Mutex<()> = Mutex::new(());

/// Longer deadlines are as good as none, and would not fit into the system's timers.
const LONGEST_DEADLINE: Duration = Duration::from_secs(24 * 60 * 60);

/// A handle to the recording of this process; clones are handles to the same one. Recording goes on
/// until the process ends, whatever happens to the handles.
#[derive(Clone)]
pub struct Recorder {
    inner: Arc<Inner>,
}

struct Inner {
    /// [`RECORDING`]'s content, which exists since this does.
    recording: &'static Recording,
    started: Instant,
    deadline: Duration,
}

/// The live heap: what was allocated since recording began and is not yet freed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Live {
    /// Bytes, as asked for by the program: without the allocator's overhead.
    pub bytes: u64,
    /// Blocks.
    pub blocks: u64,
}

/// All that was allocated since recording began, whether or not it was freed meanwhile: numbers that only rise. The sums
/// of `tb` and `tbk` in a snapshot of that moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allocated {
    /// Bytes, as asked for by the program. A block that is resized counts anew, with its new size; where samples are
    /// recorded, what it grows by.
    pub bytes: u64,
    /// Blocks.
    pub blocks: u64,
}

/// How to record; made by [`Recorder::builder`].
#[derive(Clone, Debug)]
pub struct Builder {
    frames: usize,
    sample_every: Option<u64>,
    deadline: Duration,
    ceiling: Option<Ceiling>,
    keeps_names: bool,
    spares_large_blocks: bool,
    /// Masked. `None`: that of the process.
    command_line: Option<String>,
}

impl Recorder {
    /// Starts to record every allocation of this process, for as long as it lives.
    ///
    /// Call it first in `main`: blocks that are older are not seen.
    pub fn start() -> Result<Self, Error> {
        Self::builder().start()
    }

    /// To start with other than the default settings.
    pub fn builder() -> Builder {
        Builder {
            frames: 16,
            sample_every: None,
            deadline: Duration::from_secs(60),
            ceiling: None,
            keeps_names: true,
            spares_large_blocks: true,
            command_line: None,
        }
    }

    /// Writes the live heap to a DHAT file at `path`, replacing a file that is there.
    ///
    /// Blocks the calling thread until the file is whole and published (a fraction of a second); other
    /// threads are paused only for [`Snapshot::pause`]. In async code call it on a thread for blocking
    /// work, which must outlive the call (the writing process ends with the thread that forked it).
    pub fn snapshot(&self, path: impl AsRef<Path>) -> Result<Snapshot, Error> {
        self.snapshot_with(path, Metadata::new())
    }

    /// Like [`snapshot`](Self::snapshot), and writes `metadata` into the file for its readers.
    pub fn snapshot_with(
        &self,
        path: impl AsRef<Path>,
        metadata: Metadata,
    ) -> Result<Snapshot, Error> {
        self.snapshot_notifying(path, metadata, |_| ())
    }

    /// Like [`snapshot_with`](Self::snapshot_with), and calls `on_frozen` as soon as the heap is frozen: what happens
    /// from then on is not in the snapshot, so whoever waits for it may go on while the file is still being written.
    ///
    /// `on_frozen` is called on this thread, after the pause, and at most once: not if the snapshot failed before. It
    /// should not take long. That the file was written, only the result of this function tells.
    ///
    /// ```no_run
    /// # fn example(heap: heapshot::Recorder) -> Result<(), Box<dyn std::error::Error>> {
    /// let (tell, frozen) = std::sync::mpsc::channel();
    /// let writing = std::thread::spawn(move || {
    ///     heap.snapshot_notifying("after.json", heapshot::Metadata::new(), |frozen| {
    ///         let _ = tell.send(frozen.live_bytes);
    ///     })
    /// });
    /// if let Ok(live_bytes) = frozen.recv() {
    ///     println!("{live_bytes} bytes live; the next load may begin");
    /// }
    /// let shot = writing.join().expect("a snapshot does not panic")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn snapshot_notifying(
        &self,
        path: impl AsRef<Path>,
        metadata: Metadata,
        on_frozen: impl FnOnce(&Frozen),
    ) -> Result<Snapshot, Error> {
        let _turn = match TURN.try_lock() {
            Ok(guard) => guard,
            Err(TryLockError::WouldBlock) => return Err(Error::Busy),
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        };
        let order = Order {
            recording: self.inner.recording,
            path: path.as_ref(),
            uptime: self.inner.started.elapsed(),
            deadline: self.inner.deadline,
            name: None,
        };
        snapshot::take(&order, metadata, on_frozen)
    }

    /// How much memory the heap takes by the ceiling's count; `None` if the process has no ceiling. Cheap: two loads.
    pub fn usage(&self) -> Option<Usage> {
        #[cfg(unix)]
        return crate::limit::usage();
        #[cfg(not(unix))]
        None
    }

    /// The live heap now. Cheap: a lock and two counters; where samples are recorded, two for each thread. Exact in either
    /// case, but for what threads are at meanwhile. Where samples are recorded, a block that is older than the recording
    /// and is freed counts less than nothing.
    pub fn live(&self) -> Live {
        let totals = engine::live(&gate::pass());
        Live {
            bytes: totals.bytes,
            blocks: totals.blocks,
        }
    }

    /// All that was allocated so far: two readings give the rate at which the program allocates. As cheap as
    /// [`live`](Self::live).
    pub fn allocated(&self) -> Allocated {
        let totals = engine::allocated(&gate::pass());
        Allocated {
            bytes: totals.bytes,
            blocks: totals.blocks,
        }
    }
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder")
            .field("uptime", &self.inner.started.elapsed())
            .field("deadline", &self.inner.deadline)
            .finish_non_exhaustive()
    }
}

impl Builder {
    /// How many frames of each stack are kept, counted from the allocation outwards; at least 4,
    /// 16 unless set. More frames cost more time an allocation and make more distinct stacks.
    #[must_use]
    pub fn frames(mut self, frames: usize) -> Self {
        self.frames = frames;
        self
    }

    /// Records samples instead of everything: on the average one in so many bytes that are allocated, chosen by chance as
    /// tcmalloc and jemalloc do. 0, as unless set, records everything; 512 MiB is the most. 512 KiB (`512 << 10`) is a
    /// good start for a service.
    ///
    /// What is no sample costs next to nothing: a subtraction when it is allocated, a look-up in a small table when it is
    /// freed, and neither a lock nor a stack. A snapshot then holds the samples and says how they were chosen
    /// (`docs/formats.md`), and `heapdiff` reckons from them what there was, with an error that it states. A block of s
    /// bytes is a sample with probability 1 − e^(−s / bytes).
    ///
    /// Bytes and blocks are counted exactly all the same: [`Recorder::live`], [`Recorder::allocated`], and what snapshots
    /// state as live. The [ceiling](Self::ceiling) holds, with a slack of 64 KiB and the headers of their blocks for each
    /// thread.
    ///
    /// A sampled block that grows or shrinks by a quarter is moved, and counts where that happened: a `Vec` belongs to the
    /// line that pushed and not to the one that made it, unless it was made large enough.
    #[must_use]
    pub fn sample_every(mut self, bytes: u64) -> Self {
        self.sample_every = (bytes > 0).then_some(bytes.min(sampled::MOST));
        self
    }

    /// How long a snapshot may take to be written before it is given up; a minute unless set, a day at the
    /// most.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline.min(LONGEST_DEADLINE);
        self
    }

    /// Whether the process keeps the names of functions and lines that its snapshots have looked up, so that the next one is
    /// written in a fraction of the time; it does unless set. They take some hundred bytes for each line of code that
    /// allocates, a megabyte or two in a web service, which no snapshot shows. Without them each snapshot looks them up anew.
    #[must_use]
    pub fn keep_names(mut self, keeps_names: bool) -> Self {
        self.keeps_names = keeps_names;
        self
    }

    /// Whether the program's large blocks, from 4 MiB on, are left out of the process that writes a snapshot, so that their page
    /// tables do not lengthen the pause; they are unless set. It is for Linux, where it is advice to the system for as long as
    /// the pause lasts (`MADV_DONTFORK`). A program that forks by the C library, as all do, has its blocks in its children, whenever it
    /// does; one that makes the system's call by itself should set this to `false`, for its fork may meet a snapshot's.
    #[must_use]
    pub fn spare_large_blocks(mut self, spares_large_blocks: bool) -> Self {
        self.spares_large_blocks = spares_large_blocks;
        self
    }

    /// States this command line in snapshots instead of the process's own: the program and its arguments.
    ///
    /// Values of secrets are masked in it, as they are in the process's own: `--token s3cret` becomes `--token ***`.
    /// `crates/redact/README.md` states the rule.
    ///
    /// ```
    /// # #[global_allocator]
    /// # static ALLOC: heapshot::Alloc = heapshot::Alloc;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let heap = heapshot::Recorder::builder()
    ///     .command_line(["shop", "--port", "3000", "--token", "s3cret"])
    ///     .start()?;
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("a.json");
    /// heap.snapshot(&path)?;
    /// let text = std::fs::read_to_string(&path)?;
    /// assert!(text.contains("shop --port 3000 --token ***"));
    /// assert!(!text.contains("s3cret"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn command_line(
        mut self,
        arguments: impl IntoIterator<Item = impl Into<OsString>>,
    ) -> Self {
        self.command_line = Some(redact::arguments(arguments));
        self
    }

    /// States no command line in snapshots: for a program whose arguments are secrets that no name tells, such as
    /// `shop s3cret`.
    ///
    /// ```
    /// # #[global_allocator]
    /// # static ALLOC: heapshot::Alloc = heapshot::Alloc;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let heap = heapshot::Recorder::builder().without_command_line().start()?;
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("a.json");
    /// heap.snapshot(&path)?;
    /// assert!(std::fs::read_to_string(&path)?.contains(r#""cmd":"""#));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn without_command_line(mut self) -> Self {
        self.command_line = Some(String::new());
        self
    }

    /// How much memory the heap may come to take, and what happens then; without a limit unless set.
    #[must_use]
    pub fn ceiling(mut self, ceiling: Ceiling) -> Self {
        self.ceiling = Some(ceiling);
        self
    }

    /// Starts to record, as [`Recorder::start`] does.
    pub fn start(self) -> Result<Recorder, Error> {
        if RECORDING.get().is_some() {
            return Err(Error::AlreadyRunning);
        }
        if !count::is_installed() {
            return Err(Error::AllocatorNotInstalled);
        }
        let mut started_here = false;
        let recording = RECORDING.get_or_init(|| {
            started_here = true;
            let own = if self.sample_every.is_some() {
                sampled::OWN_FRAMES
            } else {
                0
            };
            let command_line = self
                .command_line
                .unwrap_or_else(command_line::of_this_process);
            Recording::start(self.frames.saturating_add(own), command_line)
        });
        if !started_here {
            return Err(Error::AlreadyRunning);
        }
        #[cfg(unix)]
        crate::names::keep(self.keeps_names);
        // Samples are few, and so are their tables; and which large blocks are among them the list does not know.
        crate::large::spare(self.spares_large_blocks && self.sample_every.is_none());
        gate::open(self.sample_every);
        let started = Instant::now();
        if let Some(ceiling) = self.ceiling {
            #[cfg(unix)]
            crate::limit::start(ceiling, recording, started, self.deadline)?;
            #[cfg(not(unix))]
            return Err(Error::Unsupported);
        }
        Ok(Recorder {
            inner: Arc::new(Inner {
                recording,
                started,
                deadline: self.deadline,
            }),
        })
    }
}
