//! Threads that serve requests, each with its thread-locals; and a runtime for tasks.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, OnceLock};

use tokio::runtime::{Builder, Runtime};

/// What to do, and for which request.
type Job = (fn(u64), u64);

/// Four threads that live as long as the process.
pub(crate) struct Workers {
    jobs: Vec<SyncSender<Job>>,
    done: Mutex<Receiver<()>>,
}

impl Workers {
    /// The threads of all handlers.
    pub(crate) fn get() -> &'static Self {
        static WORKERS: OnceLock<Workers> = OnceLock::new();
        WORKERS.get_or_init(Self::start)
    }

    fn start() -> Self {
        let (finished, done) = sync_channel(1);
        let jobs = (0..4).map(|_| {
            let (sender, jobs) = sync_channel::<Job>(1);
            let finished = finished.clone();
            std::thread::spawn(move || {
                for (job, request) in jobs {
                    job(request);
                    if finished.send(()).is_err() {
                        return;
                    }
                }
            });
            sender
        });
        Self {
            jobs: jobs.collect(),
            done: Mutex::new(done),
        }
    }

    /// Runs a job on the thread that serves this request, and waits for it. The threads' shares are uneven, and change.
    pub(crate) fn run(&self, job: fn(u64), request: u64) {
        let done = self.done.lock().expect("no handler panics");
        let mixed = request.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 60;
        let worker = match mixed {
            0..=6 => 0,
            7..=10 => 1,
            11..=13 => 2,
            _ => 3,
        };
        self.jobs[worker]
            .send((job, request))
            .expect("the thread lives");
        done.recv().expect("the thread lives");
    }
}

/// Lets tasks run until each of them waits.
pub(crate) fn let_tasks_run<T>(first: impl AsyncFnOnce() -> T) -> T {
    static RUNTIME: Mutex<Option<Runtime>> = Mutex::new(None);
    let mut runtime = RUNTIME.lock().expect("no handler panics");
    let runtime =
        runtime.get_or_insert_with(|| Builder::new_current_thread().build().expect("a runtime"));
    runtime.block_on(async {
        let result = first().await;
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        result
    })
}
