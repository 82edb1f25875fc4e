//! The order of events in a measurement: a boot snapshot, the contract, snapshots at rest each time the requests have
//! doubled, and the contract once more. The schedule is the driver's: a snapshot is written, fetched and judged while the
//! next load already runs.

use std::ops::ControlFlow;

use anyhow::{Context, Result, bail};
use driver::Load;
use driver::series::{Event, Schedule, SeriesError, Snapshot, Step};
use heapdiff::InApp;
use heapdiff::verdict::{self, Class, Judgement, Verdict};

use crate::catalog::Lab;
use crate::contract::{self, When};
use crate::held::{self, Stretch};
use crate::measure::{Plan, Shot, Stage, Watcher, read, unclear, unrecorded};
use crate::running::Running;

/// How often the requests are doubled once more, should the series not tell a leak from something that fills, or from
/// something that falls away at rest.
const MORE_DOUBLINGS: u32 = 1;

/// Snapshots at rest that the judge needs.
const LEAST_SHOTS: usize = 3;

/// What a course leaves behind.
pub(crate) struct Course {
    pub(crate) boot: Shot,
    /// At rest, after the warm-up.
    pub(crate) warm: Vec<Shot>,
    /// What they show.
    pub(crate) judgement: Judgement,
    /// Bytes of every request that are held until rest, if there are such.
    pub(crate) held: Option<f64>,
}

/// How the contract was broken, in words.
type Broken = String;

/// Those of a course that have come so far, told as they come.
struct Shots<'a> {
    plan: Plan,
    see: Watcher<'a>,
    /// Live bytes at boot.
    boot: u64,
    warm: Vec<Shot>,
    so_far: Option<Judgement>,
    /// Requests of each stretch, and what was live right after its last answer, in bytes.
    busy: Vec<(u64, u64)>,
    /// Why one could not be read.
    trouble: Option<anyhow::Error>,
}

/// The course of `running`; `see` is told what happens.
///
/// # Errors
/// When the server cannot be asked.
pub(crate) async fn run(
    running: &Running,
    lab: &Lab,
    plan: Plan,
    see: Watcher<'_>,
) -> Result<Result<Course, Broken>> {
    let boot = read(&running.snapshot_at_rest("boot").await?)?;
    see(Stage::Shot {
        shot: &boot,
        so_far: None,
    });
    see(Stage::Contract(When::BeforeLoad));
    if let Err(broken) = contract::check(running, lab, When::BeforeLoad).await {
        return Ok(Err(broken));
    }
    let mut shots = Shots {
        plan,
        see,
        boot: boot.profile.totals.live_bytes,
        warm: Vec::new(),
        so_far: None,
        busy: Vec::new(),
        trouble: None,
    };
    if let Err(broken) = load(running, lab, &mut shots).await? {
        return Ok(Err(broken));
    }
    let held = shots.held();
    // A leak is told first: it is what the lab is about.
    if shots.verdict() != Some(Verdict::Leak) && held.is_none() {
        (shots.see)(Stage::Contract(When::AfterLoad));
        if let Err(broken) = contract::check(running, lab, When::AfterLoad).await {
            let last = shots.warm.last().map_or(0, |shot| shot.requests);
            return Ok(Err(format!("after {last} requests {broken}")));
        }
    }
    Ok(Ok(Course {
        boot,
        warm: shots.warm,
        judgement: shots.so_far.context("a series has three snapshots")?,
        held,
    }))
}

/// The load that a lab puts on a server, as fast as that answers.
pub(crate) fn load_of(lab: &Lab) -> Load {
    Load {
        connections: lab.load.connections,
        timeout: contract::PATIENCE,
        accept: lab.contract.busy,
        ..Load::new("")
    }
}

