//! Within what a compiler reads a student's file, and within what the server runs that it became.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use super::isolation::Isolation;
use crate::confine::{Confinement, Limits, MOST_FILES, Sandbox};
use crate::repo::Repo;

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// Tasks for each processor that a program may have: actix, the compiler and the linker have threads for each.
const TASKS_PER_PROCESSOR: u64 = 16;

/// Where compilers, linkers and their settings are, besides what any program reads.
const TOOLS: [&str; 8] = [
    "/usr",
    "/bin",
    "/sbin",
    "/opt",
    "/etc/alternatives",
    "/etc/ld.so.conf.d",
    "/etc/passwd",
    "/etc/nsswitch.conf",
];

/// All that a server may keep in its folder.
const SERVER_FOLDER_BYTES: u64 = 256 * MIB;

/// Length of each file that a server writes.
const SERVER_FILE_BYTES: u64 = 32 * MIB;

/// Bytes and files that fit into the folder's own file system. More than a server may keep: if exactly that fitted, a server that
/// cuts a file and writes it again would be seen at the limit now and then only.
pub(super) const SERVER_ROOM: (u64, u64) = (
    SERVER_FOLDER_BYTES + 2 * SERVER_FILE_BYTES,
    MOST_FILES + MOST_FILES / 4,
);

/// Limits that an instructor may choose.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seconds {
    pub(crate) build: u64,
    pub(crate) run: u64,
}

/// Of cargo, which runs nothing of the student's and reads only manifests that are the instructor's. The compiler can be
/// made to read any file and to compute forever. It runs within these limits, and in a narrower sandbox (`workshop`).
pub(crate) fn of_the_compiler(
    isolation: &Isolation,
    copy: &Repo,
    folder: &Path,
    report: PathBuf,
    seconds: Seconds,
) -> Confinement {
    let target = copy.target().map(Path::to_path_buf);
    let mut read: Vec<PathBuf> = TOOLS.iter().map(PathBuf::from).collect();
    read.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    read.extend(cargo_settings(copy.root()));
    read.extend(sysroot());
    let mut write = vec![folder.to_path_buf()];
    write.extend(target);
    let home = cargo_home();
    for entry in home.iter().filter_map(|home| fs::read_dir(home).ok()) {
        for entry in entry.flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with(".package-cache") {
                write.push(entry.path()); // cargo's locks
            } else if !name.starts_with("credentials") {
                read.push(entry.path());
            }
        }
    }
    read.extend(home_of("RUSTUP_HOME", ".rustup"));
    read.extend(env::current_exe()); // as the compiler's wrapper
    let execute = read.clone();
    read.push(copy.root().to_path_buf());
    Confinement {
        limits: Limits {
            seconds: seconds.build,
            resident_bytes: 4 * GIB,
            address_bytes: None, // the compiler maps far more than it uses
            file_bytes: GIB,
            folder_bytes: GIB,
            tasks: 256 + TASKS_PER_PROCESSOR * processors(),
        },
        sandbox: isolation.is_on.then_some(Sandbox {
            read,
            write,
            execute,
        }),
        namespaces: isolation.namespaces,
        user: None,
        is_tool: true,
        folder: folder.to_path_buf(),
        folder_is_bounded: false,
        report,
    }
}

/// Of a student's server: it writes its snapshots, and reads what it needs to run.
pub(crate) fn of_the_server(
    isolation: &Isolation,
    user: Option<u32>,
    folder: &Path,
    report: PathBuf,
    seconds: Seconds,
) -> Confinement {
    Confinement {
        limits: Limits {
            seconds: seconds.run,
            // The lab's routes are turned away at 1 GiB of live heap; RSS is more, and a snapshot's copy shares it.
            resident_bytes: 2 * GIB,
            address_bytes: Some(4 * GIB),
            file_bytes: SERVER_FILE_BYTES,
            folder_bytes: SERVER_FOLDER_BYTES,
            tasks: 128 + TASKS_PER_PROCESSOR * processors(),
        },
        sandbox: isolation.is_on.then(|| Sandbox {
            write: vec![folder.to_path_buf()],
            ..Sandbox::default()
        }),
        namespaces: isolation.namespaces,
        user,
        is_tool: false,
        folder: folder.to_path_buf(),
        folder_is_bounded: isolation.is_in_memory(),
        report,
    }
}

fn processors() -> u64 {
    thread::available_parallelism().map_or(1, |n| n.get() as u64)
}

/// `.cargo` of every folder from the copy upwards, as cargo looks for its settings.
fn cargo_settings(copy: &Path) -> Vec<PathBuf> {
    let settings = copy.ancestors().flat_map(|folder| {
        let folder = folder.join(".cargo");
        [folder.join("config.toml"), folder.join("config")]
    });
    settings.filter(|path| path.is_file()).collect()
}

pub(super) fn cargo_home() -> Option<PathBuf> {
    home_of("CARGO_HOME", ".cargo")
}

/// Where the compiler is, if not in a place that is known.
pub(super) fn sysroot() -> Option<PathBuf> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .args(["--print", "sysroot"])
        .output()
        .ok()?;
    Some(PathBuf::from(
        String::from_utf8(output.stdout).ok()?.trim_end(),
    ))
}

fn home_of(variable: &str, folder: &str) -> Option<PathBuf> {
    let home = || Some(PathBuf::from(env::var_os("HOME")?).join(folder));
    env::var_os(variable).map(PathBuf::from).or_else(home)
}
