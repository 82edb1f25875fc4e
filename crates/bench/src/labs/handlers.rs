//! The handlers in process, without network and recorder, by criterion: what a request costs once so many have gone before.
//!
//! criterion measures one side at a time, some tenths of a second each. So each round is a benchmark of its own, and the
//! sides take turns. It also prints much, and cannot be told not to: here it runs in a process whose output nobody reads.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;
use criterion::{BenchmarkId, Criterion, SamplingMode};
use serde::{Deserialize, Serialize};

use super::course::Lab;
use super::side::Side;
use super::worker::Process;
use super::{LEVELS, Pace};
use crate::rounds::interleaved;
use crate::workspace::Workspace;

/// What came of one side in one round at one level.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Sampled {
    /// Seconds a request takes: criterion's samples.
    pub(crate) seconds: Vec<f64>,
    /// The time in nanoseconds of each request before them, in their order.
    pub(crate) before: Vec<u64>,
}

/// Of one lab, one level: for each side the rounds.
pub(crate) type Level = Vec<Vec<Sampled>>;

/// Measures one lab at each of [`LEVELS`], in a process of its own. `folder` is for its files.
pub(crate) fn measure(folder: &Path, root: &Path, lab: &Lab, pace: &Pace) -> Result<Vec<Level>> {
    let this = env::current_exe().context("cannot tell which program this is")?;
    let answer = folder.join("handlers.json");
    // In this process's group, so that whoever interrupts one interrupts both.
    let process = Command::new(this)
        .args(["handlers", &lab.number.to_string()])
        .args(["--rounds", &pace.rounds.to_string()])
        .args(["--milliseconds", &pace.criterion.as_millis().to_string()])
        .arg("--answer")
        .arg(&answer)
        .current_dir(root)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot start the process that measures handlers")?;
    let mut process = Waited(process);
    let mut said = String::new();
    if let Some(stderr) = &mut process.0.stderr {
        io::Read::read_to_string(stderr, &mut said)?;
    }
    let status = process.0.wait()?;
    ensure!(
        status.success(),
        "the handlers could not be measured:\n{}",
        said.trim()
    );
    let text = fs::read(&answer).with_context(|| format!("cannot read {}", answer.display()))?;
    serde_json::from_slice(&text).context("the handlers' process answers in JSON")
}

/// Reaped, whatever happens: it ends when its input is closed.
struct Waited(process::Child);

impl Drop for Waited {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// The command line of that process.
#[derive(Args, Debug)]
pub struct Handlers {
    lab: u32,
    #[arg(long)]
    rounds: usize,
    #[arg(long)]
    milliseconds: u64,
    /// Where the answer goes
    #[arg(long)]
    answer: PathBuf,
}

impl Handlers {
    /// Measures.
    ///
    /// # Errors
    /// When a handler answers what it should not.
    pub fn run(&self, workspace: &Workspace) -> Result<()> {
        end_with_input();
        let lab = Lab::read(workspace.root(), self.lab)?;
        let program = env::current_exe().context("cannot tell which program this is")?;
        let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
        let time = Duration::from_millis(self.milliseconds);
        let mut criterion = Criterion::default()
            .without_plots()
            .output_directory(folder.path())
            .sample_size(10)
            .nresamples(1000)
            .warm_up_time(time / 4)
            .measurement_time(time);
        let levels = LEVELS
            .iter()
            .map(|&level| {
                let bench = Bench {
                    program: &program,
                    root: workspace.root(),
                    lab: &lab,
                    level,
                };
                interleaved(self.rounds, &Side::BOTH, |side, round| {
                    let id = BenchmarkId::new(side.to_string(), format!("round {round}"));
                    // Before criterion's clock runs: it would take the start for the price of a request.
                    let started = Fresh::start(&bench, *side)?;
                    let before = bench.sample(&mut criterion, *side, id, Some(started))?;
                    let file = folder.path().join(bench.name()).join(side.to_string());
                    let seconds = read(&file.join(format!("round {round}/new/sample.json")))?;
                    Ok(Sampled { seconds, before })
                })
            })
            .collect::<Result<Vec<Level>>>()?;
        fs::write(&self.answer, serde_json::to_vec(&levels)?)
            .with_context(|| format!("cannot write {}", self.answer.display()))
    }
}

/// Whoever wants the answer holds the other end of the standard input. criterion cannot be stopped by other means; the
/// process that it measures has the same rule, and this one's end of that pipe.
#[expect(
    clippy::disallowed_methods,
    reason = "no child survives it, and nothing is half written"
)]
fn end_with_input() {
    thread::spawn(|| {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        process::exit(1);
    });
}

