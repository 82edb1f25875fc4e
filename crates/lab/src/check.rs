//! `cargo lab check`: builds a server, holds it to its contract, measures its heap, and says what it is.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Result;
use bytesize::ByteSize;
use heapdiff::terminal::rate;
use serde::{Deserialize, Serialize};

use crate::catalog::Lab;
use crate::compile::{self, Build, Output};
use crate::handler;
use crate::measure::{self, Measurement, Outcome, Plan, Watcher};
use crate::progress::OnBar;
use crate::repo::{Repo, Server};
use crate::unrecorded;
use crate::workbook::{State, Workbook};

/// What a server is found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Status {
    /// It keeps its contract and does not leak.
    Fixed,
    /// The same, and it is the file that was shipped: there is nothing of the student's to prove.
    Reference,
    /// It keeps its contract, and its heap grows with the requests.
    Leaking,
    /// No heap leaks, but RSS stays high after a spike, or grows with the requests where no snapshot sees it.
    Holding,
    /// It keeps its contract, and something of its own code grows of which even the longest series does not tell whether it ends.
    Inconclusive,
    /// The route does not do its job.
    ContractBroken,
    /// It does not compile.
    BuildFailed,
    /// The starter, unchanged, which was asked not to be measured.
    NotStarted,
}

/// What `--json` prints.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) lab: u32,
    pub(crate) server: Server,
    pub(crate) status: Status,
    /// Why what was built is not as it should be, how the contract was broken, what is held, or what leaks although no snapshot has it; in words.
    pub(crate) reason: Option<String>,
    /// Live bytes gained per request at all leaking sites together, or what of every request is held until nobody asks, if
    /// that is more; null if it was not measured.
    pub(crate) bytes_per_request: Option<f64>,
    /// Live blocks, likewise.
    pub(crate) blocks_per_request: Option<f64>,
    /// The site with the largest leak.
    pub(crate) top_site: Option<TopSite>,
    /// Request count of the first and the last snapshot between which growth was measured.
    pub(crate) requests: Option<(u64, u64)>,
    pub(crate) elapsed_s: f64,
    pub(crate) build_s: f64,
    pub(crate) measure_s: f64,
}

/// Where a leak's memory is allocated.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct TopSite {
    #[serde(rename = "type")]
    pub(crate) type_name: String,
    pub(crate) file: Option<String>,
    pub(crate) line: Option<u32>,
}

/// A report, and what it was read off.
pub(crate) struct Checked {
    pub(crate) report: Report,
    pub(crate) measurement: Option<Measurement>,
}

impl Status {
    /// Whether the lab is passed.
    pub(crate) fn passed(self) -> bool {
        self.exit_code() == 0
    }

    /// Of `cargo lab check`; as `heapdiff verdict` has them.
    pub(crate) fn exit_code(self) -> u8 {
        match self {
            Self::Fixed | Self::Reference => 0,
            Self::Leaking
            | Self::Holding
            | Self::ContractBroken
            | Self::BuildFailed
            | Self::NotStarted => 1,
            Self::Inconclusive => 3,
        }
    }
}

/// Builds, starts, measures and ends `server`, with a progress bar. Snapshots stay in `.lab/labN/SERVER`.
///
/// # Errors
/// When the environment does not let it.
pub(crate) async fn check(repo: &Repo, lab: &Lab, server: Server) -> Result<Checked> {
    let mut bar = OnBar::default();
    let see: Watcher<'_> = &mut |stage| bar.see(&stage);
    check_watched(repo, lab, server, Plan::Full, Output::Terminal, see).await
}

/// The same as far as `plan` says; the build says what it has to say to `output`, and `see` is told what is being
/// measured.
///
/// # Errors
/// When the environment does not let it.
pub(crate) async fn check_watched(
    repo: &Repo,
    lab: &Lab,
    server: Server,
    plan: Plan,
    output: Output<'_>,
    see: Watcher<'_>,
) -> Result<Checked> {
    let book = Workbook::new(repo, lab);
    let _alone = book.lock()?;
    let built = build(repo, &book, server, &folder(repo, lab, server), output).await?;
    measure_built(lab, &book, server, built, plan, see).await
}

/// Where the snapshots of a check go, and the program that is checked.
pub(crate) fn folder(repo: &Repo, lab: &Lab, server: Server) -> PathBuf {
    repo.state(lab.number).join(server.program())
}

/// A student's file, and what its build came to.
pub(crate) struct Built {
    pub(crate) content: Vec<u8>,
    pub(crate) build: Build,
    started: Instant,
}

/// Builds, and returns the student's file as it was built: one that is saved meanwhile is built again. The program is a copy
/// in `folder`, which no later build replaces.
///
/// # Errors
/// When cargo cannot run, or fails for another reason than the code.
pub(crate) async fn build(
    repo: &Repo,
    book: &Workbook<'_>,
    server: Server,
    folder: &Path,
    mut output: Output<'_>,
) -> Result<Built> {
    let started = Instant::now();
    loop {
        let content = book.bytes()?;
        let mut build = compile::compile(repo, server, &mut output).await?;
        if let Build::Ready { program, .. } = &mut build {
            *program = program.copy_to(folder)?;
        }
        if book.bytes()? == content {
            return Ok(Built {
                content,
                build,
                started,
            });
        }
    }
}

