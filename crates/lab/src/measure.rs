//! The measurement: a boot snapshot, the contract, then snapshots at rest at request counts that double,
//! how each site grew between them, and the contract once more.

use std::fs;
use std::future::pending;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use bytesize::ByteSize;
use heapdiff::verdict::{self, Judgement, SiteGrowth, Verdict};
use heapdiff::{InApp, Profile};
use tokio::time::sleep;

use crate::catalog::Lab;
use crate::contract::{self, When};
use crate::program::Program;
use crate::repo::Server;
use crate::running::{Dump, Running};

/// How often the requests are doubled once more, should the series not tell a leak from something that fills.
const MORE_DOUBLINGS: u32 = 1;

/// How often the bar's message is brought up to date.
const GLANCE: Duration = Duration::from_millis(200);

/// A server, measured.
pub(crate) struct Measurement {
    /// Snapshots in the order they were taken; the first at boot.
    pub(crate) snapshots: Vec<Shot>,
    /// What the snapshots after the warm-up show.
    pub(crate) judgement: Judgement,
    pub(crate) took: Duration,
}

/// A snapshot, and what is in it.
pub(crate) struct Shot {
    pub(crate) requests: u64,
    pub(crate) profile: Profile,
}

/// What came of measuring.
pub(crate) enum Outcome {
    Measured(Measurement),
    /// The route does not do its job; why, in words.
    ContractBroken(String),
}

/// Starts `program`, measures it under the lab's load, and ends it. Snapshots go to `folder`.
///
/// # Errors
/// When the server cannot be run or asked: the environment's fault, not the student's.
pub(crate) async fn measure(
    program: &Program,
    server: Server,
    lab: &Lab,
    folder: &Path,
) -> Result<Outcome> {
    let started = Instant::now();
    let mut running = Running::start(program, server, folder).await?;
    let result = series(&running, lab).await;
    let last_words = match result {
        Ok(Ok(_)) => None,
        _ => running.last_words().await,
    };
    running.stop().await;
    match (result, last_words) {
        (Ok(Ok((boot, warm))), _) => conclude(lab, boot, warm, started.elapsed()),
        (Ok(Err(broken)), None) => Ok(Outcome::ContractBroken(broken)),
        (Ok(Err(broken)), Some(words)) => Ok(Outcome::ContractBroken(format!("{broken}\n{words}"))),
        // A server that panicked or ended by itself: its code's fault.
        (Err(error), Some(words)) => Ok(Outcome::ContractBroken(format!("{error:#}\n{words}"))),
        (Err(error), None) => Err(error),
    }
}

/// Puts `requests` on the lab's route, with a progress bar that shows the live heap beside RSS; as fast as
/// the server answers, or at `rate` requests per second. What clients send goes on where `served` requests before
/// it have ended: the same again would be no news to a cache.
pub(crate) async fn drive(
    running: &Running,
    lab: &Lab,
    served: u64,
    requests: u64,
    rate: Option<f64>,
) -> Result<driver::Report> {
    let load = driver::Load {
        requests,
        rate,
        seed: served,
        connections: lab.load.connections,
        timeout: contract::PATIENCE,
        ..driver::Load::new(format!("{}{}", running.url(), lab.routes[0]))
    };
    let progress = driver::Progress::default();
    let bar = driver::Bar::start(&progress, requests);
    let glances = async {
        loop {
            if let Ok(health) = running.health().await {
                bar.set_message(memory(health.live_bytes, health.rss_bytes));
            }
            sleep(GLANCE).await;
        }
    };
    tokio::select! {
        report = driver::run(&load, &progress, pending()) => {
            report.context("the lab's load cannot be sent")
        }
        () = glances => unreachable!("it looks until the load is done"),
    }
}

/// Live heap beside RSS, in words.
pub(crate) fn memory(live_bytes: u64, rss_bytes: Option<u64>) -> String {
    let live = ByteSize::b(live_bytes).display().si();
    match rss_bytes {
        Some(rss) => format!("live heap {live}, RSS {}", ByteSize::b(rss).display().si()),
        None => format!("live heap {live}"),
    }
}

impl Measurement {
    /// The sites that leak, the largest leak first.
    pub(crate) fn leaks(&self) -> Vec<&SiteGrowth> {
        self.judgement.leaks().collect()
    }

