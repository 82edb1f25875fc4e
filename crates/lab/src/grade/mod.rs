//! `cargo lab grade`: what others have handed in, graded without trusting any of it.
//!
//! ```text
//! submission ─ labN.rs ─▶ pristine copy ─▶ build ─▶ contract, series, verdict ─▶ mark ─▶ points ─▶ sheet ─▶ format
//!                                          within limits   the lab's one judge
//! ```
//!
//! A file that does not compile, breaks its contract or passes a limit costs its own lab and no other. What is in the way
//! on this machine is an error and nobody's grade.

mod attempt;
mod end;
mod grader;
mod isolation;
mod limits;
mod submission;
mod workshop;

mod score;
mod sheet;
mod statics;

mod chart;
mod class;
mod file_name;
mod format;
mod summary;
mod text;

use std::env;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, ensure};

use crate::catalog::Lab;
use crate::repo::Repo;
use crate::runner_log::without_commands;
use format::Format;
use grader::{Grader, Rules};
use limits::Seconds;
use submission::Submission;

/// What `cargo lab grade` is told.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The submission: a clone, or a folder with the labs' files; this workspace itself unless said
    #[arg(long, value_name = "DIR")]
    submission: Option<PathBuf>,
    /// A folder of which each folder is a submission
    #[arg(long, value_name = "DIR", conflicts_with = "submission")]
    submissions: Option<PathBuf>,
    /// How many submissions at once
    #[arg(long, value_name = "N", default_value = "1", requires = "submissions", value_parser = clap::value_parser!(u8).range(1..))]
    jobs: u8,
    /// Where a class's grades go: NAME.json, summary.csv, results.svg
    #[arg(
        long,
        value_name = "DIR",
        default_value = ".lab/grade",
        requires = "submissions"
    )]
    to: PathBuf,
    /// Only these labs
    #[arg(long = "lab", value_name = "LAB")]
    labs: Vec<u32>,
    /// What to print
    #[arg(
        long,
        value_enum,
        default_value = "text",
        conflicts_with = "submissions"
    )]
    format: Format,
    /// Write it to this file, whole or not at all
    #[arg(long, short, value_name = "FILE", conflicts_with = "submissions")]
    output: Option<PathBuf>,
    /// Points of each lab
    #[arg(long, value_name = "N", default_value = "10")]
    points: f64,
    /// Take a file that is the shipped solution for somebody's work
    #[arg(long)]
    accept_reference: bool,
    /// Seconds that a file's build may take
    #[arg(long, value_name = "SECONDS", default_value = "120", value_parser = clap::value_parser!(u64).range(1..=3600))]
    build_limit: u64,
    /// Seconds that a lab's server may run
    #[arg(long, value_name = "SECONDS", default_value = "120", value_parser = clap::value_parser!(u64).range(1..=3600))]
    run_limit: u64,
    /// Run students' programs without the sandbox: they then reach what you reach
    #[arg(long)]
    without_sandbox: bool,
}

impl Options {
    /// What must be done before there is a second thread.
    pub(crate) fn prepare(&self) {
        if !self.without_sandbox {
            isolation::prepare();
        }
    }
}

/// Grades, and prints or writes what came of it. The exit code says whether grading worked, whatever the grades are.
///
/// # Errors
/// What is in the way.
pub(crate) async fn grade(repo: &Repo, options: &Options) -> Result<ExitCode> {
    ensure!(
        options.points.is_finite() && options.points >= 0.0,
        "--points {}: must be a number of points",
        options.points
    );
    // An error may hold what a submission said as well.
    let safe = |error| anyhow!(without_commands(&format!("{error:#}")));
    grade_all(repo, options).await.map_err(safe)
}

async fn grade_all(repo: &Repo, options: &Options) -> Result<ExitCode> {
    let labs = chosen(repo, &options.labs)?;
    let rules = Rules {
        points: options.points,
        accept_reference: options.accept_reference,
        sandbox: !options.without_sandbox,
        seconds: Seconds {
            build: options.build_limit,
            run: options.run_limit,
        },
    };
    if let Some(folder) = &options.submissions {
        let submissions = Submission::all(folder)?;
        let grader = Grader::set_up(repo, labs, rules, &[folder]).await?;
        many(repo, grader, submissions, options).await
    } else {
        let folder = options.submission.as_deref().unwrap_or(repo.root());
        let submission = Submission::at(folder)?;
        let grader = Grader::set_up(repo, labs, rules, &[folder]).await?;
        one(&grader, &submission, options).await
    }
}

async fn one(grader: &Grader, submission: &Submission, options: &Options) -> Result<ExitCode> {
    let progress = |grade: &sheet::Grade| {
        anstream::eprintln!(
            "lab {}: {} ({:.0} s)",
            grade.lab,
            grade.status.words(),
            grade.elapsed_s
        );
    };
    let sheet = grader.grade(submission, &progress).await?;
    let rendered = options.format.render(&sheet)?;
    let runner = env::var_os("GITHUB_OUTPUT").filter(|path| !path.is_empty());
    match (&options.output, runner) {
        (Some(path), _) => heapdiff::files::write_whole(path, &rendered)?,
        (None, Some(path)) if options.format == Format::Classroom => {
            let append = || {
                let mut file = OpenOptions::new().append(true).create(true).open(&path)?;
                file.write_all(rendered.as_bytes())
            };
            append().with_context(|| format!("cannot write {}", PathBuf::from(&path).display()))?;
            anstream::print!("{}", Format::Text.render(&sheet)?);
        }
        (None, _) => anstream::print!("{rendered}"),
    }
    Ok(ExitCode::SUCCESS)
}

async fn many(
    repo: &Repo,
    grader: Grader,
    submissions: Vec<Submission>,
    options: &Options,
) -> Result<ExitCode> {
    for remark in &grader.isolation.weaker {
        anstream::eprintln!("confinement: {remark}");
    }
    let to = repo.root().join(&options.to);
    let class = class::grade(grader, submissions, usize::from(options.jobs), &to).await?;
    anstream::print!("{}", without_commands(&class.render()));
    anstream::println!("\nwritten to {}", repo.short(&to).display());
    Ok(if class.is_complete() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(2)
    })
}

fn chosen(repo: &Repo, numbers: &[u32]) -> Result<Vec<Lab>> {
    if numbers.is_empty() {
        return Lab::all(repo);
    }
    numbers
        .iter()
        .map(|number| Lab::load(repo, *number))
        .collect()
}
