//! Runs a load: an event loop on a thread of its own, one task for each connection.
//!
//! One thread sends tens of thousands of requests per second, needs no locks that anyone waits for, and
//! leaves the other cores to the server. When it has ended, no request is in flight and no connection open.

use std::future::Future;
use std::panic;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::connection::Connection;
use crate::error::LoadError;
use crate::failure::Failure;
use crate::load::Load;
use crate::progress::Progress;
use crate::report::{Report, Stopped};
use crate::tally::Tally;
use crate::targets::Targets;
use crate::tickets::{Pacer, Tickets};

/// How long requests in flight may take to end after an interruption.
const GRACE: Duration = Duration::from_secs(1);

/// A server that could not be reached so many times for each connection, in a row, is gone.
const ABSENCES_PER_CONNECTION: u64 = 3;

/// Sends `load`, counting in `progress`, until all is sent, the server is gone, or `stop` completes
/// ([`std::future::pending`] never does); requests then in flight get one second to end.
///
/// Works in any async runtime. A dropped future stops the run as `stop` does, but does not wait for it.
///
/// # Errors
/// Only for a load that cannot be sent. What the server does wrong is in the [`Report`].
pub async fn run(
    load: &Load,
    progress: &Progress,
    stop: impl Future<Output = ()>,
) -> Result<Report, LoadError> {
    let targets = load.check()?;
    let (load, progress) = (load.clone(), progress.clone());
    on_its_own_thread(stop, async move |cancelled| {
        send(load, targets, progress, cancelled).await
    })
    .await
}

/// Does `work` in an event loop on a thread of its own, and tells it when `stop` completes, or when this is dropped.
pub(crate) async fn on_its_own_thread<T, W>(
    stop: impl Future<Output = ()>,
    work: W,
) -> Result<T, LoadError>
where
    T: Send + 'static,
    W: AsyncFnOnce(oneshot::Receiver<()>) -> Result<T, LoadError> + Send + 'static,
{
    let (cancel, cancelled) = oneshot::channel::<()>();
    let (finish, mut finished) = oneshot::channel::<()>();
    let thread = thread::Builder::new()
        .name("driver".to_owned())
        .spawn(move || {
            let _finish = finish; // dropped at the end, which `finished` sees
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            let done = runtime.block_on(work(cancelled));
            // Closes the connections, without waiting for a name server that a timed-out request still asks.
            runtime.shutdown_background();
            done
        })?;
    tokio::select! {
        biased;
        _ = &mut finished => {}
        () = stop => {
            drop(cancel);
            let _ = finished.await;
        }
    }
    match thread.join() {
        Ok(result) => result,
        Err(panic) => panic::resume_unwind(panic),
    }
}

/// What the connections' tasks share.
struct Shared {
    tickets: Arc<Tickets>,
    tally: Mutex<Tally>,
    progress: Progress,
    absences_allowed: u64,
}

/// Sends `load` to its `targets` on this event loop, until all is sent, the server is gone, or `cancelled`.
pub(crate) async fn send(
    load: Load,
    targets: Targets,
    progress: Progress,
    cancelled: oneshot::Receiver<()>,
) -> Result<Report, LoadError> {
    let useful =
        usize::try_from(load.requests).map_or(load.connections, |n| n.min(load.connections));
    let connections = (0..useful)
        .map(|_| Connection::new(load.timeout))
        .collect::<Result<Vec<_>, _>>()?;
    let started = Instant::now();
    let shared = Arc::new(Shared {
        tickets: Arc::new(Tickets::new(targets, load.requests, load.rate)),
        tally: Mutex::new(Tally::new(load.accept)),
        progress,
        absences_allowed: ABSENCES_PER_CONNECTION.saturating_mul(load.connections as u64),
    });
    let _pacer = Pacer::start(&shared.tickets)?;
    let mut workers = JoinSet::new();
    for connection in connections {
        workers.spawn(Arc::clone(&shared).work(connection));
    }
    let interrupted = tokio::select! {
        biased;
        () = join(&mut workers) => false,
        _ = cancelled => true,
    };
    if interrupted {
        shared.tickets.close();
        let _ = timeout(GRACE, join(&mut workers)).await; // what is left then is cut off
        workers.shutdown().await;
    }
    let tally = shared.tally.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(report(&load, &tally, started.elapsed(), interrupted))
}

impl Shared {
    async fn work(self: Arc<Self>, mut connection: Connection) {
        while let Some(ticket) = self.tickets.next().await {
            let outcome = connection.get(ticket.url).await;
            self.record(outcome, ticket.due.elapsed());
            connection.settle().await;
        }
    }

    fn record(&self, outcome: Result<u64, Failure>, latency: Duration) {
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        let answered = tally.record(outcome, latency);
        if tally.absences() >= self.absences_allowed {
            self.tickets.close();
        }
        self.progress.count(answered);
    }
}

async fn join(workers: &mut JoinSet<()>) {
    while let Some(ended) = workers.join_next().await {
        if let Err(error) = ended
            && error.is_panic()
        {
            panic::resume_unwind(error.into_panic());
        }
    }
}

fn report(load: &Load, tally: &Tally, elapsed: Duration, interrupted: bool) -> Report {
    let stopped = match tally.done() < load.requests {
        false => None,
        true if interrupted => Some(Stopped::Interrupted),
        true => Some(Stopped::ServerGone),
    };
    #[expect(clippy::cast_precision_loss, reason = "nobody reads more digits")]
    let requests_per_second = tally.ok() as f64 / elapsed.as_secs_f64();
    // A report is passed on.
    let shown = |url: &String| redact::command_line(url).into_owned();
    let urls: Vec<_> = load.urls.iter().map(shown).collect();
    Report {
        url: urls.first().cloned().unwrap_or_default(),
        urls,
        planned: load.requests,
        requests: tally.done(),
        ok: tally.ok(),
        turned_away: tally.turned_away(),
        errors: tally.errors(),
        elapsed,
        requests_per_second,
        latency: tally.latency(),
        bytes_received: tally.bytes(),
        connections: load.connections,
        rate: load.rate,
        seed: load.seed,
        stopped,
    }
}
