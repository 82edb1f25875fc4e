//! The kernel's own sandbox, Landlock: which files a program reaches, which it may run, that it has no TCP of its own, and
//! that it signals only what it has started. All of it or an error.

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetError, Scope, path_beneath_rules,
};

use super::Sandbox;

/// What is asked for: the first that has sockets and signals, too (Linux 6.12).
pub(super) const WANTED: ABI = ABI::V6;

/// What a program needs of the system only to run: its libraries, the time zone, what it is told of itself.
pub(super) const SYSTEM: [&str; 15] = [
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

/// Restricts this thread and all that it will start, for good.
///
/// # Errors
/// When the kernel does not have all of it.
pub(super) fn restrict(sandbox: &Sandbox) -> Result<(), RulesetError> {
    let read = AccessFs::ReadFile | AccessFs::ReadDir;
    // No links, pipes and devices: whoever reads the folder later would follow them, or wait for ever.
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
        .add_rules(path_beneath_rules(SYSTEM, read))?
        .add_rules(path_beneath_rules(DEVICES, read | AccessFs::WriteFile))?
        .add_rules(path_beneath_rules(&sandbox.read, read))?
        .add_rules(path_beneath_rules(&sandbox.write, write))?
        .add_rules(path_beneath_rules(
            sandbox.execute.iter().cloned().chain(loaders()),
            read | AccessFs::Execute,
        ))?
        .restrict_self()?;
    Ok(())
}

/// `ld-linux-….so`, which the kernel runs to start a program.
fn loaders() -> Vec<std::path::PathBuf> {
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