/// Has `criterion` measure all labs' handlers, one side after the other, as its own command line says: for `cargo bench`.
/// `program` is the program `bench`.
///
/// # Errors
/// When a handler answers what it should not.
pub fn bench(criterion: &mut Criterion, program: &Path, workspace: &Workspace) -> Result<()> {
    for lab in Lab::all(workspace.root())? {
        for level in LEVELS {
            let bench = Bench {
                program,
                root: workspace.root(),
                lab: &lab,
                level,
            };
            for side in Side::BOTH {
                bench.sample(criterion, side, BenchmarkId::from_parameter(side), None)?;
            }
        }
    }
    Ok(())
}

/// A place to measure at.
struct Bench<'a> {
    program: &'a Path,
    root: &'a Path,
    lab: &'a Lab,
    level: usize,
}

impl Bench<'_> {
    /// criterion's folder for it, too.
    fn name(&self) -> String {
        format!("lab{} after {}", self.lab.number, self.level)
    }

    /// Has `criterion` measure one side, in `process` or in one that is started as soon as it is needed. The times of the
    /// requests before.
    fn sample(
        &self,
        criterion: &mut Criterion,
        side: Side,
        id: BenchmarkId,
        mut process: Option<Fresh>,
    ) -> Result<Vec<u64>> {
        let mut failure = None;
        let mut group = criterion.benchmark_group(self.name());
        group.sampling_mode(SamplingMode::Flat);
        // Not called if criterion's command line leaves this one out.
        group.bench_function(id, |bencher| {
            bencher.iter_custom(|requests| {
                let time = match &mut process {
                    Some(process) => process.time(self, side, requests),
                    none => Fresh::start(self, side)
                        .and_then(|fresh| none.insert(fresh).time(self, side, requests)),
                };
                time.unwrap_or_else(|error| {
                    // criterion cannot be told to stop. It is told something, and the result thrown away.
                    failure.get_or_insert(error);
                    Duration::from_millis(1) * u32::try_from(requests).unwrap_or(u32::MAX)
                })
            });
        });
        group.finish();
        match failure {
            Some(error) => Err(error.context(format!("{side}, lab {}", self.lab.number))),
            None => Ok(process.map(|process| process.before).unwrap_or_default()),
        }
    }

    /// How many requests more than the level may have been served while it is measured: a tenth.
    fn allowance(&self) -> u64 {
        (self.level as u64 / 10).max(100)
    }
}

/// A process at its level, replaced by another when it has come too far beyond.
struct Fresh {
    process: Process,
    served: u64,
    before: Vec<u64>,
}

impl Fresh {
    fn start(bench: &Bench<'_>, side: Side) -> Result<Self> {
        let mut process = Process::start(bench.program, bench.root, side, bench.lab)?;
        let before = process.advance(bench.level)?;
        Ok(Self {
            process,
            served: 0,
            before,
        })
    }

    fn time(&mut self, bench: &Bench<'_>, side: Side, mut requests: u64) -> Result<Duration> {
        let mut time = Duration::ZERO;
        while requests > 0 {
            if self.served >= bench.allowance() {
                *self = Self::start(bench, side)?;
            }
            let few = requests.min(bench.allowance() - self.served);
            time += self.process.time(few)?;
            self.served += few;
            requests -= few;
        }
        Ok(time)
    }
}

/// criterion's file of a benchmark's samples.
#[derive(Deserialize)]
struct Samples {
    iters: Vec<f64>,
    times: Vec<f64>,
}

/// Seconds an iteration, of each sample.
fn read(path: &Path) -> Result<Vec<f64>> {
    let text = fs::read(path).with_context(|| format!("criterion left no {}", path.display()))?;
    let samples: Samples =
        serde_json::from_slice(&text).with_context(|| format!("in {}", path.display()))?;
    let each = samples.times.iter().zip(&samples.iters);
    Ok(each.map(|(nanos, iters)| nanos / iters / 1e9).collect())
}
