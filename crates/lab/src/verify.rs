//! `cargo lab verify`: the maintainers' proof that every lab is what it says. The leaky server keeps its
//! contract and leaks at the key's lines and nowhere else, the fixed one keeps it and does not leak, the starting point
//! is as the leaky server, leaky and fixed differ by the fix alone, and each mutant is found to be what it is.
//!
//! It works on a copy of the workspace in `.lab/verify`, so that nobody's work is in its way; and round by round: in each,
//! every lab has its next step, so that a server is compiled once for all of them.

use std::collections::VecDeque;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use futures_util::StreamExt;
use futures_util::stream;
use tokio::sync::Mutex;

use crate::catalog::{Key, Lab};
use crate::check::{self, Checked, Report, Status};
use crate::compile::{Build, Output, Said};
use crate::copies;
use crate::handout::HINTS;
use crate::key;
use crate::measure::Plan;
use crate::mutants::Mutant;
use crate::pristine;
use crate::repo::{Repo, Server};
use crate::say;
use crate::workbook::{Workbook, shipped};

/// Labs that are measured at the same time: more than most machines have processors, for half of a step is waiting for
/// somebody: for a compiler, a mail, a heap at rest.
const AT_ONCE: usize = 3;

/// Lines that the fix of one leak may change, added and removed ones together, and that each further leak may.
const MOST_CHANGED: usize = 20;
const MOST_CHANGED_FURTHER: usize = 10;

