//! The series itself: stretches of load, each with a snapshot at rest behind it, which is written and fetched while the next
//! stretch already runs.

use std::future::pending;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::pin::pin;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::error::SeriesError;
use super::file::Snapshot;
use super::rest::Rest;
use super::server::{Health, Server, Taken};
use crate::load::Load;
use crate::progress::Progress;
use crate::report::Report;
use crate::run;

/// A series of snapshots that is being taken. Dropping it ends what it has begun, and leaves no half file.
#[derive(Debug)]
pub struct Series {
    server: Server,
    load: Load,
    folder: PathBuf,
    /// Requests of the load that were sent.
    sent: u64,
    /// The last snapshot, which is on its way here.
    fetching: JoinSet<Result<Snapshot, SeriesError>>,
}

/// What happens during a step, for whoever shows it.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// So many `requests` are sent, counted in `progress`, until the server has served `target`.
    Load {
        /// Requests that the server will have served.
        target: u64,
        /// Requests of this stretch.
        requests: u64,
        /// Counts them.
        progress: &'a Progress,
    },
    /// What the server says of itself under load, now and then.
    Glance(Health),
    /// The snapshot before this stretch is there.
    Snapshot(&'a Snapshot),
}

/// What came of a step.
#[derive(Debug)]
pub enum Step {
    /// A snapshot was taken, and is on its way.
    Taken(Stretch),
    /// Not every request was answered; no snapshot was taken.
    Failed(Report),
    /// Whoever sees it has seen enough; no snapshot was taken.
    Stopped,
}

/// Told of each [`Event`]; whether to go on.
pub type See<'a> = &'a mut dyn FnMut(Event<'_>) -> ControlFlow<()>;

/// A stretch of load, with a snapshot behind it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Stretch {
    /// How the server answered.
    pub report: Report,
    /// Right after the last answer, before the server came to rest; `None` if it does not tell.
    pub busy: Option<Health>,
    /// How the server was when the heap was frozen.
    pub rest: Rest,
}

/// How often a server under load is looked at.
const GLANCE: Duration = Duration::from_millis(200);

impl Series {
    /// Snapshots of `server` under `load`, of which `requests` and `after` say nothing here. The files go to `folder`,
    /// which must be there.
    ///
    /// # Errors
    /// When the load cannot be sent.
    pub fn new(
        server: Server,
        load: Load,
        folder: impl Into<PathBuf>,
    ) -> Result<Self, SeriesError> {
        load.check()?;
        Ok(Self {
            server,
            load,
            folder: folder.into(),
            sent: 0,
            fetching: JoinSet::new(),
        })
    }

    /// Requests served: by the server's own count, which may hold more than this load, or by the load's.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn served(&self) -> Result<u64, SeriesError> {
        let health = self.server.health().await?;
        Ok(health.map_or(self.sent, |health| health.requests))
    }

    /// Sends what is missing until the server has served `target` requests, waits until it is at rest, and freezes its heap
    /// for a snapshot called `name`. Meanwhile the snapshot before is fetched, and told to `see`, which can end the step.
    ///
    /// # Errors
    /// [`SeriesError::Late`] when so many are served already; and when there are no snapshots to be had.
    pub async fn step(
        &mut self,
        target: u64,
        name: &str,
        see: See<'_>,
    ) -> Result<Step, SeriesError> {
        let served = self.served().await?;
        let Some(requests @ 1..) = target.checked_sub(served) else {
            return Err(SeriesError::Late { served });
        };
        let Some(sent) = self.send(target, requests, see).await? else {
            return Ok(Step::Stopped);
        };
        let report = sent.report;
        if !report.all_ok() {
            return Ok(Step::Failed(report));
        }
        // Handing out the snapshot before takes memory, too: the server is not at rest until that is done.
        if let Some(snapshot) = self.finish().await?
            && see(Event::Snapshot(&snapshot)).is_break()
        {
            return Ok(Step::Stopped);
        }
        let rest = Rest::since(&self.server, Some(sent.last_answer)).await?;
        let taken = self.server.take(name).await?;
        self.fetch(taken);
        Ok(Step::Taken(Stretch {
            report,
            busy: sent.busy,
            rest,
        }))
    }

    /// Waits for the last snapshot; `None` if it was told already, or none was taken.
    ///
    /// # Errors
    /// When it cannot be had.
    pub async fn finish(&mut self) -> Result<Option<Snapshot>, SeriesError> {
        match self.fetching.join_next().await {
            None => Ok(None),
            Some(fetched) => fetched.unwrap_or(Err(SeriesError::Ending)).map(Some),
        }
    }

    async fn send(
        &mut self,
        target: u64,
        requests: u64,
        see: See<'_>,
    ) -> Result<Option<Sent>, SeriesError> {
        let load = Load {
            requests,
            after: self.sent,
            ..self.load.clone()
        };
        let progress = Progress::default();
        let begins = Event::Load {
            target,
            requests,
            progress: &progress,
        };
        if see(begins).is_break() {
            return Ok(None);
        }
        let mut running = pin!(send(self.server.clone(), load, progress.clone()));
        let sent = loop {
            let goes_on = tokio::select! {
                sent = &mut running => break sent?,
                Some(fetched) = self.fetching.join_next() => {
                    see(Event::Snapshot(&fetched.unwrap_or(Err(SeriesError::Ending))?))
                }
                health = glance(&self.server) => match health {
                    Some(health) => see(Event::Glance(health)),
                    None => ControlFlow::Continue(()),
                }
            };
            if goes_on.is_break() {
                return Ok(None);
            }
        };
        self.sent += sent.report.requests;
        Ok(Some(sent))
    }

    fn fetch(&mut self, taken: Taken) {
        let (server, folder) = (self.server.clone(), self.folder.clone());
        self.fetching
            .spawn(async move { server.fetch(taken, &folder).await });
    }
}

/// What came of sending.
struct Sent {
    report: Report,
    last_answer: Instant,
    busy: Option<Health>,
}

/// Sends `load`, and looks at the server right after its last answer: on the load's own thread, however long whoever sees
/// takes meanwhile.
async fn send(server: Server, load: Load, progress: Progress) -> Result<Sent, SeriesError> {
    let targets = load.check()?;
    run::on_its_own_thread(pending(), async move |cancelled| {
        let server = server.with_own_connections()?;
        let report = run::send(load, targets, progress, cancelled).await?;
        let last_answer = Instant::now();
        let health = if report.all_ok() {
            server.health().await
        } else {
            Ok(None) // it may be gone
        };
        Ok(health.map(|busy| Sent {
            report,
            last_answer,
            busy,
        }))
    })
    .await?
}

/// A look after a while. A server that does not answer is the load's to find.
async fn glance(server: &Server) -> Option<Health> {
    sleep(GLANCE).await;
    server.health().await.ok().flatten()
}
