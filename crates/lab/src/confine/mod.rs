//! Programs that are not trusted, run within limits: the server that a student's file became, and the compiler that reads
//! the file. What they are graded for is none of this module's business.
//!
//! ```text
//! cargo lab grade ─▶ supervisor ─▶ the program ─▶ whatever it starts
//!                               └▶ reaper
//! ```
//!
//! The **supervisor** is this same program, started anew. It sees all that the program starts, for the orphans among
//! them become its own children; it ends all of it when a limit is passed, when it is told to, when the program ends, or
//! when the lab itself is gone. The **program** is this same program once more, which gives up what it may not have
//! (`enter`) and then becomes the program. That way nothing here needs `unsafe`.
//!
//! What it gives up is of two kinds. Without the first no program is run: files, TCP and signals by Landlock (`sandbox`),
//! system calls by seccomp (`syscalls`), and, as root, the user (`users`). The second is used where the system allows it:
//! namespaces (`namespaces`), and a folder whose size the kernel bounds. Where it does not, the supervisor counts (`disk`).

#[cfg(target_os = "linux")]
mod disk;
#[cfg(target_os = "linux")]
mod enter;
#[cfg(target_os = "linux")]
mod namespaces;
#[cfg(target_os = "linux")]
mod processes;
#[cfg(target_os = "linux")]
mod reaper;
#[cfg(target_os = "linux")]
mod role;
#[cfg(target_os = "linux")]
mod rustc;
#[cfg(target_os = "linux")]
mod sandbox;
#[cfg(target_os = "linux")]
mod supervise;
#[cfg(target_os = "linux")]
mod syscalls;
#[cfg(target_os = "linux")]
mod temporary;
#[cfg(target_os = "linux")]
mod users;

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tokio::process::Command;

#[cfg(target_os = "linux")]
pub(crate) use disk::remove;
#[cfg(target_os = "linux")]
pub(crate) use namespaces::{MemoryFolder, Namespaces, bound, own_mounts, unmount};
#[cfg(target_os = "linux")]
pub(crate) use processes::end_all as end_all_children;
#[cfg(target_os = "linux")]
pub(crate) use role::{Options, main};
#[cfg(target_os = "linux")]
pub(crate) use rustc::{Made, Rustc, main as compiler_main};
pub(crate) use temporary::TemporaryFolder;
#[cfg(target_os = "linux")]
pub(crate) use users::Users;

/// The lab's own program, also when another has its name by now: a cargo that builds while the lab runs.
const OWN_PROGRAM: &str = "/proc/self/exe";

/// Files in a program's folder; an empty one costs as well.
pub(crate) const MOST_FILES: u64 = 2_000;

/// Variables that a program keeps of the lab's own; no other, for among them may be tokens.
const KEPT: [&str; 12] = [
    "PATH",
    "HOME",
    "LANG",
    "TZ",
    "CARGO_HOME",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "RUSTC",
    "CARGO_BUILD_JOBS",
    "RUSTFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
    "LD_LIBRARY_PATH",
];

/// Within what a program runs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Confinement {
    pub(crate) limits: Limits,
    pub(crate) sandbox: Option<Sandbox>,
    /// What it sees besides itself.
    #[cfg(target_os = "linux")]
    pub(crate) namespaces: Namespaces,
    /// The user that it becomes; itself if `None`.
    pub(crate) user: Option<u32>,
    /// It is a tool, such as the compiler, and no student's program: as far as the sandbox reaches, it keeps root's right to
    /// others' files, and may change the rights of files.
    pub(crate) is_tool: bool,
    /// The folder whose content is limited, and its `TMPDIR`.
    pub(crate) folder: PathBuf,
    /// The folder is a file system of its own, to whose size the kernel keeps.
    pub(crate) folder_is_bounded: bool,
    /// Where the supervisor says what came of it. Not in the folder: that is the program's.
    pub(crate) report: PathBuf,
}

/// Past any of them all of the program is ended.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Limits {
    /// From the start, in seconds.
    pub(crate) seconds: u64,
    /// Resident memory of all its processes together.
    pub(crate) resident_bytes: u64,
    /// Address space of each process.
    pub(crate) address_bytes: Option<u64>,
    /// Length of each file that it writes.
    pub(crate) file_bytes: u64,
    /// All that is in its folder.
    pub(crate) folder_bytes: u64,
    /// Processes and threads, all together.
    pub(crate) tasks: u64,
}

/// What the kernel lets it reach. It has no network but the socket that is passed to it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Sandbox {
    pub(crate) read: Vec<PathBuf>,
    pub(crate) write: Vec<PathBuf>,
    pub(crate) execute: Vec<PathBuf>,
}

/// What came of a run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Ran {
    /// Whether it got as far as the program.
    pub(crate) entered: bool,
    /// Why it did not, in words.
    pub(crate) hindrance: Option<String>,
    /// The limit that was passed.
    pub(crate) stopped: Option<Stop>,
    /// The signal that ended the program.
    pub(crate) signal: Option<i32>,
}

/// A limit that was passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Stop {
    Time,
    Memory,
    Disk,
    Processes,
}

impl Confinement {
    /// A command that runs `program` within this; arguments that are added are the program's.
    ///
    /// # Errors
    /// When the confinement cannot be written as JSON: a path that is not text.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> anyhow::Result<Command> {
        let mut command = self.trial()?;
        command.arg("--").arg(program);
        Ok(command)
    }

    /// A command that confines itself as a program would be, and runs none: it tells whether that works here.
    ///
    /// # Errors
    /// When the confinement cannot be written as JSON: a path that is not text.
    pub(crate) fn trial(&self) -> anyhow::Result<Command> {
        let mut command = Command::new(OWN_PROGRAM);
        command
            .args(["confined", "supervise"])
            .arg(serde_json::to_string(self)?);
        self.prepare(&mut command);
        Ok(command)
    }

    fn prepare(&self, command: &mut Command) {
        command.env_clear().env("TMPDIR", &self.folder);
        for name in KEPT {
            if let Some(value) = env::var_os(name) {
                command.env(name, value);
            }
        }
    }

    /// What came of the last run, once its supervisor has ended.
    pub(crate) fn ran(&self) -> Option<Ran> {
        read_json(&self.report)
    }
}

/// Beside the report: how far `enter` got.
fn entry_note(confinement: &Confinement) -> PathBuf {
    confinement.report.with_extension("entry.json")
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

fn write_json<T: Serialize>(path: &Path, value: &T) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let file = tempfile::NamedTempFile::new_in(folder)?;
    serde_json::to_writer(&file, value)?;
    file.persist(path)?;
    Ok(())
}
