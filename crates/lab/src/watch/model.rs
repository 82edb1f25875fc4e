//! What the screen shows, and how it changes. Knows neither the terminal nor how anything is found out.

use std::time::Duration;

use heapdiff::verdict::Rate;
use tokio::time::Instant;

use crate::check::{Report, Status};
use crate::compile::Said;

/// Everything that is on the screen.
#[derive(Clone, Debug)]
pub(super) struct Model {
    pub(super) lab: Exercise,
    pub(super) state: State,
    /// Why the check was begun, and when.
    pub(super) cause: Cause,
    pub(super) begun: Instant,
    /// When the file was saved last, as far as was seen.
    pub(super) saved: Option<Instant>,
    /// What cargo said last.
    pub(super) cargo: String,
    /// What the compiler said, errors first.
    pub(super) errors: Vec<String>,
    pub(super) warnings: Vec<String>,
    /// How long the build took, once it is done.
    pub(super) build: Option<Duration>,
    /// The live heap at each snapshot.
    pub(super) points: Vec<Point>,
    /// The server under load, when it was last looked at.
    pub(super) glance: Option<Glance>,
    /// Requests at the end of what is going on now.
    pub(super) target: u64,
    /// Whether the contract is asked once more, after the load.
    pub(super) asked_again: bool,
    /// Bytes per request, as far as the snapshots tell.
    pub(super) rate: Option<Rate>,
    /// What lies over all this until a key is pressed.
    pub(super) over: Option<Over>,
    /// What came of the last key.
    pub(super) notice: Option<String>,
    /// Lines that are scrolled out at the top.
    pub(super) scrolled: usize,
}

/// The lab, as far as the screen names it.
#[derive(Clone, Debug)]
pub(super) struct Exercise {
    pub(super) number: u32,
    pub(super) title: String,
    /// The student's file, as they would type it.
    pub(super) file: String,
    /// What its routes must keep doing.
    pub(super) contract: String,
    /// Requests at the last snapshot of its schedule.
    pub(super) requests: u64,
}

/// Where a check stands.
///
/// ```text
///      built            kept             certain
/// Building ───▶ Contract ───▶ Growth ─────────────▶ Told(Found)
///    │             │            │
///    │             │ broken     │ broken after the load
///    │             └────────────┴─────────────────▶ Told(Found)
///    │ does not compile
///    ├────────────────────────────────────────────▶ Told(Found)
///    │ from any of them: something is in the way
///    └────────────────────────────────────────────▶ Told(Stuck)
///
///    from each of them, when the file is saved or Enter is pressed: Building
/// ```
#[derive(Clone, Debug)]
pub(super) enum State {
    Building,
    Contract,
    Growth,
    Told(Told),
}

/// How a check ended.
#[derive(Clone, Debug)]
pub(super) enum Told {
    Found(Box<Finding>),
    /// It could not be done, for a reason that is not in the student's code.
    Stuck(String),
}

/// What was found.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    pub(super) report: Report,
    /// The line that leaks, as it stands in the student's file.
    pub(super) line: Option<String>,
    /// From the save to this.
    pub(super) took: Duration,
}

/// Why a check was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    Start,
    Save,
    Enter,
}

/// The live heap after so many requests, at rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) requests: u64,
    pub(super) live_bytes: u64,
}

/// A server as it is now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Glance {
    pub(super) requests: u64,
    pub(super) live_bytes: u64,
    pub(super) rss_bytes: Option<u64>,
}

/// A text over the screen.
#[derive(Clone, Debug)]
pub(super) struct Over {
    pub(super) title: String,
    pub(super) text: String,
}

/// What happens during a check.
#[derive(Clone, Debug)]
pub(super) enum Event {
    Said(Said),
    /// After so long; the contract is next.
    Built(Duration),
    /// The contract is kept so far; requests are sent until there have been so many.
    Load(u64),
    /// The load is done, and the contract is asked once more.
    AskedAgain,
    Glance(Glance),
    Shot(Point, Option<Rate>),
    Told(Told),
}

impl Model {
    pub(super) fn new(lab: Exercise, now: Instant) -> Self {
        Self {
            lab,
            state: State::Building,
            cause: Cause::Start,
            begun: now,
            saved: None,
            cargo: String::new(),
            errors: Vec::new(),
            warnings: Vec::new(),
            build: None,
            points: Vec::new(),
            glance: None,
            target: 0,
            asked_again: false,
            rate: None,
            over: None,
            notice: None,
            scrolled: 0,
        }
    }

    /// Begins a check; what an earlier one showed is gone. A hint that is being read stays.
    pub(super) fn begin(&mut self, cause: Cause, at: Instant) {
        let saved = if cause == Cause::Save {
            Some(at)
        } else {
            self.saved
        };
        *self = Self {
            cause,
            saved,
            over: self.over.take(),
            ..Self::new(self.lab.clone(), at)
        };
    }

    pub(super) fn apply(&mut self, event: Event) {
        match event {
            Event::Said(Said::Line(line)) => line.trim().clone_into(&mut self.cargo),
            Event::Said(Said::Diagnostic { error, rendered }) => {
                if error {
                    self.errors.push(rendered);
                } else {
                    self.warnings.push(rendered);
                }
            }
            Event::Built(took) => {
                self.build = Some(took);
                self.state = State::Contract;
            }
            Event::Load(target) => {
                self.state = State::Growth;
                self.target = target;
            }
            Event::AskedAgain => self.asked_again = true,
            Event::Glance(glance) => self.glance = Some(glance),
            Event::Shot(point, rate) => {
                self.points.push(point);
                self.rate = rate.or(self.rate);
            }
            Event::Told(told) => {
                if let Told::Found(finding) = &told {
                    self.build = Some(Duration::from_secs_f64(finding.report.build_s));
                }
                self.state = State::Told(told);
            }
        }
    }

    /// Whether what is in the file was checked and passed.
    pub(super) fn passed(&self) -> bool {
        matches!(&self.state, State::Told(Told::Found(finding)) if finding.report.status.passed())
    }

    /// Whether nothing is going on.
    pub(super) fn is_idle(&self) -> bool {
        matches!(self.state, State::Told(_))
    }

    /// What was found, if it was.
    pub(super) fn status(&self) -> Option<Status> {
        match &self.state {
            State::Told(Told::Found(finding)) => Some(finding.report.status),
            _ => None,
        }
    }
}