/// Proves the labs of these numbers, or all; whether all is as it should be. Writes the solutions' patches afresh
/// first if `bless`.
pub(crate) async fn verify(repo: &Repo, numbers: &[u32], bless: bool) -> Result<bool> {
    let started = Instant::now();
    let chosen = |labs: Vec<Lab>| -> Result<Vec<Lab>> {
        for number in numbers {
            ensure!(
                labs.iter().any(|lab| lab.number == *number),
                "there is no lab {number}: `cargo lab` lists the labs"
            );
        }
        let wanted = |lab: &Lab| numbers.is_empty() || numbers.contains(&lab.number);
        Ok(labs.into_iter().filter(wanted).collect())
    };
    if bless {
        for lab in chosen(Lab::all(repo)?)? {
            write_patch(repo, &lab)?;
        }
    }
    let labs = chosen(Lab::all(repo)?)?;
    let copy = Copy {
        repo: pristine::copy_of(repo, "verify")?,
        building: Mutex::new(()),
    };
    let mut todo = labs
        .iter()
        .map(|lab| Step::all(&copy.repo, lab).map(VecDeque::from))
        .collect::<Result<Vec<_>>>()?;
    let mut good = true;
    loop {
        let steps = labs.iter().zip(&mut todo);
        let round = steps.filter_map(|(lab, steps)| Some((lab, steps.pop_front()?)));
        let round: Vec<_> = round.collect();
        if round.is_empty() {
            break;
        }
        let prepared = round.iter().map(|(lab, step)| step.prepare(&copy, lab));
        let prepared: Vec<Result<()>> = prepared.collect(); // all, before the first is built
        let (copy, steps) = (&copy, round.iter().zip(prepared));
        let proofs = steps.map(|((lab, step), prepared)| async move {
            prepared?;
            step.prove(copy, lab).await
        });
        let mut proofs = stream::iter(proofs).buffered(AT_ONCE);
        for (lab, _) in &round {
            match proofs.next().await.context("a step each")? {
                Ok(proved) => say::good(&format!("ok      lab {}: {proved}", lab.number)),
                Err(error) => {
                    good = false;
                    say::bad(&format!("FAILED  lab {}: {error:#}", lab.number));
                }
            }
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    let verdict = if good {
        "as they say"
    } else {
        "NOT as they say"
    };
    say::note(&format!(
        "\n{} labs are {verdict} ({seconds:.0} s)",
        labs.len()
    ));
    Ok(good)
}

/// The copy that all is built in.
struct Copy {
    repo: Repo,
    /// Held from a build's begin until the program is put aside. All labs' files are in one program: those of the others do
    /// not matter to a lab, as long as they compile.
    building: Mutex<()>,
}

/// What is proved of a lab.
enum Step {
    Parts,
    Leaky,
    Fixed,
    Start,
    Mutant(Mutant),
}

impl Copy {
    async fn check(&self, lab: &Lab, server: Server) -> Result<Checked> {
        let book = Workbook::new(&self.repo, lab);
        let folder = check::folder(&self.repo, lab, server);
        let built = {
            let _building = self.building.lock().await;
            let mut said = String::new();
            let mut hear = |what: Said| {
                if let Said::Diagnostic {
                    error: true,
                    rendered,
                } = what
                {
                    said += &rendered;
                }
            };
            let built =
                check::build(&self.repo, &book, server, &folder, Output::To(&mut hear)).await;
            let built = built?;
            ensure!(
                matches!(built.build, Build::Ready { .. }),
                "{} does not compile:\n{said}",
                server.program()
            );
            built
        };
        check::measure_built(lab, &book, server, built, Plan::Full, &mut |_| ()).await
    }
}

impl Step {
    /// All of a lab.
    fn all(repo: &Repo, lab: &Lab) -> Result<Vec<Self>> {
        let mutants = Mutant::all(repo, lab)?.into_iter().map(Self::Mutant);
        let steps = [Self::Parts, Self::Leaky, Self::Fixed, Self::Start];
        Ok(steps.into_iter().chain(mutants).collect())
    }

    /// Puts into the student's file what the step is about.
    fn prepare(&self, copy: &Copy, lab: &Lab) -> Result<()> {
        let book = Workbook::new(&copy.repo, lab);
        match self {
            Self::Parts | Self::Leaky | Self::Fixed => Ok(()),
            Self::Start => book.replace(&book.starter()?).map(drop),
            Self::Mutant(mutant) => book.replace(&mutant.content(&book)?).map(drop),
        }
    }

    async fn prove(&self, copy: &Copy, lab: &Lab) -> Result<String> {
        let book = Workbook::new(&copy.repo, lab);
        match self {
            Self::Parts => parts(&copy.repo, lab),
            Self::Leaky => {
                let checked = copy.check(lab, Server::Leaky).await?;
                expect(&checked.report, lab.truth.status())?;
                let measured = checked.measurement.context("it was measured")?;
                key::holds(lab, &book.starter()?, &measured.judgement)?;
                Ok(format!("leaky-server {}", found(&checked.report)))
            }
            Self::Fixed => {
                let report = copy.check(lab, Server::Fixed).await?.report;
                expect(&report, Status::Reference)?;
                Ok(format!("fixed-server {}", found(&report)))
            }
            Self::Start => {
                let report = copy.check(lab, Server::Fixed).await?.report;
                expect(&report, lab.truth.status())?;
                Ok(format!("the starting point {}", found(&report)))
            }
            Self::Mutant(mutant) => {
                let report = copy.check(lab, Server::Fixed).await?.report;
                expect(&report, mutant.becomes)
                    .with_context(|| format!("mutant: {}", mutant.name))?;
                let reason = report.reason.as_deref().unwrap_or_default();
                ensure!(
                    reason.contains(&mutant.because),
                    "mutant: {}: the reason is not {:?}, but {reason:?}",
                    mutant.name,
                    mutant.because
                );
                Ok(format!("mutant: {}: {}", mutant.name, found(&report)))
            }
        }
    }
}

/// The lab's files, its key, and the size of its fix.
fn parts(repo: &Repo, lab: &Lab) -> Result<String> {
    let folder = repo.lab(lab.number);
    let hints = (1..=HINTS).map(|k| folder.join(format!("hints/{k}.md")));
    for path in hints.chain([folder.join("README.md")]) {
        ensure!(path.is_file(), "{} is missing", path.display());
    }
    let book = Workbook::new(repo, lab);
    let leaky = book.starter()?;
    for key in lab.key.iter().filter(|key| key.line != Key::NONE) {
        let found = leaky.lines().filter(|line| line.trim() == key.line).count();
        ensure!(
            found == 1,
            "the key's line {:?} stands {found} times in the leaky file",
            key.line
        );
    }
    ensure!(lab.key.iter().any(|key| key.right), "no key is right");
    ensure!(
        book.reference()? == book.content()?,
        "{} does not lead from leaky to fixed: `cargo lab verify --bless` writes it afresh",
        book.patch_path().display()
    );
    let patch = book.patch()?;
    ensure!(
        shipped::recorded(&patch).is_some(),
        "{} does not begin with the leaky file's checksum: `cargo lab verify --bless` writes it afresh",
        book.patch_path().display()
    );
    let changed = patch
        .lines()
        .filter(|line| {
            line.starts_with(['+', '-']) && !line.starts_with("+++") && !line.starts_with("---")
        })
        .count();
    let most = MOST_CHANGED + MOST_CHANGED_FURTHER * lab.leaks().len().saturating_sub(1);
    ensure!(
        changed <= most,
        "leaky and fixed differ in {changed} lines, {most} at the most"
    );
    ensure!(!lab.quiz.is_empty(), "[[quiz]] is missing");
    Ok(format!(
        "README, {HINTS} hints, {} keys, {} questions; the fix changes {changed} lines",
        lab.key.len(),
        lab.quiz.len()
    ))
}

fn expect(report: &Report, status: Status) -> Result<()> {
    ensure!(
        report.status == status,
        "{} is {:?} and should be {status:?}: {}",
        report.server.program(),
        report.status,
        report.reason.as_deref().unwrap_or("see above")
    );
    ensure!(
        status != Status::Leaking || report.bytes_per_request.is_some_and(|bytes| bytes > 0.0),
        "{} leaks, and keeps no bytes of any request",
        report.server.program()
    );
    Ok(())
}

/// What a check found, in words.
fn found(report: &Report) -> String {
    let what = match report.status {
        Status::Fixed | Status::Reference => "passes".to_owned(),
        Status::Leaking => {
            let bytes = heapdiff::terminal::rate(report.bytes_per_request.unwrap_or_default());
            format!("leaks {} bytes per request", bytes.trim_start_matches('+'))
        }
        Status::Holding => "does not leak and holds what nobody uses".to_owned(),
        Status::Inconclusive => "may leak and may not".to_owned(),
        Status::ContractBroken => "breaks its contract".to_owned(),
        Status::BuildFailed => "does not compile".to_owned(),
        Status::NotStarted => "is not started".to_owned(),
    };
    format!("{what} ({:.1} s)", report.elapsed_s)
}

fn write_patch(repo: &Repo, lab: &Lab) -> Result<()> {
    let book = Workbook::new(repo, lab);
    let (leaky, fixed) = (book.leaky()?, book.content()?);
    let solution = diffy::DiffOptions::new()
        .set_original_filename(format!("leaky-server/src/{}", lab.file))
        .set_modified_filename(format!("fixed-server/src/{}", lab.file))
        .create_patch(&leaky, &fixed)
        .to_string();
    let solution = shipped::record(&lab.file, &leaky, &solution);
    let path = book.patch_path();
    if path.exists() {
        copies::keep(&path, &repo.state(lab.number), "solution")?; // a student may call this as well
    }
    Ok(heapdiff::files::write_whole(path, solution)?)
}
