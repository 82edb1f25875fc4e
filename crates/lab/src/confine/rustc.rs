//! The compiler of a student's file, in a sandbox of its own within cargo's.
//!
//! Cargo reads its settings, its registry and `/proc`. The compiler must not, because a student's file can have it read
//! any file and print it: `compile_error!(include_str!("/etc/passwd"))`. So cargo is told that this program is its
//! `RUSTC_WRAPPER`, which comes in two roles:
//!
//! ```text
//! cargo ─▶ wrapper ─▶ confined compiler ─▶ linker
//! ```
//!
//! The **wrapper** gives the compiler an empty folder to write to, and moves what it wrote to where cargo wants it.
//! The **compiler** is this program once more, which restricts itself by Landlock, forgets its environment and becomes
//! `rustc`.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus};

use anyhow::{Context, Result};
use nix::sys::prctl;
use nix::sys::signal::{SigSet, Signal, raise};
use serde::{Deserialize, Serialize};

use super::sandbox::{self, Reach};

/// The variable that holds a [`Rustc`] as JSON, and makes this program a wrapper.
const VARIABLE: &str = "LEAKLAB_RUSTC";

/// Libraries, linkers and the files that these need. Not `/proc`, `/etc/passwd` or anybody's home.
const SYSTEM: [&str; 14] = [
    "/bin",
    "/lib",
    "/lib32",
    "/lib64",
    "/usr/bin",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/libexec",
    "/usr/local/lib",
    "/nix/store",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/sys/devices/system/cpu",
];

/// What the compiler is told of cargo's environment. `env!` prints any of it.
const KEPT: [&str; 13] = [
    "PATH",
    "TMPDIR",
    "LANG",
    "LD_LIBRARY_PATH",
    "CARGO",
    "CARGO_BIN_NAME",
    "CARGO_CRATE_NAME",
    "CARGO_MAKEFLAGS",
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_PATH",
    "CARGO_PRIMARY_PACKAGE",
    "OUT_DIR",
    "SOURCE_DATE_EPOCH",
];

/// Within what the compiler runs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Rustc {
    /// Whether the kernel's sandbox is on.
    pub(crate) sandboxed: bool,
    /// What it reads besides itself, the system and the crates that it links.
    pub(crate) read: Vec<PathBuf>,
    /// Where the wrapper notes what the compiler has made, one [`Made`] a line.
    pub(crate) made: PathBuf,
    /// Where the wrapper keeps a copy of a program that the compiler has made. What cargo keeps may be replaced by
    /// somebody else's build at any time.
    pub(crate) program: PathBuf,
    /// The empty folder that the compiler writes to; none before the wrapper has made one.
    pub(crate) out: Option<PathBuf>,
}

/// What a run of the compiler has made.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Made {
    /// Where cargo keeps it, as `target/release/deps`.
    pub(crate) folder: PathBuf,
    /// The crate's name.
    pub(crate) name: String,
    /// What follows the name in those of files, as `-35e23cd3ec2fbf1b`.
    pub(crate) suffix: String,
}

impl Rustc {
    /// What cargo must find in its environment, so that its compiler runs within this.
    ///
    /// # Errors
    /// When the lab cannot find its own program.
    pub(crate) fn variables(&self) -> Result<Vec<(&'static str, OsString)>> {
        let own = env::current_exe().context("cannot tell the lab's own program")?;
        Ok(vec![
            ("RUSTC_WRAPPER", own.into()),
            (VARIABLE, serde_json::to_string(self)?.into()),
        ])
    }
}

/// Runs this program as a compiler's wrapper if it is called as one. Must be the process's only thread.
pub(crate) fn main() -> Option<ExitCode> {
    let settings = env::var_os(VARIABLE)?;
    let args: Vec<OsString> = env::args_os().skip(1).collect();
    // The supervisor of cargo has the variable as well.
    if args.first().is_none_or(|first| first == "confined") {
        return None;
    }
    let settings = settings.to_string_lossy();
    let result = serde_json::from_str::<Rustc>(&settings)
        .with_context(|| format!("{VARIABLE} is for the grader's own use"))
        .and_then(|rustc| match rustc.out {
            None => wrap(rustc, &args),
            Some(_) => Err(become_the_compiler(&rustc, &args)),
        });
    Some(result.unwrap_or_else(|error| {
        eprintln!("error: the compiler cannot be confined: {error:#}");
        ExitCode::from(125)
    }))
}

