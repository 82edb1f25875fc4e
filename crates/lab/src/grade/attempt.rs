//! One file of one lab: built in the pristine copy, held to its contract, measured, and what it was found to be.

use std::fs;
use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail};
use nix::sys::signal::Signal;

use super::grader::{self, Bench, Grader};
use super::score::{Leak, Mark};
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

/// What a file was found to be.
pub(super) struct Attempt {
    pub(super) mark: Mark,
    pub(super) reason: Option<String>,
    pub(super) report: Option<Report>,
    pub(super) leak: Option<Leak>,
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
        let confinement = self.server(bench, self.rules.seconds);
        let program = Program::confined(program, confinement.clone());
        let outcome = match check::besides(&book, content, Server::Fixed)? {
            Some(broken) => Outcome::ContractBroken(broken),
            None => match self.measured(bench, lab, &program, &confinement).await? {
                Ok(outcome) => outcome,
                Err(attempt) => return Ok(attempt),
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
        })
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
        let (built, said) = grader::build(&self.copy, &confinement).await;
        let restored = fs::write(book.path(), book.reference()?);
        restored.with_context(|| format!("cannot write {}", book.path().display()))?;
        let ran = entered(&confinement)?;
        let result = match (built, stopped(&ran)) {
            (Ok(Build::Ready { program, took }), None) => {
                let own = bench.outer.join(Server::Fixed.program());
                fs::copy(program.path(), &own).context("cannot copy the program")?;
                Ok((own, took))
            }
            (_, Some(limit)) => Err(Attempt::without_report(
                Mark::Stopped,
                format!(
                    "the compiler {}",
                    limit_in_words(limit, self.rules.seconds.build)
                ),
            )),
            (Ok(Build::Failed { .. }), None) => {
                Err(Attempt::without_report(Mark::BuildFailed, said))
            }
            (Err(error), None) => return Err(error),
        };
        drop(alone);
        Ok(result)
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

    /// What is said to a student: without this machine's paths and ports, and not without end.
    fn tidy(&self, bench: &Bench, text: &str) -> String {
        let mut text = text.to_owned();
        for path in [&bench.inner, &bench.outer, &self.copy.root().to_path_buf()] {
            let path = path.display().to_string();
            text = text.replace(&format!("{path}/"), "").replace(&path, ".");
        }
        while let Some(at) = text.find("http://127.0.0.1:") {
            let digits = text[at + 17..].chars().take_while(char::is_ascii_digit);
            let end = at + 17 + digits.count();
            text.replace_range(at..end, "");
        }
        let mut text: String = text
            .chars()
            .filter(|c| *c == '\n' || !c.is_control())
            .collect();
        if let Some((end, _)) = text.char_indices().nth(MOST_WORDS) {
            text.truncate(end);
            text.push_str(" …");
        }
        text.trim().to_owned()
    }
}

impl Attempt {
    fn without_report(mark: Mark, reason: String) -> Self {
        Self {
            mark,
            reason: Some(reason),
            report: None,
            leak: None,
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
