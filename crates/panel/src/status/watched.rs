//! A server that is watched: its ring, and how it is now.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::course::{Course, course};
use super::range::Range;
use super::ring::{Absent, Reading, Ring, Said};
use crate::metrics::{Metrics, Scraper, Trouble};
use crate::remote::Server;

/// How long a server may take to tell its metrics. One that stands still is told soon, and not asked again meanwhile.
const PATIENCE: Duration = Duration::from_secs(2);

/// A server, and what is known of it.
#[derive(Debug)]
pub(super) struct Watched {
    id: String,
    url: String,
    scraper: Scraper,
    asked: AtomicBool,
    history: Mutex<History>,
}

#[derive(Debug)]
struct History {
    ring: Ring,
    run: u32,
    /// The last that it told.
    metrics: Option<Metrics>,
    trouble: Option<Trouble>,
}

/// The one question to a server that is under way; another may begin once this is dropped.
#[derive(Debug)]
pub(super) struct Turn(Arc<Watched>);

/// A server as a document shows it.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) id: String,
    pub(super) url: String,
    pub(super) course: Course,
    /// The last that it told.
    pub(super) now: Option<Said>,
    pub(super) statuses: Option<BTreeMap<String, u64>>,
    pub(super) trouble: Option<Trouble>,
}

impl Watched {
    pub(super) fn new(server: &Server) -> Self {
        Self {
            id: server.id().to_owned(),
            url: server.url().to_owned(),
            scraper: server.scraper().patience(PATIENCE),
            asked: AtomicBool::new(false),
            history: Mutex::new(History {
                ring: Ring::new(),
                run: 0,
                metrics: None,
                trouble: None,
            }),
        }
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Nothing while it is being asked.
    pub(super) fn begin(self: &Arc<Self>) -> Option<Turn> {
        let asked = self.asked.swap(true, Ordering::AcqRel);
        (!asked).then(|| Turn(Arc::clone(self)))
    }

    /// How it is, and how it came to be so.
    pub(super) fn seen(&self, now: Instant, range: Range) -> Seen {
        let history = self.history();
        Seen {
            id: self.id.clone(),
            url: self.url.clone(),
            course: course(&history.ring, now, range),
            now: history.metrics.as_ref().map(Said::of),
            statuses: history
                .metrics
                .as_ref()
                .and_then(|it| it.requests_by_status.clone()),
            trouble: history.trouble.clone(),
        }
    }

    fn history(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    pub(super) async fn ask(self) {
        let answer = self.0.scraper.scrape().await;
        self.0.history().learn(Instant::now(), answer);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.asked.store(false, Ordering::Release);
    }
}

impl History {
    fn learn(&mut self, at: Instant, answer: Result<Metrics, Trouble>) {
        let said = match answer {
            Ok(mut metrics) => {
                let before = self.metrics.as_ref();
                let before = before.and_then(|before| before.durations.as_ref());
                metrics.durations = metrics.durations.map(|it| it.sharing(before));
                let said = Said::of(&metrics);
                if self
                    .metrics
                    .as_ref()
                    .is_some_and(|before| metrics.is_another_run(before))
                {
                    self.run = self.run.wrapping_add(1);
                }
                self.metrics = Some(metrics);
                self.trouble = None;
                Ok(said)
            }
            Err(trouble) => {
                let absent = if trouble.is_of_metrics_alone() {
                    Absent::Amiss
                } else {
                    Absent::Gone
                };
                self.trouble = Some(trouble);
                Err(absent)
            }
        };
        let run = self.run;
        self.ring.push(Reading { at, run, said });
    }
}
