//! A copy of the workspace that a test may build in, edit and spoil, without the workspace noticing.
//!
//! - **Fast.** It is built into the workspace's own target folder, so that dependencies are not built again;
//!   only files whose content differs are copied, so that what was built for the last test stays built.
//! - **Apart.** cargo knows a package of a workspace by its name, version and place *in* the workspace, so it would
//!   take the copy's packages and the workspace's for the same, and one's build for the other's. The copy's
//!   packages therefore have a version of their own.
//! - **One for all.** A copy of its own for each test would be a version of its own, and all of the workspace built again for it.
//!   So whoever has the copy holds a lock, across processes, until it is dropped; and a test says `cargo run` or
//!   `cargo build` first, and runs nothing that was built before it came.

use std::collections::BTreeSet;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is copied of the workspace. The rest (`target`, `.git`, a student's `.lab`) stays out.
const PARTS: [&str; 6] = [
    MANIFEST,
    "Cargo.lock",
    "README.md",
    "crates",
    "docs",
    "labs",
];

const MANIFEST: &str = "Cargo.toml";

/// Variables that cargo sets for a test and that would mislead what the test starts.
const MISLEADING: [&str; 6] = [
    "CARGO_PKG_",
    "CARGO_BIN_",
    "CARGO_MANIFEST_",
    "CARGO_CRATE_",
    "CARGO_TARGET_TMPDIR",
    "LEAKLAB_",
];

/// A copy of the workspace; the lock is held until it is dropped.
pub(crate) struct Scratch {
    root: PathBuf,
    workspace: PathBuf,
    target: PathBuf,
    _lock: File,
}

impl Scratch {
    /// A copy of the workspace as it is now. Waits for whoever has it.
    ///
    /// # Panics
    /// When the copy cannot be made: a full disk, most likely.
    pub(crate) fn new() -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let make = || {
            fs::create_dir_all(folder)?;
            let lock = File::create(folder.join("scratch.lock"))?;
            lock.lock()?;
            let scratch = Self {
                root: folder.join("scratch"),
                workspace: Path::new(env!("CARGO_MANIFEST_DIR"))
                    .join("../..")
                    .canonicalize()?,
                target: folder.parent().map(Path::to_path_buf).unwrap_or_default(),
                _lock: lock,
            };
            scratch.refresh()?;
            Ok::<_, io::Error>(scratch)
        };
        make().unwrap_or_else(|error| panic!("no scratch copy in {}: {error}", folder.display()))
    }

    /// The copy's root.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Where it is built: the workspace's own target folder.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// Puts everything back as it is in the workspace; what a test left behind is removed.
    pub(crate) fn refresh(&self) -> io::Result<()> {
        fs::create_dir_all(&self.root)?;
        // cargo adds up the configurations of all folders above: a copy inside the workspace has the
        // workspace's already, and a second one would double its flags and build everything afresh.
        let alone = !self.root.starts_with(&self.workspace);
        let mut parts: BTreeSet<OsString> = PARTS.iter().map(OsString::from).collect();
        if alone {
            parts.insert(".cargo".into());
        }
        parts.retain(|part| self.workspace.join(part).exists());
        remove_others(&self.root, &parts)?;
        for part in &parts {
            let (from, to) = (self.workspace.join(part), self.root.join(part));
            if part == MANIFEST {
                write_if_new(&to, manifest(&fs::read_to_string(from)?).as_bytes())?;
            } else {
                mirror(&from, &to)?;
            }
        }
        Ok(())
    }

    /// A command that runs in the copy and builds into the workspace's target folder.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            if MISLEADING.iter().any(|prefix| text.starts_with(prefix)) {
                command.env_remove(&name);
            }
        }
        command.env("CARGO_TARGET_DIR", &self.target);
        command
    }
}

/// The workspace's manifest with the copy's version.
fn manifest(text: &str) -> String {
    let (head, tail) = text
        .split_once("\n[workspace.package]\nversion = \"")
        .expect("[workspace.package] begins with the version");
    let (version, tail) = tail.split_once('"').expect("the version ends");
    format!("{head}\n[workspace.package]\nversion = \"{version}-scratch\"{tail}")
}

/// Says that a test cannot run here, and why: a failure in CI (`CI` is set), a remark on a laptop.
///
/// # Panics
/// In CI.
pub(crate) fn cannot_run(why: &str) {
    assert!(env::var_os("CI").is_none(), "cannot run: {why}");
    eprintln!("SKIPPED: {why}");
}

/// Makes `to` hold what `from` holds.
fn mirror(from: &Path, to: &Path) -> io::Result<()> {
    if from.is_dir() {
        if !to.is_dir() {
            remove(to)?;
            fs::create_dir_all(to)?;
        }
        let mut names = names(from)?;
        names.remove(OsStr::new("target"));
        remove_others(to, &names)?;
        return names
            .iter()
            .try_for_each(|name| mirror(&from.join(name), &to.join(name)));
    }
    write_if_new(to, &fs::read(from)?)
}

/// Writes a file unless it holds that already: its time stays then, and cargo builds what is newer.
fn write_if_new(path: &Path, content: &[u8]) -> io::Result<()> {
    if path.is_dir() {
        remove(path)?;
    }
    if fs::read(path).is_ok_and(|old| old == content) {
        return Ok(());
    }
    fs::write(path, content)
}

/// Removes what is in `folder` but not among `keep`.
fn remove_others(folder: &Path, keep: &BTreeSet<OsString>) -> io::Result<()> {
    names(folder)?
        .difference(keep)
        .try_for_each(|name| remove(&folder.join(name)))
}

fn names(folder: &Path) -> io::Result<BTreeSet<OsString>> {
    fs::read_dir(folder)?
        .map(|entry| Ok(entry?.file_name()))
        .collect()
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(about) if about.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}
