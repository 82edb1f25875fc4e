//! Watches a server: its metrics twice a second, and a snapshot each time the requests have about doubled, under whatever
//! traffic there is or under the doctor's own. What that means is `judge`'s affair.

use std::fs;
use std::ops::ControlFlow::Continue;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use driver::series::{Series, Server, Step};
use driver::{Load, Progress, Report};
use heapdiff::InApp;
use panel::metrics::{Scraper, Trouble};
use tokio::time::{Instant, sleep, sleep_until};

use super::observation::{Observation, Sample};
use super::shots::{Shots, name};

/// Between two looks at the metrics.
const LOOK: Duration = Duration::from_millis(500);
/// The same under the doctor's own load, which a fast server has answered in a second: each third of the requests must be seen in
/// parts.
const LOOK_UNDER_LOAD: Duration = Duration::from_millis(100);

/// How long a server may be gone and come back.
const ABSENCE: Duration = Duration::from_secs(10);

/// Parts of the time after which snapshots are taken: under even traffic the requests double from one to the next.
const PARTS: [u32; 4] = [8, 4, 2, 1];

/// Requests of the doctor's own by which it learns how fast the server is; and by the first snapshot, at most. They double
/// three times.
const TRIAL: u64 = 50;
const MOST_FIRST: u64 = 400;
const DOUBLINGS: u32 = 3;
/// A server that is slow, or has little room, gets fewer; of these, too, three snapshots are after the trial.
const LEAST_FIRST: u64 = TRIAL / 2 + 1;
/// The load gets this part of the time, snapshots and rest have the other.
const LOAD: f64 = 0.6;
/// The doctor's own load does not push the heap beyond this part of its ceiling.
const SAFE: f64 = 0.8;

/// Whom to watch, and how.
pub(super) struct Watch {
    pub(super) scraper: Scraper,
    pub(super) server: Server,
    pub(super) time: Duration,
    /// What the doctor asks for itself; nothing of its own without it.
    pub(super) drive: Option<Load>,
    /// Where the snapshots go.
    pub(super) folder: PathBuf,
    /// The same as a student would type it.
    pub(super) shown: String,
    pub(super) in_app: InApp,
}

/// What is known so far.
struct Log {
    begun: Instant,
    samples: Vec<Sample>,
    restarts: u32,
    /// Requests of the doctor's own.
    sent: Option<u64>,
    /// When it last answered.
    seen: Instant,
}

impl Watch {
    /// Watches for the time that was given; of its own load less, if that is certain sooner.
    ///
    /// # Errors
    /// When the server cannot be asked, or is gone.
    pub(super) async fn watch(&self) -> Result<Observation> {
        self.make_room()?;
        let mut log = Log {
            begun: Instant::now(),
            samples: Vec::new(),
            restarts: 0,
            sent: self.drive.as_ref().map(|_| 0),
            seen: Instant::now(),
        };
        let first = self.scraper.scrape().await?;
        log.note(first);
        let mut shots = Shots::default();
        shots.take(self, log.requests()).await;
        let cut_short = match &self.drive {
            None => {
                self.wait(&mut log, &mut shots).await?;
                None
            }
            Some(load) => self.drive(load, &mut log, &mut shots).await?,
        };
        Ok(Observation {
            snapshots: shots.judged(self)?,
            samples: log.samples,
            driven: self.drive.is_some(),
            restarts: log.restarts,
            cut_short,
        })
    }

    /// Makes the folder, and takes out what another time left there.
    fn make_room(&self) -> Result<()> {
        let folder = self.folder.display();
        fs::create_dir_all(&self.folder).with_context(|| format!("cannot make {folder}"))?;
        for number in 0.. {
            let old = self.folder.join(format!("{}.json", name(number)));
            if !old.exists() {
                break;
            }
            fs::remove_file(&old).with_context(|| format!("cannot remove {}", old.display()))?;
        }
        Ok(())
    }

    /// Under the traffic that is there.
    async fn wait(&self, log: &mut Log, shots: &mut Shots) -> Result<()> {
        for part in PARTS {
            let until = log.begun + self.time / part;
            while Instant::now() < until {
                sleep_until(until.min(Instant::now() + LOOK)).await;
                self.look(log, shots).await?;
            }
            // Now, and not before the last snapshot, which may have taken longer than the time to this one.
            self.look(log, shots).await?;
            if log.requests() > shots.requests() {
                shots.take(self, log.requests()).await;
            }
        }
        self.look(log, shots).await
    }

    /// Looks once. A server that is gone for long is an error; one that came back begins anew.
    async fn look(&self, log: &mut Log, shots: &mut Shots) -> Result<()> {
        match self.scraper.scrape().await {
            Ok(metrics) => {
                if log.note(metrics) {
                    shots.forget();
                    shots.take(self, log.requests()).await;
                }
                Ok(())
            }
            Err(Trouble::Gone(_)) if log.seen.elapsed() < ABSENCE => Ok(()),
            Err(trouble) => {
                let last = log.samples.last();
                let live = last.and_then(|sample| sample.metrics.live_bytes);
                let was = live.map_or(String::new(), |live| {
                    format!("; its live heap was {} MiB when last seen", live >> 20)
                });
                bail!(
                    "it was watched for {:.0} s, and then: {trouble}{was}",
                    log.begun.elapsed().as_secs_f64()
                )
            }
        }
    }

