//! `heapdiff export`: snapshots in the format of another tool.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::error::Error;
use crate::export::pprof;
use crate::files;

#[derive(Debug, Args)]
pub(super) struct Export {
    /// Which format
    #[arg(long, value_enum, value_name = "FORMAT")]
    to: Target,
    /// The snapshots
    #[arg(required = true, value_name = "SNAPSHOT")]
    snapshots: Vec<PathBuf>,
    /// Where to write; a file of that name is replaced
    #[arg(short, long, value_name = "PATH")]
    output: PathBuf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Target {
    /// A heap profile of one snapshot for `go tool pprof`, Pyroscope, Parca, speedscope: FILE.pb.gz
    Pprof,
}

impl Export {
    pub(super) fn answer(&self) -> Result<String, Error> {
        match self.to {
            Target::Pprof => self.pprof(),
        }
    }

    fn pprof(&self) -> Result<String, Error> {
        let [snapshot] = &self.snapshots[..] else {
            return Err(Error::NotOneSnapshot(self.snapshots.len()));
        };
        let profile = pprof::render(&files::read(snapshot)?);
        files::write(&self.output, &profile, &self.snapshots)?;
        Ok(String::new())
    }
}
