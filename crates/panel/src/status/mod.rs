//! The Status view's side of the panel: reads the metrics of every watched server once a tick, keeps them in a ring for
//! each, and tells the tabs that look. What the numbers say about heaps is the servers' own.
//!
//! One task does it all, [`Monitor::run`]. How many tabs look makes no difference to a server: it is asked once a tick.
//! Nor to the panel: what a tab is shown is made once for each range that anyone looks at, and shared.

mod charts;
mod course;
mod document;
mod range;
mod ring;
mod tabs;
mod watched;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use actix_web::web::Bytes;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{MissedTickBehavior, interval, timeout};

pub(crate) use self::range::Range;
pub(crate) use self::tabs::{Line, Refused, Tabs};
use self::watched::Watched;
use crate::remote::Servers;

/// Watches the servers of a panel.
#[derive(Debug)]
pub(crate) struct Monitor {
    servers: Servers,
    watched: Mutex<Vec<Arc<Watched>>>,
    tick: Duration,
    pub(crate) tabs: Tabs,
}

impl Monitor {
    pub(crate) fn new(servers: Servers, tick: Duration) -> Self {
        Self {
            servers,
            watched: Mutex::default(),
            tick,
            tabs: Tabs::default(),
        }
    }

    /// Never ends by itself.
    pub(crate) async fn run(self: Arc<Self>) {
        let mut ticks = interval(self.tick.max(Duration::from_millis(1)));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut asked = JoinSet::new();
        loop {
            tokio::select! {
                biased; // the first tab is told of servers, and not that there are none yet
                _ = ticks.tick() => {
                    self.follow_list();
                    self.ask(&mut asked).await;
                    self.tabs.forget_what_was_told();
                    self.tell().await;
                }
                () = self.tabs.somebody_came() => self.tell().await,
            }
        }
    }

    /// Servers may come and go while the panel runs.
    fn follow_list(&self) {
        let servers = self.servers.all();
        let mut watched = self.watched();
        watched.retain(|known| servers.iter().any(|server| server.id() == known.id()));
        for server in servers {
            if watched.iter().all(|known| known.id() != server.id()) {
                watched.push(Arc::new(Watched::new(&server)));
            }
        }
    }

    /// Asks each server that is not being asked still. Waits for the answers a while, so that what is told is new; one
    /// that is slow holds up nobody.
    async fn ask(&self, asked: &mut JoinSet<()>) {
        for watched in self.watched().iter() {
            if let Some(turn) = watched.begin() {
                asked.spawn(turn.ask());
            }
        }
        let all = async { while asked.join_next().await.is_some() {} };
        let _ = timeout(self.tick / 2, all).await;
    }

    /// Tells the tabs that were not told yet in this tick.
    async fn tell(self: &Arc<Self>) {
        for range in self.tabs.waiting() {
            let told = self.tabs.told(range);
            let document = if let Some(document) = told {
                document
            } else {
                let monitor = Arc::clone(self);
                let drawn = spawn_blocking(move || monitor.document(range)).await;
                let Ok(document) = drawn else { continue };
                document
            };
            self.tabs.tell(range, document);
        }
    }

    /// An event, as it goes to the tabs.
    fn document(&self, range: Range) -> Bytes {
        let now = Instant::now();
        let servers = self.watched().clone();
        let seen: Vec<_> = servers.iter().map(|it| it.seen(now, range)).collect();
        let document = document::of(range, self.tick, &seen);
        Bytes::from(format!("event: status\ndata: {document}\n\n"))
    }

    fn watched(&self) -> MutexGuard<'_, Vec<Arc<Watched>>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