/// Runs the compiler with a folder of its own to write to, and moves what it made to where cargo wants it.
fn wrap(mut rustc: Rustc, args: &[OsString]) -> Result<ExitCode> {
    let out = tempfile::Builder::new()
        .prefix("rustc-")
        .tempdir()
        .context("cannot make a folder for the compiler")?;
    rustc.out = Some(out.path().to_path_buf());
    let wanted = value_of(args, "--out-dir").map(PathBuf::from);
    let mut args = args.to_vec();
    if let Some(folder) = &wanted {
        note(&rustc.made, folder, &args).context("cannot note what the compiler makes")?;
        let at = args.iter().position(|arg| arg == "--out-dir");
        let at = at.context("--out-dir is an argument of its own")?;
        args[at + 1] = out.path().into();
    }
    let status = Command::new(env::current_exe()?)
        .args(&args)
        .env(VARIABLE, serde_json::to_string(&rustc)?)
        .env("TMPDIR", out.path())
        .status()
        .context("cannot start the lab's own program")?;
    if let (true, Some(folder)) = (status.success(), wanted) {
        if value_of(&args, "--crate-type").is_some_and(|kind| kind == "bin") {
            let file = name_of(&args).context("a crate has a name")?;
            fs::copy(out.path().join(file), &rustc.program).context("cannot keep the program")?;
        }
        move_all(out.path(), &folder)
            .with_context(|| format!("cannot write to {}", folder.display()))?;
    }
    drop(out);
    Ok(end_like(status))
}

/// What a program's file is called.
fn name_of(args: &[OsString]) -> Option<OsString> {
    let mut name = value_of(args, "--crate-name")?;
    name.push(codegen_value_of(args, "extra-filename").unwrap_or_default());
    Some(name)
}

/// Adds to the list of what was made.
fn note(list: &Path, folder: &Path, args: &[OsString]) -> Result<()> {
    let text = |value: Option<OsString>| value.and_then(|value| value.into_string().ok());
    let made = Made {
        folder: folder.to_path_buf(),
        name: text(value_of(args, "--crate-name")).context("a crate has a name")?,
        suffix: text(codegen_value_of(args, "extra-filename")).unwrap_or_default(),
    };
    let mut list = File::options().append(true).create(true).open(list)?;
    writeln!(list, "{}", serde_json::to_string(&made)?)?;
    Ok(())
}

/// Moves files, over those that are there. They may be links to what was built before, so they are not written into.
fn move_all(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if !entry.file_type()?.is_file() {
            continue; // of the linker's, and of no use to cargo
        }
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        match fs::remove_file(&to) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        if fs::rename(&from, &to).is_err() {
            fs::copy(&from, &to)?; // another file system
        }
    }
    Ok(())
}

/// Ends as the compiler did: cargo tells a signal from an error.
fn end_like(status: ExitStatus) -> ExitCode {
    if let Some(signal) = status.signal().and_then(|s| Signal::try_from(s).ok()) {
        let _ = SigSet::all().thread_unblock();
        let _ = raise(signal);
    }
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    ExitCode::from(code.unwrap_or(125))
}

/// Restricts this process, and becomes the compiler; or returns why not.
fn become_the_compiler(rustc: &Rustc, args: &[OsString]) -> anyhow::Error {
    let become_it = || -> Result<()> {
        prctl::set_pdeathsig(Signal::SIGKILL).context("cannot ask to end with the wrapper")?;
        let (program, args) = args.split_first().context("there is a compiler to run")?;
        if rustc.sandboxed {
            restrict(rustc, Path::new(program), args)?;
        }
        let mut command = Command::new(program);
        command.args(args).env_clear();
        for (name, value) in env::vars_os() {
            let text = name.to_string_lossy();
            if KEPT.contains(&&*text) || text.starts_with("CARGO_PKG_") || text.starts_with("LC_") {
                command.env(name, value);
            }
        }
        Err(command.exec()).with_context(|| format!("cannot run {}", program.display()))
    };
    match become_it() {
        Ok(()) => unreachable!("exec returns only an error"),
        Err(error) => error,
    }
}