    /// Under the doctor's own load. Why that ended early, if it did.
    async fn drive(&self, load: &Load, log: &mut Log, shots: &mut Shots) -> Result<Option<String>> {
        let mut series = Series::new(self.server.clone(), load.clone(), &self.folder)?;
        let served = series.served().await?;
        let trial = Load {
            requests: TRIAL,
            seed: load.seed + 1, // nothing of it is asked for again
            ..load.clone()
        };
        let report = driver::run(&trial, &Progress::default(), sleep(self.time)).await?;
        if !report.all_ok() {
            bail!(
                "not every request was answered within {} s: {}",
                self.time.as_secs(),
                in_words(&report)
            );
        }
        let series_counts = series.served().await? - served;
        // Who does not count its requests has had the trial's all the same.
        let trial_counts = if series_counts == 0 { TRIAL } else { 0 };
        log.note(self.scraper.scrape().await?);
        let mut first = first(report.requests_per_second, self.time);
        if let Some(most) = most_first(log) {
            first = first.min(most).max(LEAST_FIRST);
        }
        let all = (0..=DOUBLINGS).map(|doubling| first << doubling);
        for sent in all.filter(|sent| *sent > TRIAL) {
            let target = sent - trial_counts;
            let now = log.sent.unwrap_or(0).max(TRIAL);
            if let Some(why) = too_near(log, sent - now) {
                return Ok(Some(why));
            }
            let name = name(shots.taken);
            let mut see = |_: driver::series::Event<'_>| Continue(());
            let stepped = {
                let step = series.step(served + target, &name, &mut see);
                tokio::pin!(step);
                loop {
                    tokio::select! {
                        stepped = &mut step => break stepped,
                        () = sleep(LOOK_UNDER_LOAD) => {
                            // Whether it is gone is for the load to find.
                            if let Ok(metrics) = self.scraper.scrape().await {
                                log.note(metrics);
                            }
                        }
                    }
                }
            };
            match stepped {
                Ok(Step::Taken(_)) => {
                    log.sent = Some(sent);
                    log.note(self.scraper.scrape().await?);
                    if let Some(snapshot) = series.finish().await? {
                        let profile = heapdiff::files::read(&snapshot.path)?;
                        shots.add(profile, log.requests(), name);
                    }
                }
                Ok(Step::Failed(report)) => {
                    return Ok(Some(format!(
                        "not every request was answered: {}",
                        in_words(&report)
                    )));
                }
                Ok(Step::Stopped) => unreachable!("nothing stops it"),
                // It sends, and cannot take snapshots: its metrics are seen all the same.
                Err(error) => {
                    shots.none.get_or_insert(error.to_string());
                    log.sent = Some(sent);
                    log.note(self.scraper.scrape().await?);
                }
            }
        }
        Ok(None)
    }
}

impl Log {
    /// Adds a look; whether the server is another run than before.
    fn note(&mut self, metrics: panel::metrics::Metrics) -> bool {
        let last = self.samples.last();
        let anew = last.is_some_and(|last| metrics.is_another_run(&last.metrics));
        if anew {
            self.samples.clear();
            self.restarts += 1;
        }
        self.seen = Instant::now();
        self.samples.push(Sample {
            at: self.begun.elapsed().as_secs_f64(),
            requests: metrics.requests().or(self.sent),
            metrics,
        });
        anew
    }

    fn requests(&self) -> Option<u64> {
        self.samples.last().and_then(|sample| sample.requests)
    }
}

/// Requests by the first snapshot, so that three doublings fit into the time.
fn first(per_second: f64, time: Duration) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative, and saturating"
    )]
    let fits = (per_second * time.as_secs_f64() * LOAD / f64::from(1 << DOUBLINGS)) as u64;
    fits.clamp(LEAST_FIRST, MOST_FIRST)
}

/// Requests by the first snapshot after which three doublings stay clear of the ceiling, if the heap goes on as it did
/// in the trial.
fn most_first(log: &Log) -> Option<u64> {
    let (first, last) = (log.samples.first()?, log.samples.last()?);
    let ceiling = last.metrics.ceiling_bytes?;
    let gained = used(last)?
        .checked_sub(used(first)?)
        .filter(|gained| *gained > 0)?;
    let room = (ceiling / 10 * 8).saturating_sub(used(last)?);
    // Twice: a list that doubles asks for as much again.
    let each = (u128::from(gained) * 2) << DOUBLINGS;
    u64::try_from(u128::from(room) * u128::from(TRIAL) / each).ok()
}

/// What the ceiling counts.
fn used(sample: &Sample) -> Option<u64> {
    sample.metrics.used_bytes.or(sample.metrics.live_bytes)
}

/// Why so many requests more are not sent: they might bring the heap to its ceiling.
fn too_near(log: &Log, requests: u64) -> Option<String> {
    let (first, last) = (log.samples.first()?, log.samples.last()?);
    let ceiling = last.metrics.ceiling_bytes?;
    let gained = used(last)?.saturating_sub(used(first)?);
    let sent = log.sent.filter(|sent| *sent > 0)?;
    // Twice: a list that doubles asks for as much again.
    let more = u128::from(gained) * u128::from(requests) / u128::from(sent) * 2;
    #[expect(
        clippy::cast_precision_loss,
        reason = "bytes, to compare with a part of others"
    )]
    let is_too_near = used(last)? as f64 + more as f64 > SAFE * ceiling as f64;
    is_too_near.then(|| {
        format!(
            "{requests} requests more might have ended the server, for {} MiB of {} MiB are in use; start it anew, or with a higher \
             ceiling",
            used(last).unwrap_or(0) >> 20,
            ceiling >> 20
        )
    })
}

/// The first failure of a load.
fn in_words(report: &Report) -> String {
    let answered = format!("{} of {}", report.ok + report.turned_away, report.planned);
    match report.errors.first() {
        Some(error) => format!("{answered}; {}: {}", error.kind, error.example),
        None => answered,
    }
}