    /// The snapshots after the warm-up.
    pub(crate) fn warm(&self) -> &[Shot] {
        &self.snapshots[1..]
    }

    /// Whether the heap shows that the requests did their work.
    fn check_work(&self, lab: &Lab) -> Result<(), String> {
        let (_, first, last) = self.ends();
        let total = |shot: &Shot| shot.profile.totals.total_bytes;
        let bytes = total(last).saturating_sub(total(first));
        let requests = last.requests.saturating_sub(first.requests);
        let sites = self.judgement.sites.iter();
        let in_app = sites.filter(|site| site.site.in_app);
        let held = in_app.filter_map(|site| Some(site.points.last()?.counters.live_bytes));
        contract::check_work(
            &lab.contract,
            bytes / requests.max(1),
            held.max().unwrap_or(0),
        )
    }

    /// Request counts between which growth was measured.
    pub(crate) fn window(&self) -> (u64, u64) {
        let (_, warm, last) = self.ends();
        (warm.requests, last.requests)
    }

    /// The snapshots at boot, after the warm-up, and the last.
    pub(crate) fn ends(&self) -> (&Shot, &Shot, &Shot) {
        let [boot, warm, .., last] = self.snapshots.as_slice() else {
            unreachable!("a series has a boot snapshot, and its load doubles at least once")
        };
        (boot, warm, last)
    }
}

/// The snapshots at boot and after the warm-up, or how the contract was broken.
async fn series(running: &Running, lab: &Lab) -> Result<Result<(Shot, Vec<Shot>), String>> {
    let boot = read(&running.snapshot_at_rest("boot").await?)?;
    if let Err(broken) = contract::check(running, lab, When::BeforeLoad).await {
        return Ok(Err(broken));
    }
    let mut shots = Vec::new();
    let schedule = lab.schedule();
    let last = schedule.last().copied().unwrap_or_default();
    let more = (1..=MORE_DOUBLINGS).map(|k| last << k);
    for target in schedule.into_iter().chain(more) {
        if target > last && judge(&shots)?.verdict != Verdict::Inconclusive {
            break;
        }
        let served = running.health().await?.requests;
        let Some(missing @ 1..) = target.checked_sub(served) else {
            bail!(
                "{served} requests are served already: [load] requests must be more than the contract asks"
            );
        };
        let report = drive(running, lab, served, missing, None).await?;
        if !report.all_ok() {
            return Ok(Err(format!("not every request was answered\n{report}")));
        }
        let name = format!("{target}-requests");
        shots.push(read(&running.snapshot_at_rest(&name).await?)?);
    }
    // A leak is told first: it is what the lab is about.
    if judge(&shots)?.leaks().next().is_none()
        && let Err(broken) = contract::check(running, lab, When::AfterLoad).await
    {
        return Ok(Err(format!("after {last} requests {broken}")));
    }
    Ok(Ok((boot, shots)))
}

/// Reads a snapshot; its file's name is enough to know it by.
///
/// # Errors
/// When it is none; a link or a pipe, which only a server of ill will would put there, among others.
pub(crate) fn read(dump: &Dump) -> Result<Shot> {
    let about = fs::symlink_metadata(&dump.path)
        .with_context(|| format!("cannot read {}", dump.path.display()))?;
    ensure!(about.is_file(), "{} is no file", dump.path.display());
    let profile = heapdiff::files::read(&dump.path)?;
    let name = dump.path.file_name().unwrap_or_default().to_string_lossy();
    Ok(Shot {
        profile: profile.labelled(name),
        requests: dump.requests,
    })
}

fn judge(warm: &[Shot]) -> Result<Judgement, heapdiff::Error> {
    let series: Vec<_> = warm
        .iter()
        .map(|shot| (shot.requests, &shot.profile))
        .collect();
    verdict::judge(&series, &InApp::default())
}

fn conclude(lab: &Lab, boot: Shot, warm: Vec<Shot>, took: Duration) -> Result<Outcome> {
    let judgement = judge(&warm)?;
    let measurement = Measurement {
        snapshots: std::iter::once(boot).chain(warm).collect(),
        judgement,
        took,
    };
    // A leak is told first: it is what the lab is about, and what leaks has done its work.
    if measurement.leaks().is_empty()
        && let Err(broken) = measurement.check_work(lab)
    {
        return Ok(Outcome::ContractBroken(broken));
    }
    Ok(Outcome::Measured(measurement))
}
