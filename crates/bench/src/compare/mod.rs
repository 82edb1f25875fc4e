//! `bench compare`: what `heapdiff compare` takes for large snapshots, in time and in memory. The limit that it is held to
//! is plain typed parsing of the same two files with `serde_json`, one after the other, which gives no answer at all.

pub mod limit;
pub mod snapshots;

mod names;
mod peak;

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use self::snapshots::{Moment, Service};
use crate::child::Child;
use crate::program::build;
use crate::ratio::{Ratio, median};
use crate::record::Record;
use crate::rounds::interleaved;
use crate::table::Table;
use crate::workspace::Workspace;

/// The snapshots' sizes, in bytes.
const SIZES: [u64; 2] = [10_000_000, 100_000_000];

/// The one that takes its time, and room for it.
const LARGEST: u64 = 1_000_000_000;

/// How often each program runs on a pair; on the largest once.
const ROUNDS: usize = 5;

const SEED: u64 = 7;

/// Measures, and leaves `compare.json`. `full` has snapshots of 1 GB, too. `limit` is this program's own subcommand that
/// calls [`limit::parse`]: both sides are whole processes.
///
/// # Errors
/// When cargo, a program, or the file system fails.
pub fn run(workspace: &Workspace, full: bool, limit: &[OsString]) -> Result<()> {
    let heapdiff = build(workspace, &["heapdiff"])?.remove(0);
    let compare = |format: &str| {
        let words = ["compare", "--format", format].map(OsString::from);
        [heapdiff.clone().into_os_string()].into_iter().chain(words).collect()
    };
    let sides = [limit.to_vec(), compare("table"), compare("json")];
    let mut table = Table::new(
        "compare",
        "heapdiff compare on a pair of snapshots, against parsing them",
        &["a snapshot", "program points", "parsing, s", "table ÷ parsing", "json ÷ parsing", "peak ÷ files, table", "peak ÷ files, json"],
    );
    let sizes = SIZES.into_iter().chain(full.then_some(LARGEST));
    for bytes in sizes {
        let rounds = if bytes == LARGEST { 1 } else { ROUNDS };
        row(&mut table, workspace, bytes, rounds, &sides)?;
    }
    table.note("Parsing: both files read and put into plain structs by serde_json, one after the other, by one thread. heapdiff reads both at once.");
    table.note("Whole processes, from start to end, median [smallest–largest] of the rounds' ratios. Peak: the largest resident memory of the process, over the size of both files.");
    let command = if full { "just bench-compare --full" } else { "just bench-compare" };
    Record::now(workspace, "compare", command, vec![table]).finish(workspace)
}

fn row(table: &mut Table, workspace: &Workspace, bytes: u64, rounds: usize, sides: &[Vec<OsString>]) -> Result<()> {
    // not among the system's temporary files, which may be in memory
    fs::create_dir_all(workspace.results()).context("cannot make the folder for results")?;
    let folder = tempfile::tempdir_in(workspace.results()).context("no room for snapshots")?;
    let service = Service::of_bytes(bytes, SEED);
    let points = service.points();
    let files = write(&service, folder.path())?;
    drop(service);
    let size = files.iter().map(|file| Ok(fs::metadata(file)?.len())).sum::<Result<u64>>()?;
    let runs = interleaved(rounds, sides, |side, _| run_once(side, &files))?;
    let times = |side: usize| -> Vec<f64> { runs[side].iter().map(|run: &Run| run.time.as_secs_f64()).collect() };
    let ratio = |side: usize| Ratio::of(&times(side), &times(0)).context("no time has passed");
    let peak = |side: usize| {
        #[expect(clippy::cast_precision_loss, reason = "a quotient with two digits")]
        let peaks: Vec<f64> = runs[side].iter().map(|run| run.peak as f64 / size as f64).collect();
        median(&peaks).map_or_else(String::new, |peak| format!("{peak:.2}"))
    };
    table.row([
        format!("{} MB", bytes / 1_000_000),
        points.to_string(),
        median(&times(0)).map_or_else(String::new, |time| format!("{time:.2}")),
        ratio(1)?.to_string(),
        ratio(2)?.to_string(),
        peak(1),
        peak(2),
    ]);
    Ok(())
}

fn write(service: &Service, folder: &Path) -> Result<[PathBuf; 2]> {
    let files = [("before.json", Moment::Before), ("after.json", Moment::After)];
    let write = |(name, moment): (&str, Moment)| -> Result<PathBuf> {
        let path = folder.join(name);
        let file = File::create(&path).and_then(|file| service.write(moment, BufWriter::with_capacity(1 << 20, file)));
        file.with_context(|| format!("cannot write {}", path.display()))?;
        Ok(path)
    };
    let [before, after] = files;
    Ok([write(before)?, write(after)?])
}

/// What one run took.
struct Run {
    time: Duration,
    /// Its largest resident memory, in bytes.
    peak: u64,
}

fn run_once(words: &[OsString], files: &[PathBuf; 2]) -> Result<Run> {
    let (program, arguments) = words.split_first().context("a program")?;
    let mut command = Command::new(program);
    command.args(arguments).args(files).stdout(Stdio::null());
    let start = Instant::now();
    let mut child = Child::spawn(&mut command).with_context(|| format!("cannot start {}", program.display()))?;
    let (status, peak) = peak::wait(&mut child)?;
    let time = start.elapsed();
    ensure!(status.success(), "{} ended with {status}", program.display());
    Ok(Run { time, peak })
}
