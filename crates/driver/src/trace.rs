//! A load whose requests are sent one after the other, so that the latency of each is known, and how the server was
//! right after it. `run` sends as fast as it can, and keeps a histogram.

use std::future::Future;
use std::time::{Duration, Instant};

use reqwest::Url;
use tokio::sync::oneshot;

use crate::connection::Connection;
use crate::error::LoadError;
use crate::failure::{ErrorKind, Failure};
use crate::load::Load;
use crate::progress::Progress;
use crate::run::on_its_own_thread;
use crate::series::{Health, Server};
use crate::targets::Targets;

/// The requests of a load in the order in which they were sent.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// Those that were answered.
    pub calls: Vec<Call>,
    /// Why no more were sent, if one was not answered.
    pub end: Option<Unanswered>,
}

/// A request that was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// From sending it to the last byte of its answer.
    pub latency: Duration,
    /// Whether the answer was the status that [`Load::accept`] names.
    pub turned_away: bool,
    /// How the server was right after it; `None` where it does not tell.
    pub health: Option<Health>,
}

/// The request that was not answered, or not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unanswered {
    /// What kind of failure it was.
    pub kind: ErrorKind,
    /// What happened, on one line.
    pub text: String,
}

/// Sends the requests of `load` over one connection, whatever its `connections` and `rate` say, and asks `server` after
/// each how it is, over another. Ends early at the first that fails, or when `stop` completes. Counts in `progress`.
///
/// # Errors
/// Only for a load that cannot be sent. What the server does wrong is in the [`Trace`].
pub async fn trace(
    load: &Load,
    server: &Server,
    progress: &Progress,
    stop: impl Future<Output = ()>,
) -> Result<Trace, LoadError> {
    let targets = load.check()?;
    let (load, server, progress) = (load.clone(), server.clone(), progress.clone());
    on_its_own_thread(stop, async move |cancelled| {
        send(&load, &server, targets, &progress, cancelled).await
    })
    .await
}

async fn send(
    load: &Load,
    server: &Server,
    mut targets: Targets,
    progress: &Progress,
    mut cancelled: oneshot::Receiver<()>,
) -> Result<Trace, LoadError> {
    let mut connection = Connection::new(load.timeout)?;
    let server = server.with_own_connections()?;
    let mut trace = Trace::default();
    for _ in 0..load.requests {
        let url = targets.next();
        let called = tokio::select! {
            biased;
            called = call(&mut connection, url, load, &server) => called,
            _ = &mut cancelled => break,
        };
        progress.count(called.is_ok());
        match called {
            Ok(call) => trace.calls.push(call),
            Err(Failure { kind, text }) => {
                trace.end = Some(Unanswered { kind, text });
                break;
            }
        }
    }
    Ok(trace)
}

async fn call(
    connection: &mut Connection,
    url: Url,
    load: &Load,
    server: &Server,
) -> Result<Call, Failure> {
    let sent = Instant::now();
    let outcome = connection.get(url).await;
    let latency = sent.elapsed();
    connection.settle().await;
    let turned_away = match outcome {
        Ok(_) => false,
        Err(failure) if is_accepted(&failure, load) => true,
        Err(failure) => return Err(failure),
    };
    Ok(Call {
        latency,
        turned_away,
        // Should it be gone, the next request will find that.
        health: server.health().await.ok().flatten(),
    })
}

fn is_accepted(failure: &Failure, load: &Load) -> bool {
    matches!(failure.kind, ErrorKind::Status(status) if Some(status) == load.accept)
}
