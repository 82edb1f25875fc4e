//! The kernel's own sandbox, Landlock: which files a program reaches, which it may run, that it has no TCP of its own, and
//! that it signals only what it has started. All of it or an error.

use std::path::PathBuf;

use anyhow::{Result, anyhow};
use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetError, Scope, path_beneath_rules,
};

use super::Sandbox;

/// What is asked for: the first that has sockets and signals as well (Linux 6.12).
const WANTED: ABI = ABI::V6;

/// What a program needs of the system only to run: its libraries, the time zone, what it is told of itself.
const SYSTEM: [&str; 15] = [
    "/lib",
    "/lib32",
    "/lib64",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/local/lib",
    "/nix/store",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/localtime",
    "/usr/share/zoneinfo",
    "/proc",
    "/sys/fs/cgroup",
    "/sys/devices/system/cpu",
];

/// Devices that do no harm.
const DEVICES: [&str; 3] = ["/dev/null", "/dev/urandom", "/dev/random"];

/// Where the programs are that start a dynamically linked program.
const LOADERS: [&str; 3] = ["/lib", "/lib64", "/usr/lib"];

/// The files that a process may reach.
#[derive(Debug, Default)]
pub(super) struct Reach {
    /// Folders whose names it may list.
    pub(super) list: Vec<PathBuf>,
    pub(super) read: Vec<PathBuf>,
    pub(super) write: Vec<PathBuf>,
    pub(super) execute: Vec<PathBuf>,
}

/// Restricts this thread and all that it will start, for good: to what `sandbox` names, and to what every program needs.
///
/// # Errors
/// When the kernel does not have all of it.
pub(super) fn restrict(sandbox: &Sandbox) -> Result<()> {
    let system = SYSTEM.iter().map(PathBuf::from);
    restrict_to(&Reach {
        list: Vec::new(),
        read: system.chain(sandbox.read.iter().cloned()).collect(),
        write: sandbox.write.clone(),
        execute: sandbox.execute.iter().cloned().chain(loaders()).collect(),
    })
}

/// Restricts this thread and all that it will start, for good: to these files and some devices, without TCP, and with
/// signals to what it has started alone.
///
/// # Errors
/// When the kernel does not have all of it.
pub(super) fn restrict_to(reach: &Reach) -> Result<()> {
    landlocked(reach).map_err(|error| match error {
        // Its own words are a list of bits.
        RulesetError::HandleAccesses(_) | RulesetError::Scope(_) => {
            anyhow!("this kernel does not have Landlock, or not all of its sixth version")
        }
        other => anyhow!(other).context("cannot enter the sandbox of Landlock"),
    })
}

fn landlocked(reach: &Reach) -> Result<(), RulesetError> {
    let read = AccessFs::ReadFile | AccessFs::ReadDir;
    // No links, pipes and devices: a reader of the folder would follow them, or wait forever.
    let special = AccessFs::MakeSym
        | AccessFs::MakeFifo
        | AccessFs::MakeSock
        | AccessFs::MakeChar
        | AccessFs::MakeBlock;
    let write = AccessFs::from_all(WANTED) & !(special | AccessFs::Execute);
    Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(WANTED))?
        .handle_access(AccessNet::from_all(WANTED))?
        .scope(Scope::from_all(WANTED))?
        .create()?
        .add_rules(path_beneath_rules(DEVICES, read | AccessFs::WriteFile))?
        .add_rules(path_beneath_rules(&reach.list, AccessFs::ReadDir))?
        .add_rules(path_beneath_rules(&reach.read, read))?
        .add_rules(path_beneath_rules(&reach.write, write))?
        .add_rules(path_beneath_rules(&reach.execute, read | AccessFs::Execute))?
        .restrict_self()?;
    Ok(())
}

/// `ld-linux-….so`, which the kernel runs to start a program.
fn loaders() -> Vec<PathBuf> {
    let entries = LOADERS
        .iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flatten()
        .flatten();
    entries
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.starts_with("ld-linux") || name.starts_with("ld-musl") || name.starts_with("ld64")
        })
        .map(|entry| entry.path())
        .collect()
}
