//! One file of one lab: built in the pristine copy, held to its contract, measured, and what it was found to be.

use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail};
use nix::sys::signal::Signal;

use super::grader::{self, Bench, Grader};
use super::score::{Leak, Mark};
use super::statics;
use super::{end, workshop};
use crate::bounded;
use crate::catalog::Lab;
use crate::check::{self, Report, Status};
use crate::compile::Build;
use crate::confine::{Confinement, Ran, Stop};
use crate::measure::{self, Outcome, Plan};
use crate::program::Program;
use crate::repo::Server;
use crate::workbook::Workbook;

/// The most that is said of why, in characters; what a student's program prints may be long.
const MOST_WORDS: usize = 4_000;

/// The most that is read for it, in characters; paths and addresses are taken out of it.
const MOST_READ: usize = 16 * MOST_WORDS;

/// What a file was found to be.
pub(super) struct Attempt {
    pub(super) mark: Mark,
    pub(super) reason: Option<String>,
    pub(super) report: Option<Report>,
    pub(super) leak: Option<Leak>,
    /// What the program that was built says to an instructor.
    pub(super) notes: Vec<String>,
}

impl Grader {
    /// Builds and measures `content` as the file of `lab`.
    ///
    /// # Errors
    /// When the machine is in the way: that is nobody's grade.
    pub(super) async fn attempt(&self, lab: &Lab, content: &str) -> Result<Attempt> {
        self.has_space()?;
        let started = Instant::now();
        let bench = self.bench()?;
        let attempt = self.attempt_at(&bench, lab, content, started).await;
        if attempt.is_err() {
            self.has_space()?;
        }
        attempt.map(|attempt| Attempt {
            reason: attempt.reason.map(|reason| self.tidy(&bench, &reason)),
            ..attempt
        })
    }

    async fn attempt_at(
        &self,
        bench: &Bench,
        lab: &Lab,
        content: &str,
        started: Instant,
    ) -> Result<Attempt> {
        let book = Workbook::new(&self.copy, lab);
        let (program, build) = match self.build(bench, &book, content).await? {
            Ok(built) => built,
            Err(attempt) => return Ok(attempt),
        };
        let notes = self.notes_on(&program);
        let confinement = self.server(bench, self.rules.seconds);
        let program = Program::confined(program, confinement.clone());
        let outcome = match check::besides(&book, content.as_bytes(), Server::Fixed)? {
            Some(broken) => Outcome::ContractBroken(broken),
            None => match self.measured(bench, lab, &program, &confinement).await? {
                Ok(outcome) => outcome,
                Err(attempt) => return Ok(Attempt { notes, ..attempt }),
            },
        };
        let checked = check::judge(lab, Server::Fixed, Some(outcome), false, build, started);
        let leak = checked.measurement.as_ref().map(|measured| {
            let mut functions: Vec<String> = measured
                .leaks()
                .iter()
                .map(|leak| leak.site.function())
                .collect();
            functions.sort();
            functions.dedup();
            Leak {
                bytes_per_request: checked.report.bytes_per_request.unwrap_or_default(),
                functions: measured.held.is_none().then_some(functions.len()),
            }
        });
        Ok(Attempt {
            mark: mark_of(checked.report.status),
            reason: checked.report.reason.clone(),
            leak: leak.filter(|_| checked.report.status == Status::Leaking),
            report: Some(checked.report),
            notes,
        })
    }

    /// What the program that was built has, and the shipped one has not.
    fn notes_on(&self, program: &Path) -> Vec<String> {
        let own = statics::of(program).zip(self.shipped_statics);
        let note = own.and_then(|(own, shipped)| statics::note(own, shipped));
        note.into_iter().collect()
    }

    /// The program that the file becomes, in the bench, or why there is none.
    async fn build(
        &self,
        bench: &Bench,
        book: &Workbook<'_>,
        content: &str,
    ) -> Result<Result<(std::path::PathBuf, std::time::Duration), Attempt>> {
        let alone = self.building.lock().await;
        let confinement = self.compiler(bench, self.rules.seconds);
        fs::write(book.path(), content)
            .with_context(|| format!("cannot write {}", book.path().display()))?;
        let (built, words) = grader::build(&self.copy, bench, &confinement).await;
        let restored = fs::write(book.path(), book.reference()?);
        restored.with_context(|| format!("cannot write {}", book.path().display()))?;
        let ran = entered(&confinement)?;
        let result = match (built, stopped(&ran)) {
            (Ok(Build::Ready { took, .. }), None) => {
                let own = bench.outer.join(Server::Fixed.program());
                match fs::copy(workshop::program(bench), &own) {
                    Ok(_) => Ok(Ok((own, took))),
                    Err(error) => Err(error).context("cannot copy the program"),
                }
            }
            (_, Some(limit)) => Ok(Err(Attempt::without_report(
                Mark::Stopped,
                format!(
                    "the compiler {}",
                    limit_in_words(limit, self.rules.seconds.build)
                ),
            ))),
            (Ok(Build::Failed { .. }), None) => Ok(Err(end::of_a_build(words))),
            (Err(error), None) => end::of_cargo(&ran).map(Err).ok_or(error),
        };
        workshop::clean(bench);
        drop(alone);
        result
    }