/// Lets this process read what it needs to compile, and write its own folder; nothing else, and no network.
fn restrict(rustc: &Rustc, program: &Path, args: &[OsString]) -> Result<()> {
    let bin = program.parent().context("the compiler is in a folder")?;
    let toolchain = bin.parent().unwrap_or(bin);
    let system = SYSTEM.iter().map(PathBuf::from).chain(cross_tools());
    prctl::set_no_new_privs().context("cannot give up privileges")?;
    sandbox::restrict_to(&Reach {
        list: crate_folders(args),
        read: rustc.read.iter().cloned().chain(libraries(args)).collect(),
        write: rustc.out.iter().cloned().collect(),
        execute: system
            .chain(linker(args))
            .chain([toolchain.to_path_buf()])
            .collect(),
    })
}

/// Folders like `/usr/x86_64-linux-gnu`, in which some systems keep the linker.
fn cross_tools() -> Vec<PathBuf> {
    let entries = fs::read_dir("/usr").into_iter().flatten().flatten();
    let of_tools = |name: &OsStr| name.to_string_lossy().contains("-linux-");
    entries
        .filter(|entry| of_tools(&entry.file_name()))
        .map(|entry| entry.path())
        .collect()
}

/// The linker that the compiler will run, if it is not where the system's is; with the folder around it, where its own
/// tools are.
fn linker(args: &[OsString]) -> Vec<PathBuf> {
    let name = codegen_value_of(args, "linker").unwrap_or_else(|| "cc".into());
    let path = env::var_os("PATH").unwrap_or_default();
    let in_path = || env::split_paths(&path).map(|folder| folder.join(&name));
    let found = if Path::new(&name).components().count() > 1 {
        Some(PathBuf::from(&name))
    } else {
        in_path().find(|path| path.is_file())
    };
    let Some(linker) = found.and_then(|path| path.canonicalize().ok()) else {
        return Vec::new();
    };
    // `…/usr/bin/gcc` of a toolchain in `/opt` needs `…/usr/lib`; a script in a home needs nothing but itself.
    let around = linker.parent().and_then(Path::parent);
    let around = around.filter(|folder| folder.starts_with("/opt"));
    around
        .map(Path::to_path_buf)
        .into_iter()
        .chain([linker])
        .collect()
}

/// Folders in which the compiler looks for crates.
fn crate_folders(args: &[OsString]) -> Vec<PathBuf> {
    let folders = search_path(args).filter(|(kind, _)| kind == "dependency");
    folders.map(|(_, folder)| folder).collect()
}

/// The crates in these folders, and whatever is in others. Not the folders of crates themselves, because programs that were
/// built before lie there as well.
fn libraries(args: &[OsString]) -> Vec<PathBuf> {
    let is_crate = |path: &PathBuf| {
        let kind = path.extension().and_then(OsStr::to_str);
        matches!(kind, Some("rlib" | "rmeta" | "so"))
    };
    let crates = crate_folders(args)
        .into_iter()
        .filter_map(|folder| fs::read_dir(folder).ok())
        .flat_map(|entries| entries.flatten().map(|entry| entry.path()))
        .filter(is_crate);
    let others = search_path(args).filter(|(kind, _)| kind != "dependency");
    crates.chain(others.map(|(_, folder)| folder)).collect()
}

/// What follows each `-L`: `KIND=FOLDER`, or a folder.
fn search_path(args: &[OsString]) -> impl Iterator<Item = (String, PathBuf)> {
    let pairs = args.windows(2).filter(|pair| pair[0] == "-L");
    pairs.map(|pair| {
        let value = pair[1].to_string_lossy();
        let (kind, folder) = value.split_once('=').unwrap_or(("all", &value));
        (kind.to_owned(), PathBuf::from(folder))
    })
}

/// The value of `NAME VALUE`.
fn value_of(args: &[OsString], name: &str) -> Option<OsString> {
    let at = args.iter().position(|arg| arg == name)?;
    args.get(at + 1).cloned()
}

/// The value of `-C NAME=VALUE`, or `-CNAME=VALUE`; the last counts.
fn codegen_value_of(args: &[OsString], name: &str) -> Option<OsString> {
    let texts = args.iter().filter_map(|arg| arg.to_str());
    let mut values = texts.filter_map(|arg| {
        let setting = arg.strip_prefix("-C").unwrap_or(arg).strip_prefix(name)?;
        setting.strip_prefix('=')
    });
    values.next_back().map(OsString::from)
}