/// Measures what was built, and judges it.
///
/// # Errors
/// When the environment does not let it.
pub(crate) async fn measure_built(
    lab: &Lab,
    book: &Workbook<'_>,
    server: Server,
    built: Built,
    plan: Plan,
    see: Watcher<'_>,
) -> Result<Checked> {
    let Built {
        content,
        build,
        started,
    } = built;
    let (outcome, build_took) = match build {
        Build::Failed { took } => (None, took),
        Build::Ready { program, took } => {
            let folder = program.folder();
            let outcome = match besides(book, &content, server)? {
                Some(broken) => Outcome::ContractBroken(broken),
                None => measure::measure(&program, server, lab, folder, plan, see).await?,
            };
            (Some(outcome), took)
        }
    };
    let shipped = server == Server::Fixed && book.state_of(&content)? == State::Reference;
    let mut checked = judge(lab, server, outcome, shipped, build_took, started);
    if checked.report.status == Status::BuildFailed {
        checked.report.reason = book.why_not_built(server, &content)?;
    }
    if server == Server::Fixed && checked.report.status == Status::Fixed {
        book.mark_proved(&content)?;
    }
    Ok(checked)
}

/// How a file breaks its contract before anything is asked of it: routes of its own, which nobody measures.
pub(crate) fn besides(
    book: &Workbook<'_>,
    content: &[u8],
    server: Server,
) -> Result<Option<String>> {
    if server == Server::Leaky {
        return Ok(None);
    }
    let content = String::from_utf8_lossy(content); // what compiles is text
    Ok(handler::besides(&content, &book.starter()?))
}

/// In words, how much more RSS there is at the end than at the first snapshot, if the lab's contract says how much
/// there may be.
fn held(lab: &Lab, measured: &Measurement) -> Option<String> {
    let allowed = lab.contract.rss_bytes?;
    let (_, first, last) = measured.ends();
    let rss = |shot: &measure::Shot| shot.profile.metadata.rss_bytes;
    let more = rss(last)?.saturating_sub(rss(first)?);
    let size = |bytes| ByteSize::b(bytes).display().si();
    (more > allowed).then(|| {
        format!(
            "after the spike RSS stays {} higher, and {} are allowed: nobody uses that memory, and nobody else can",
            size(more),
            size(allowed)
        )
    })
}

/// The report on a student's file that is the starter, unchanged.
pub(crate) fn not_started(lab: &Lab) -> Report {
    Report::new(lab.number, Server::Fixed, Status::NotStarted)
}

/// What a server is, by what came of its build and its measurement.
pub(crate) fn judge(
    lab: &Lab,
    server: Server,
    outcome: Option<Outcome>,
    shipped: bool,
    build: Duration,
    started: Instant,
) -> Checked {
    let mut report = Report::new(lab.number, server, Status::BuildFailed);
    let mut measurement = None;
    match outcome {
        None => {}
        Some(Outcome::ContractBroken(reason)) => {
            report.status = Status::ContractBroken;
            report.reason = Some(reason);
        }
        Some(Outcome::Measured(measured)) => {
            let leaks = measured.leaks();
            let held = measured
                .unrecorded()
                .map(|growth| grows_unrecorded(growth, measured.window()))
                .or_else(|| held(lab, &measured));
            let unclear = measured.unclear();
            report.status = if measured.is_leaking() {
                Status::Leaking
            } else if held.is_some() {
                Status::Holding
            } else if unclear.is_some() {
                Status::Inconclusive
            } else if shipped {
                Status::Reference
            } else {
                Status::Fixed
            };
            report.reason = match report.status {
                Status::Leaking => measured.held.map(held_until_rest),
                Status::Inconclusive => unclear,
                _ => held,
            };
            let judgement = &measured.judgement;
            let at_rest = judgement.bytes_per_request().estimate;
            report.bytes_per_request = Some(measured.held.unwrap_or_default().max(at_rest));
            report.blocks_per_request = Some(judgement.blocks_per_request().estimate);
            report.top_site = leaks.first().map(|leak| TopSite {
                type_name: leak.site.constructor(),
                file: leak.site.frame.file().map(str::to_owned),
                line: leak.site.frame.line(),
            });
            report.requests = Some(measured.window());
            report.measure_s = measured.took.as_secs_f64();
            measurement = Some(measured);
        }
    }
    report.build_s = build.as_secs_f64();
    report.elapsed_s = started.elapsed().as_secs_f64();
    Checked {
        report,
        measurement,
    }
}

fn grows_unrecorded(growth: unrecorded::Growth, (first, last): (u64, u64)) -> String {
    let bytes = rate(growth.bytes_per_request);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "positive"
    )]
    let total = ByteSize::b(growth.bytes as u64).display().si();
    format!(
        "RSS grows by {} bytes with each request and the heap does not: it is {total} more after {last} requests than after \
         {first}. Static arrays, threads' stacks and mapped files are memory as well: keep nothing there for each request",
        bytes.trim_start_matches('+')
    )
}

fn held_until_rest(bytes_per_request: f64) -> String {
    format!(
        "{} bytes of every request are held until nobody asks any more: a service that is never at rest keeps them all",
        rate(bytes_per_request).trim_start_matches('+')
    )
}

impl Report {
    /// Without anything measured.
    pub(crate) fn new(lab: u32, server: Server, status: Status) -> Self {
        Self {
            lab,
            server,
            status,
            reason: None,
            bytes_per_request: None,
            blocks_per_request: None,
            top_site: None,
            requests: None,
            elapsed_s: 0.0,
            build_s: 0.0,
            measure_s: 0.0,
        }
    }
}
