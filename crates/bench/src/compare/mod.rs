//! `bench compare`: what `heapdiff compare` takes for large snapshots, in time and in memory. The limit that it is held to
//! is plain typed parsing of the same two files with `serde_json`, one after the other, which gives no answer at all.

pub mod snapshots;

mod limit;
mod measured;
mod names;

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;

pub use self::limit::Limit;
pub use self::measured::Measured;
use self::measured::Run;
use self::snapshots::{Moment, Service};
use crate::program::build;
use crate::ratio::{Ratio, median};
use crate::record::Record;
use crate::rounds::interleaved;
use crate::table::Table;
use crate::workspace::Workspace;

/// Compare large snapshots with heapdiff, against what it takes to parse them
#[derive(Args, Debug)]
pub struct Compare {
    /// Snapshots of 1 GB, too: 3 GB on disk and as much memory, one round
    #[arg(long)]
    full: bool,
}

/// The snapshots' sizes, in bytes.
const SIZES: [u64; 2] = [10_000_000, 100_000_000];

/// The one that takes its time, and room for it.
const LARGEST: u64 = 1_000_000_000;

/// How often each program runs on a pair; on the largest once.
const ROUNDS: usize = 5;

const SEED: u64 = 7;

impl Compare {
    /// Measures, prints the table and leaves `compare.json`.
    ///
    /// # Errors
    /// When cargo, a program, or the file system fails.
    pub fn run(&self, workspace: &Workspace) -> Result<()> {
        let [heapdiff] = build(workspace, ["heapdiff"])?;
        let bench = env::current_exe().context("cannot tell this program's path")?;
        let side = |program: &Path, words: &[&str]| -> Vec<OsString> {
            let words = words.iter().map(OsString::from);
            [program.into()].into_iter().chain(words).collect()
        };
        let sides = [
            side(&bench, &["limit"]),
            side(&heapdiff, &["compare"]),
            side(&heapdiff, &["compare", "--format", "json"]),
        ];
        let mut table = Table::new(
            "compare",
            "heapdiff compare on a pair of snapshots, against parsing them",
            &HEAD,
        );
        for bytes in SIZES.into_iter().chain(self.full.then_some(LARGEST)) {
            let rounds = if bytes == LARGEST { 1 } else { ROUNDS };
            row(&mut table, workspace, bytes, |files| {
                interleaved(rounds, &sides, |side, _| {
                    let files = files.iter().map(|file| file.as_os_str().to_owned());
                    Run::of(
                        &bench,
                        &side.iter().cloned().chain(files).collect::<Vec<_>>(),
                    )
                })
            })?;
        }
        table.note("Parsing: both files read and put into plain structs by serde_json, one after the other. Whole processes, from start to end.");
        table
            .note("Peak: the largest resident memory of the process, over the size of both files.");
        let command = if self.full {
            "just bench-compare --full"
        } else {
            "just bench-compare"
        };
        Record::now(workspace, "compare", command, vec![table]).finish(workspace)
    }
}

const HEAD: [&str; 8] = [
    "a snapshot",
    "program points",
    "parsing, s",
    "peak ÷ files",
    "table ÷ parsing",
    "peak ÷ files",
    "json ÷ parsing",
    "peak ÷ files",
];

/// Measures one pair, of so many bytes each.
fn row(
    table: &mut Table,
    workspace: &Workspace,
    bytes: u64,
    measure: impl Fn(&[PathBuf; 2]) -> Result<Vec<Vec<Run>>>,
) -> Result<()> {
    // beside the results: the system's temporary files may be in memory
    fs::create_dir_all(workspace.results()).context("cannot make the folder for results")?;
    let folder = tempfile::tempdir_in(workspace.results()).context("no room for snapshots")?;
    let (points, files) = write(bytes, folder.path())?;
    let mut size = 0;
    for file in &files {
        size += fs::metadata(file)?.len();
    }
    let runs = measure(&files)?;
    let times = |side: usize| -> Vec<f64> { runs[side].iter().map(|run| run.seconds).collect() };
    let ratio = |side: usize| Ratio::of(&times(side), &times(0)).context("no time has passed");
    let peak = |side: usize| {
        #[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
        let peaks = runs[side].iter().map(|run| run.peak as f64 / size as f64);
        let peak = median(&peaks.collect::<Vec<_>>()).unwrap_or_default();
        format!("{peak:.2}")
    };
    table.row([
        format!("{} MB", bytes / 1_000_000),
        points.to_string(),
        format!("{:.2}", median(&times(0)).unwrap_or_default()),
        peak(0),
        ratio(1)?.to_string(),
        peak(1),
        ratio(2)?.to_string(),
        peak(2),
    ]);
    Ok(())
}

/// Writes the pair into a folder: how many program points the later one has, and the paths.
fn write(bytes: u64, folder: &Path) -> Result<(usize, [PathBuf; 2])> {
    let service = Service::of_bytes(bytes, SEED);
    let write = |name: &str, moment: Moment| -> Result<PathBuf> {
        let path = folder.join(name);
        File::create(&path)
            .and_then(|file| service.write(moment, BufWriter::with_capacity(1 << 20, file)))
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(path)
    };
    let files = [
        write("before.json", Moment::Before)?,
        write("after.json", Moment::After)?,
    ];
    Ok((service.points(), files))
}
