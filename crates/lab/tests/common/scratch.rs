//! A copy of the workspace that a test may build in, edit and spoil, without the workspace noticing.
//!
//! - **Fast.** It is built into the workspace's own target folder, so that dependencies are not built again;
//!   only files whose content differs are copied, so that what was built for the last test stays built.
//! - **One at a time.** cargo puts every build of a program at the same `target/release/PROGRAM`, and the last
//!   one stands there. So whoever has a scratch copy holds a lock, across processes, until it is dropped;
//!   and a test says `cargo run` or `cargo build` first, and runs nothing that was built before it came.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is copied of the workspace. The rest (`target`, `.git`, a student's `.lab`) stays out.
const PARTS: [&str; 6] = [
    "Cargo.toml",
    "Cargo.lock",
    "README.md",
    "crates",
    "docs",
    "labs",
];

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
    /// A copy called `name`, as the workspace is now. Waits for whoever has one.
    ///
    /// # Panics
    /// When the copy cannot be made: a full disk, most likely.
    pub(crate) fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let make = || {
            fs::create_dir_all(folder)?;
            let lock = File::create(folder.join("scratch.lock"))?;
            lock.lock()?;
            let scratch = Self {
                root: folder.join(name),
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
        mirror_entries(&self.workspace, &self.root, &parts)
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
        let names = names(from)?
            .into_iter()
            .filter(|name| name != "target")
            .collect();
        return mirror_entries(from, to, &names);
    }
    let content = fs::read(from)?;
    if to.is_dir() {
        remove(to)?;
    }
    // The time of a file that is the same stays: cargo builds what is newer.
    if fs::read(to).ok().as_ref() != Some(&content) {
        fs::write(to, content)?;
    }
    Ok(())
}

/// Makes `to` hold the entries `names` of `from`, and no others.
fn mirror_entries(from: &Path, to: &Path, names_: &BTreeSet<OsString>) -> io::Result<()> {
    for name in names(to)?.difference(names_) {
        remove(&to.join(name))?;
    }
    names_
        .iter()
        .try_for_each(|name| mirror(&from.join(name), &to.join(name)))
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
