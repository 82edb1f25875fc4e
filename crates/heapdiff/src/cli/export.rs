//! `heapdiff export`: snapshots in the formats of other tools.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use printable::printable;

use super::in_app;
use crate::compare::Side;
use crate::error::Error;
use crate::export::chrome::{Folded, Options, Series};
use crate::export::pprof;
use crate::files;
use crate::folder::Folder;
use crate::limits::Limits;
use crate::note::Note;
use crate::profile::Profile;
use crate::terminal::thousands;

#[derive(Debug, Args)]
pub(super) struct Export {
    /// Which tool is to read it
    #[arg(long, value_enum, value_name = "TOOL")]
    to: Tool,
    /// The snapshots, the earliest first
    #[arg(required = true, value_name = "SNAP")]
    snapshots: Vec<PathBuf>,
    /// Where to write: for Chrome a folder, made if it is not there; for pprof a file
    #[arg(short, long, value_name = "PATH")]
    output: PathBuf,
    /// For Chrome: at most so many nodes for blocks in a file; above it blocks of one call stack share nodes
    #[arg(long, value_name = "N", default_value_t = Options::MAX_NODES)]
    max_nodes: u64,
    /// For Chrome: exactly these crates are your code, separated by commas [default: all but std, registry crates and
    /// the profiler]
    #[arg(long, value_name = "CRATE,…", value_delimiter = ',')]
    in_app: Vec<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Tool {
    /// Chrome DevTools' Memory tab: a `.heapsnapshot` file for each snapshot
    Chrome,
    /// `go tool pprof`, Pyroscope, Parca, speedscope: a gzipped heap profile of one snapshot, FILE.pb.gz
    Pprof,
}

impl Export {
    /// Writes the files and says which.
    pub(super) fn answer(&self, limits: &Limits) -> Result<String, Error> {
        match self.to {
            Tool::Chrome => self.chrome(limits),
            Tool::Pprof => self.pprof(limits),
        }
    }

    fn pprof(&self, limits: &Limits) -> Result<String, Error> {
        let [snapshot] = &self.snapshots[..] else {
            return Err(Error::NotOneSnapshot(self.snapshots.len()));
        };
        let profile = files::read_within(snapshot, limits)?;
        files::write(&self.output, &self.snapshots, |out| {
            out.write_all(&pprof::render(&profile))
        })?;
        let estimate = Side::of(&profile).estimate();
        Ok(estimate.map_or_else(String::new, |estimate| estimate + "\n"))
    }

    fn chrome(&self, limits: &Limits) -> Result<String, Error> {
        let profiles: Vec<Profile> = self
            .snapshots
            .iter()
            .map(|path| files::read_within(path, limits))
            .collect::<Result<_, _>>()?;
        for pair in profiles.windows(2) {
            for note in Note::all(&pair[0], &pair[1]) {
                eprintln!("note: {note}");
            }
        }
        let options = Options {
            max_nodes: self.max_nodes,
            in_app: in_app(&self.in_app),
        };
        let mut series = Series::new(&profiles, &options)?;
        if let Some(note) = folding(series.folded()) {
            eprintln!("note: {note}");
        }
        let mut folder = Folder::create(&self.output)?;
        let mut answer = String::new();
        for (profile, name) in profiles.iter().zip(file_names(&self.snapshots)) {
            let Some(heap) = series.next_heap() else {
                break;
            };
            let path = folder.add(&name, |file| heap.write(file))?;
            let (blocks, bytes) = (profile.totals.live_blocks, profile.totals.live_bytes);
            let (blocks, bytes) = (thousands(blocks), thousands(bytes));
            let path = path.to_string_lossy();
            let path = printable(&path);
            let _ = writeln!(answer, "{path}: {blocks} blocks, {bytes} bytes");
            if let Some(estimate) = Side::of(profile).estimate() {
                let _ = writeln!(answer, "  {estimate}");
            }
        }
        folder.publish()?;
        answer.push_str(
            "In Chrome: DevTools, Memory, Load profile, one after the other in this order.\n",
        );
        Ok(answer)
    }
}

/// What the reader must know about nodes that are no blocks.
fn folding(folded: Folded) -> Option<String> {
    let Folded {
        stacks,
        blocks,
        nodes,
    } = folded;
    let (blocks, nodes) = (thousands(blocks), thousands(nodes));
    (stacks > 0).then(|| {
        format!(
            "of {stacks} call stacks, up to {blocks} blocks are shown as {nodes} nodes (--max-nodes; 4 GiB a node): their sizes are exact, their counts are not"
        )
    })
}

/// What the files are called: as the snapshots, told apart by a number where two have the same name.
fn file_names(snapshots: &[PathBuf]) -> Vec<String> {
    let mut taken = HashSet::new();
    let stem = |path: &Path| {
        path.file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    };
    let free = |path: &PathBuf| {
        let stem = stem(path);
        let numbered = (2..).map(|number| format!("{stem}-{number}.heapsnapshot"));
        std::iter::once(format!("{stem}.heapsnapshot"))
            .chain(numbered)
            .find(|name| taken.insert(name.clone()))
    };
    snapshots.iter().filter_map(free).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_called_as_their_snapshots_and_told_apart() {
        let snapshots = ["a/before.json", "b/before.json", "after"].map(PathBuf::from);
        assert_eq!(
            file_names(&snapshots),
            [
                "before.heapsnapshot",
                "before-2.heapsnapshot",
                "after.heapsnapshot"
            ]
        );
    }
}
