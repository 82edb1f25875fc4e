//! The measurement: a boot snapshot, the contract, then snapshots at rest at request counts that double,
//! how each site grew between them, and the contract once more.

use std::future::pending;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use heapdiff::verdict::{Class, Judgement, SiteGrowth, Verdict};
use heapdiff::{InApp, Profile};
use tokio::time::sleep;

use crate::catalog::Lab;
use crate::contract::{self, When};
use crate::repo::Server;
use crate::running::{Dump, Health, Running};

/// How often the requests are doubled once more, should the series not tell a leak from something that fills.
const MORE_DOUBLINGS: u32 = 1;

/// Snapshots at rest that the judge needs.
const LEAST_SHOTS: usize = 3;

/// How often a server under load is looked at.
const GLANCE: Duration = Duration::from_millis(200);

/// How far a series goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plan {
    /// To its end, and one doubling further where the verdict is open.
    Full,
    /// Until the verdict is certain: of a leak, three snapshots can be enough. Not while another site is unclear: that
    /// may be the larger leak, as the list is beside what is in it, and would be blamed too late. That a server does not
    /// leak only the full series shows: what is bounded grows as a leak does until it meets its bound, and a list that
    /// grows in place may double its room in the last window only.
    UntilCertain,
}

/// What happens while a server is measured, for whoever shows it.
pub(crate) enum Stage<'a> {
    /// The server starts, and is photographed before anything is asked of it.
    Boot,
    /// It is held to its contract.
    Contract(When),
    /// So many `requests` are sent, counted in `progress`, until it has served `target`.
    Load {
        target: u64,
        requests: u64,
        progress: &'a driver::Progress,
    },
    /// What it says of itself under load, now and then.
    Glance(Health),
    /// A snapshot is there, the first that of the boot. After three at rest it comes with what the series shows so far.
    Shot {
        shot: &'a Shot,
        so_far: Option<&'a Judgement>,
    },
}

