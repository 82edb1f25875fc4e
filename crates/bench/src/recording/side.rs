//! The ways to record that are compared, and how each is started.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::Programs;
use crate::machine::first_line;

/// A way to record the heap of the measured server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Side {
    /// None: the system's allocator.
    Plain,
    /// heapshot, one sample in 512 KiB.
    Sampled,
    /// heapshot, everything.
    Exact,
    /// dhat alone.
    Dhat,
    /// jemalloc without samples.
    Jemalloc,
    /// jemalloc's sampled profiling, one in 512 KiB.
    JemallocProf,
    /// The plain server under heaptrack.
    Heaptrack,
    /// The plain server under `valgrind --tool=dhat`.
    Valgrind,
}

/// As heapshot's good start, and as jemalloc's own (2¹⁹).
const EVERY: u64 = 512 << 10;

impl Side {
    pub(super) const ALL: [Self; 8] = [
        Self::Plain,
        Self::Sampled,
        Self::Exact,
        Self::Dhat,
        Self::Jemalloc,
        Self::JemallocProf,
        Self::Heaptrack,
        Self::Valgrind,
    ];

    /// What it is called in the table.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Plain => "not recorded",
            Self::Sampled => "heapshot, 1 in 512 KiB",
            Self::Exact => "heapshot, exact",
            Self::Dhat => "dhat alone, 16 frames",
            Self::Jemalloc => "jemalloc, not recorded",
            Self::JemallocProf => "jemalloc, 1 in 512 KiB",
            Self::Heaptrack => "heaptrack",
            Self::Valgrind => "valgrind --tool=dhat",
        }
    }

    /// Of so many requests that a fast side gets, how many this one gets: every hundredth of a second counts twice where
    /// each allocation is recorded.
    pub(super) fn share_of(self, requests: u64, allocates: bool) -> u64 {
        let divisor = match self {
            Self::Plain | Self::Sampled | Self::Jemalloc | Self::JemallocProf => 1,
            Self::Exact | Self::Dhat if !allocates => 1,
            Self::Heaptrack if !allocates => 2,
            Self::Exact | Self::Dhat | Self::Heaptrack => 20,
            Self::Valgrind => 40,
        };
        (requests / divisor).max(1)
    }

    /// Whether it can be measured here.
    pub(super) fn is_here(self, programs: &Programs) -> bool {
        let has = |tool: &str| !first_line(Command::new(tool).arg("--version")).is_empty();
        match self {
            Self::Jemalloc | Self::JemallocProf => programs.jemalloc.is_some(),
            Self::Heaptrack => has("heaptrack"),
            Self::Valgrind => has("valgrind"),
            _ => true,
        }
    }

    /// The command that starts it; what it writes goes to `folder`.
    pub(super) fn command(self, programs: &Programs, folder: &Path) -> Result<Command> {
        let jemalloc = || programs.jemalloc.as_ref();
        let program = match self {
            Self::Plain | Self::Heaptrack | Self::Valgrind => &programs.plain,
            Self::Sampled | Self::Exact => &programs.heapshot,
            Self::Dhat => &programs.dhat,
            Self::Jemalloc | Self::JemallocProf => {
                jemalloc().ok_or_else(|| anyhow::anyhow!("jemalloc was not built"))?
            }
        };
        let mut command = match self {
            Self::Heaptrack => {
                let mut command = Command::new("heaptrack");
                command.arg("-o").arg(folder.join("heaptrack")).arg(program);
                command
            }
            Self::Valgrind => {
                let mut command = Command::new("valgrind");
                let out = folder.join("valgrind.json");
                command
                    .args(["--tool=dhat", "--quiet", "--num-callers=16"])
                    .arg(format!("--dhat-out-file={}", out.display()))
                    .arg(program);
                command
            }
            _ => Command::new(program),
        };
        match self {
            Self::Sampled => {
                command.arg(EVERY.to_string());
            }
            Self::JemallocProf => {
                let settings = "prof:true,prof_active:true,prof_final:false,lg_prof_sample:19";
                command.env("_RJEM_MALLOC_CONF", settings);
            }
            _ => {}
        }
        command.current_dir(folder);
        Ok(command)
    }
}
