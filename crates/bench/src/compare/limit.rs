//! What a comparison is measured against: plain typed parsing of both files with `serde_json`, and nothing else.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use serde::Deserialize;

/// Parse both snapshots, and no more
#[derive(Args, Debug)]
pub struct Limit {
    before: PathBuf,
    after: PathBuf,
}

impl Limit {
    /// Prints a sum over all that was parsed.
    ///
    /// # Errors
    /// When a file cannot be read or is no snapshot.
    pub fn run(&self) -> Result<()> {
        println!("{}", parse([&self.before, &self.after])?);
        Ok(())
    }
}

/// What a comparison needs of a snapshot.
#[derive(Deserialize)]
struct Snapshot {
    pps: Vec<Point>,
    ftbl: Vec<String>,
}

#[derive(Deserialize)]
struct Point {
    tb: u64,
    tbk: u64,
    eb: u64,
    ebk: u64,
    fs: Vec<u32>,
}

/// Reads and parses both files, one after the other; the sums, so that nothing of it can be left out.
fn parse(files: [&Path; 2]) -> Result<u64> {
    let read = |path: &Path| -> Result<Snapshot> {
        let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        serde_json::from_slice(&bytes).with_context(|| format!("{} is no snapshot", path.display()))
    };
    let snapshots = [read(files[0])?, read(files[1])?];
    Ok(snapshots
        .iter()
        .map(Snapshot::sum)
        .fold(0, u64::wrapping_add))
}

impl Snapshot {
    fn sum(&self) -> u64 {
        let of_point = |point: &Point| {
            let counters = [point.tb, point.tbk, point.eb, point.ebk];
            counters
                .into_iter()
                .fold(point.fs.len() as u64, u64::wrapping_add)
        };
        let points = self.pps.iter().map(of_point).fold(0, u64::wrapping_add);
        points.wrapping_add(self.ftbl.iter().map(|frame| frame.len() as u64).sum())
    }
}