    /// What came of measuring, or of the limit that was passed.
    async fn measured(
        &self,
        bench: &Bench,
        lab: &Lab,
        program: &Program,
        confinement: &Confinement,
    ) -> Result<Result<Outcome, Attempt>> {
        let outcome = measure::measure(
            program,
            Server::Fixed,
            lab,
            &bench.inner,
            Plan::Full,
            &mut |_| {},
        )
        .await;
        let ran = entered(confinement)?;
        if let (Some(limit), false) = (stopped(&ran), matches!(outcome, Ok(Outcome::Measured(_)))) {
            let words = limit_in_words(limit, self.rules.seconds.run);
            return Ok(Err(Attempt::without_report(
                Mark::Stopped,
                format!("the server {words}"),
            )));
        }
        Ok(Ok(match outcome {
            Ok(outcome) => outcome,
            Err(error) => {
                self.has_space()?;
                Outcome::ContractBroken(format!("{error:#}"))
            }
        }))
    }

    /// What is said to a student: bounded, and without this machine's paths and ports.
    fn tidy(&self, bench: &Bench, text: &str) -> String {
        let mut text = bounded::start(text, MOST_READ);
        for path in [&bench.inner, &bench.outer, &self.copy.root().to_path_buf()] {
            let path = path.display().to_string();
            text = text.replace(&format!("{path}/"), "").replace(&path, ".");
        }
        let text: String = without_addresses(&text)
            .chars()
            .filter(|c| *c == '\n' || !c.is_control())
            .collect();
        bounded::start(text.trim(), MOST_WORDS)
    }
}

/// A text without the lab's own addresses, in one pass: the text may be nothing but addresses.
fn without_addresses(text: &str) -> String {
    const ADDRESS: &str = "http://127.0.0.1:";
    let mut parts = text.split(ADDRESS);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        text + part.trim_start_matches(|c: char| c.is_ascii_digit())
    })
}

impl Attempt {
    pub(super) fn without_report(mark: Mark, reason: String) -> Self {
        Self {
            mark,
            reason: Some(reason),
            report: None,
            leak: None,
            notes: Vec::new(),
        }
    }
}

fn mark_of(status: Status) -> Mark {
    match status {
        Status::Fixed | Status::Reference => Mark::Passed,
        Status::Leaking => Mark::Leaking,
        Status::Holding => Mark::Holding,
        Status::Inconclusive => Mark::Inconclusive,
        Status::ContractBroken => Mark::ContractBroken,
        Status::BuildFailed => Mark::BuildFailed,
        Status::NotStarted => Mark::NotStarted,
    }
}

/// What the supervisor says, once the program was begun: before that it is the machine's fault.
fn entered(confinement: &Confinement) -> Result<Ran> {
    let ran = confinement
        .ran()
        .ok_or_else(|| anyhow!("the supervisor of a program ended without a word"))?;
    if let Some(hindrance) = &ran.hindrance {
        bail!("a program cannot be confined: {hindrance}");
    }
    Ok(ran)
}

/// The limit that was passed, whoever saw it.
fn stopped(ran: &Ran) -> Option<Stop> {
    let by_the_kernel = match ran.signal {
        Some(signal) if signal == Signal::SIGXFSZ as i32 => Some(Stop::Disk),
        Some(signal) if signal == Signal::SIGXCPU as i32 => Some(Stop::Time),
        _ => None,
    };
    ran.stopped.or(by_the_kernel)
}

fn limit_in_words(limit: Stop, seconds: u64) -> String {
    match limit {
        Stop::Time => format!("was ended: it ran for more than {seconds} s"),
        Stop::Memory => "was ended: it took more memory than it may".to_owned(),
        Stop::Disk => "was ended: it wrote more to the disk than it may".to_owned(),
        Stop::Processes => {
            "was ended: it started more processes and threads than it may".to_owned()
        }
    }
}