/// Puts the lab's load on the server, with a snapshot behind each stretch.
async fn load(running: &Running, lab: &Lab, shots: &mut Shots<'_>) -> Result<Result<(), Broken>> {
    let mut series = running.series(&lab.routes, &load_of(lab))?;
    let longest = Schedule {
        first: lab.load.requests,
        doublings: lab.load.doublings + MORE_DOUBLINGS,
    };
    let last = longest.first << lab.load.doublings;
    for target in longest.targets() {
        if target > last {
            if let Some(snapshot) = series.finish().await? {
                shots.arrived(&snapshot)?;
            }
            if !shots.are_open() {
                break;
            }
        }
        let name = format!("{target}-requests");
        let mut see = |event: Event<'_>| shots.told(&event);
        let step = series.step(target, &name, &mut see).await;
        if let Some(trouble) = shots.trouble.take() {
            return Err(trouble);
        }
        match step {
            Ok(Step::Taken(stretch)) => {
                let busy = stretch
                    .busy
                    .context("the lab's servers tell how they are")?;
                shots.busy.push((stretch.report.requests, busy.live_bytes));
            }
            Ok(Step::Failed(report)) => {
                return Ok(Err(format!("not every request was answered\n{report}")));
            }
            Ok(Step::Stopped) => return Ok(Ok(())),
            Err(SeriesError::Late { served }) => bail!(
                "{served} requests are served already: [load] requests must be more than the contract asks"
            ),
            Err(error) => return Err(error.into()),
        }
        if target == longest.first
            && let Some(spike) = &lab.load.spike
            && let Err(broken) = contract::spike(running, spike).await
        {
            return Ok(Err(broken));
        }
    }
    if let Some(snapshot) = series.finish().await? {
        shots.arrived(&snapshot)?;
    }
    Ok(Ok(()))
}

impl Shots<'_> {
    /// Tells what happens; whether to go on.
    fn told(&mut self, event: &Event<'_>) -> ControlFlow<()> {
        match event {
            Event::Load {
                target,
                requests,
                progress,
            } => (self.see)(Stage::Load {
                target: *target,
                requests: *requests,
                progress,
            }),
            Event::Glance(health) => (self.see)(Stage::Glance(*health)),
            Event::Snapshot(snapshot) => {
                if let Err(trouble) = self.arrived(snapshot) {
                    self.trouble = Some(trouble);
                    return ControlFlow::Break(());
                }
                if self.plan == Plan::UntilCertain && self.is_certain() {
                    return ControlFlow::Break(());
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn arrived(&mut self, snapshot: &Snapshot) -> Result<()> {
        self.warm.push(read(snapshot)?);
        if self.warm.len() >= LEAST_SHOTS {
            self.so_far = Some(judge(&self.warm)?);
        }
        if let Some(shot) = self.warm.last() {
            (self.see)(Stage::Shot {
                shot,
                so_far: self.so_far.as_ref(),
            });
        }
        Ok(())
    }

    fn verdict(&self) -> Option<Verdict> {
        Some(self.so_far.as_ref()?.verdict)
    }

    /// Whether it leaks, and nothing that grew more is still unclear: a list that grows in place is told one doubling
    /// later than the blocks in it, and would be missing where it is the larger leak.
    fn is_certain(&self) -> bool {
        let grown = self.so_far.iter().flat_map(|judgement| &judgement.sites); // the largest growth first
        grown
            .map(|site| site.class)
            .find(|class| matches!(class, Class::Leak | Class::Unclear))
            == Some(Class::Leak)
    }

    /// Whether one doubling more could change what these show. Nobody is accused for what falls away at rest, or grows where no
    /// snapshot sees it, before it has done so once more.
    fn are_open(&self) -> bool {
        match &self.so_far {
            None => true,
            Some(judgement) if judgement.verdict == Verdict::Leak => false,
            Some(judgement) => {
                unclear(judgement).is_some()
                    || self.held().is_some()
                    || unrecorded(&self.warm).is_some()
            }
        }
    }

    /// Bytes of every request that were live right after the last answers, and at rest no more.
    fn held(&self) -> Option<f64> {
        let rest = self.warm.iter().map(|shot| shot.profile.totals.live_bytes);
        let before = std::iter::once(self.boot).chain(rest.clone());
        let stretches: Vec<_> = self
            .busy
            .iter()
            .zip(before.zip(rest))
            .map(|(&(requests, busy), (before, after))| {
                Stretch::new(requests, busy, [before, after])
            })
            .collect();
        held::until_rest(&stretches)
    }
}

fn judge(warm: &[Shot]) -> Result<Judgement, heapdiff::Error> {
    let series: Vec<_> = warm
        .iter()
        .map(|shot| (shot.requests, &shot.profile))
        .collect();
    verdict::judge(&series, &InApp::default())
}