/// Who is told of each [`Stage`].
pub(crate) type Watcher<'a> = &'a mut dyn FnMut(Stage<'_>);

/// A server, measured.
pub(crate) struct Measurement {
    /// Snapshots in the order they were taken; the first at boot.
    pub(crate) snapshots: Vec<Shot>,
    /// What the snapshots after the warm-up show.
    pub(crate) judgement: Judgement,
    pub(crate) took: Duration,
}

/// A snapshot, and what is in it.
#[allow(dead_code)] // RSS is for whoever draws it
pub(crate) struct Shot {
    pub(crate) requests: u64,
    /// Resident memory just before, in bytes.
    pub(crate) rss_bytes: Option<u64>,
    pub(crate) profile: Profile,
}

/// What came of measuring.
pub(crate) enum Outcome {
    Measured(Measurement),
    /// The route does not do its job; why, in words.
    ContractBroken(String),
}

/// Starts `program`, measures it under the lab's load, and ends it. Snapshots go to `folder`; `see` is told what happens.
///
/// # Errors
/// When the server cannot be run or asked: the environment's fault, not the student's.
pub(crate) async fn measure(
    program: &Path,
    server: Server,
    lab: &Lab,
    folder: &Path,
    plan: Plan,
    see: Watcher<'_>,
) -> Result<Outcome> {
    let started = Instant::now();
    see(Stage::Boot);
    let mut running = Running::start(program, server, folder).await?;
    let result = series(&running, lab, plan, see).await;
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

/// Puts `requests` on the lab's routes, until `target` are served; as fast as the server answers, or at `rate` requests
/// per second. What clients send goes on where `target - requests` before it have ended: the same again would be no
/// news to a cache.
pub(crate) async fn drive(
    running: &Running,
    lab: &Lab,
    target: u64,
    requests: u64,
    rate: Option<f64>,
    see: Watcher<'_>,
) -> Result<driver::Report> {
    let load = driver::Load {
        requests,
        rate,
        seed: target - requests,
        connections: lab.load.connections,
        timeout: contract::PATIENCE,
        ..driver::Load::new(format!("{}{}", running.url(), lab.routes[0]))
    };
    let progress = driver::Progress::default();
    see(Stage::Load {
        target,
        requests,
        progress: &progress,
    });
    let glances = async {
        loop {
            if let Ok(health) = running.health().await {
                see(Stage::Glance(health));
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
async fn series(
    running: &Running,
    lab: &Lab,
    plan: Plan,
    see: Watcher<'_>,
) -> Result<Result<(Shot, Vec<Shot>), String>> {
    let boot = read(&running.snapshot_at_rest("boot").await?)?;
    see(Stage::Shot {
        shot: &boot,
        so_far: None,
    });
    see(Stage::Contract(When::BeforeLoad));
    if let Err(broken) = contract::check(running, lab, When::BeforeLoad).await {
        return Ok(Err(broken));
    }
    let mut shots = Vec::new();
    let mut so_far = None;
    let schedule = lab.schedule();
    let last = schedule.last().copied().unwrap_or_default();
    let more = (1..=MORE_DOUBLINGS).map(|k| last << k);
    for target in schedule.into_iter().chain(more) {
        if target > last && verdict(so_far.as_ref()) != Some(Verdict::Inconclusive) {
            break;
        }
        let served = running.health().await?.requests;
        let Some(missing @ 1..) = target.checked_sub(served) else {
            bail!(
                "{served} requests are served already: [load] requests must be more than the contract asks"
            );
        };
        let report = drive(running, lab, target, missing, None, see).await?;
        if !report.all_ok() {
            return Ok(Err(format!("not every request was answered\n{report}")));
        }
        let name = format!("{target}-requests");
        shots.push(read(&running.snapshot_at_rest(&name).await?)?);
        so_far = tell(&shots, see)?;
        if plan == Plan::UntilCertain && so_far.as_ref().is_some_and(is_certain) {
            break;
        }
    }
    // A leak is told first: it is what the lab is about.
    if verdict(so_far.as_ref()) != Some(Verdict::Leak) {
        see(Stage::Contract(When::AfterLoad));
        if let Err(broken) = contract::check(running, lab, When::AfterLoad).await {
            return Ok(Err(format!("after {last} requests {broken}")));
        }
    }
    Ok(Ok((boot, shots)))
}

/// Tells of the last of these snapshots, and returns what they show if there are enough of them.
fn tell(warm: &[Shot], see: Watcher<'_>) -> Result<Option<Judgement>, heapdiff::Error> {
    let so_far = (warm.len() >= LEAST_SHOTS)
        .then(|| judge(warm))
        .transpose()?;
    if let Some(shot) = warm.last() {
        see(Stage::Shot {
            shot,
            so_far: so_far.as_ref(),
        });
    }
    Ok(so_far)
}

fn verdict(so_far: Option<&Judgement>) -> Option<Verdict> {
    so_far.map(|judgement| judgement.verdict)
}

/// Whether more snapshots would tell nothing new: it leaks, and all that leaks is known.
fn is_certain(so_far: &Judgement) -> bool {
    let unclear = |site: &SiteGrowth| site.site.in_app && site.class == Class::Unclear;
    so_far.verdict == Verdict::Leak && !so_far.sites.iter().any(unclear)
}

/// Reads a snapshot; its file's name is enough to know it by.
pub(crate) fn read(dump: &Dump) -> Result<Shot, heapdiff::Error> {
    let profile = heapdiff::files::read(&dump.path)?;
    let name = dump.path.file_name().unwrap_or_default().to_string_lossy();
    Ok(Shot {
        requests: dump.requests,
        rss_bytes: profile.metadata.rss_bytes,
        profile: profile.labelled(name),
    })
}

fn judge(warm: &[Shot]) -> Result<Judgement, heapdiff::Error> {
    let series: Vec<_> = warm
        .iter()
        .map(|shot| (shot.requests, &shot.profile))
        .collect();
    heapdiff::verdict::judge(&series, &InApp::default())
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
