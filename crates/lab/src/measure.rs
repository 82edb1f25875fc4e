//! The measurement of a server: what it is made of, what happens meanwhile, and what comes of it. Its order of events is
//! in `course`.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use driver::series::{Health, Snapshot};
use heapdiff::Profile;
use heapdiff::verdict::{Judgement, SiteGrowth};

use crate::bounded;
use crate::catalog::Lab;
use crate::contract::{self, When};
use crate::course::{self, Course};
use crate::program::Program;
use crate::repo::Server;
use crate::running::{MOST_SNAPSHOT, Running};
use crate::unrecorded::{self, Growth, Memory};

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
    /// Bytes of every request that are held until nobody asks any more, if there are such; with what leaks besides.
    pub(crate) held: Option<f64>,
    pub(crate) took: Duration,
}

/// A snapshot, and what is in it.
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
    program: &Program,
    server: Server,
    lab: &Lab,
    folder: &Path,
    plan: Plan,
    see: Watcher<'_>,
) -> Result<Outcome> {
    let started = Instant::now();
    see(Stage::Boot);
    let mut running = Running::start(program, server, folder).await?;
    let result = course::run(&running, lab, plan, see).await;
    let last_words = match result {
        Ok(Ok(_)) => None,
        _ => running.last_words().await,
    };
    running.stop().await;
    match (result, last_words) {
        (Ok(Ok(course)), _) => Ok(conclude(lab, course, started.elapsed())),
        (Ok(Err(broken)), None) => Ok(Outcome::ContractBroken(broken)),
        (Ok(Err(broken)), Some(words)) => Ok(Outcome::ContractBroken(format!("{broken}\n{words}"))),
        // A server that panicked or ended by itself: its code's fault.
        (Err(error), Some(words)) => Ok(Outcome::ContractBroken(format!("{error:#}\n{words}"))),
        (Err(error), None) => Err(error),
    }
}

impl Measurement {
    /// The sites that leak, the largest leak first.
    pub(crate) fn leaks(&self) -> Vec<&SiteGrowth> {
        self.judgement.leaks().collect()
    }

    /// Whether the heap grows with the requests: at rest, or until then.
    pub(crate) fn is_leaking(&self) -> bool {
        !self.leaks().is_empty() || self.held.is_some()
    }

    /// What RSS grows by with each request and the heap does not, if it does.
    pub(crate) fn unrecorded(&self) -> Option<Growth> {
        unrecorded(self.warm())
    }

    /// What of the server's own code may leak and may end, and why that is not known; in words.
    pub(crate) fn unclear(&self) -> Option<String> {
        let site = unclear(&self.judgement)?;
        let doubt = site.doubt.map(|doubt| format!("; {}", doubt.seen()));
        let last = self.window().1;
        Some(format!(
            "after {last} requests {} still grows{}",
            site.name(),
            doubt.unwrap_or_default()
        ))
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

/// The largest growth in the server's own code that may be a leak and may end. What its runtime does besides is no student's
/// to mend.
pub(crate) fn unclear(judgement: &Judgement) -> Option<&SiteGrowth> {
    judgement.unclear().find(|growth| growth.site.in_app)
}

/// What RSS grows by with each request and the heap does not, after the warm-up; `None` also where the platform does not tell
/// RSS.
pub(crate) fn unrecorded(warm: &[Shot]) -> Option<Growth> {
    let memory = |shot: &Shot| {
        Some(Memory {
            requests: shot.requests,
            rss: shot.rss_bytes?,
            heap: shot.profile.totals.live_bytes,
        })
    };
    let series: Option<Vec<_>> = warm.iter().map(memory).collect();
    unrecorded::growth(&series?)
}

/// Reads a snapshot; its file's name is enough to know it by.
///
/// # Errors
/// When it is not a snapshot, or no regular file: a hostile server may have put a link or a pipe in its place.
pub(crate) fn read(snapshot: &Snapshot) -> Result<Shot> {
    let path = &snapshot.path;
    let content = bounded::file(path, MOST_SNAPSHOT)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let profile =
        Profile::parse_owned(content).with_context(|| format!("cannot read {}", path.display()))?;
    let requests = profile.metadata.requests;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(Shot {
        requests: requests.with_context(|| format!("{} knows no requests", path.display()))?,
        rss_bytes: profile.metadata.rss_bytes,
        profile: profile.labelled(name),
    })
}

fn conclude(lab: &Lab, course: Course, took: Duration) -> Outcome {
    let measurement = Measurement {
        held: course.held,
        snapshots: std::iter::once(course.boot).chain(course.warm).collect(),
        judgement: course.judgement,
        took,
    };
    // A leak is told first: it is what the lab is about, and what leaks has done its work.
    if !measurement.is_leaking()
        && let Err(broken) = measurement.check_work(lab)
    {
        return Outcome::ContractBroken(broken);
    }
    Outcome::Measured(measurement)
}
