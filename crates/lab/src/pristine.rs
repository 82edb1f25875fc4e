//! A copy of the workspace to build in, so that nobody's work is in the way, and nobody's work is changed.
//!
//! It lies within the workspace, below `.lab`, so that cargo finds the workspace's `.cargo`; and it is built into the
//! workspace's target folder, so that dependencies are not built again.

use std::collections::BTreeSet;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::path::Path;

use anyhow::{Context, Result};

use crate::repo::Repo;

/// What of the workspace is copied: what a build and the labs need. Not `.cargo`: cargo finds the one in
/// the workspace around the copy, and would add up the flags of both.
pub(crate) const PARTS: [&str; 4] = [MANIFEST, "Cargo.lock", "crates", "labs"];

const MANIFEST: &str = "Cargo.toml";

/// The crate whose files students edit.
const STUDENTS: &str = "fixed-server";

/// A copy in `.lab/NAME`, as the workspace is now. What is there already and is the same stays as it is, and with it what
/// was built of it.
///
/// # Errors
/// When it cannot be made.
pub(crate) fn copy_of(repo: &Repo, name: &str) -> Result<Repo> {
    let to = repo.root().join(".lab").join(name);
    // Absolute, for cargo will run in the copy.
    let target = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let target = repo.root().join(target);
    let make = || -> Result<()> {
        fs::create_dir_all(&to)?;
        let parts: BTreeSet<OsString> = PARTS.iter().map(OsString::from).collect();
        remove_others(&to, &parts)?;
        for part in PARTS {
            let (from, to) = (repo.root().join(part), to.join(part));
            if part == MANIFEST {
                let manifest = with_version_of_its_own(&fs::read_to_string(from)?, name)?;
                write_if_new(&to, manifest.as_bytes())?;
            } else {
                mirror(&from, &to)?;
            }
        }
        Ok(())
    };
    make().with_context(|| format!("cannot copy the workspace to {}", to.display()))?;
    Ok(Repo::at(&to).with_target(target))
}

/// Gives the copy's packages a version of their own. To cargo a package of a workspace is its name, its version
/// and its place in the workspace: in one target folder the copy's would pass for the workspace's own.
fn with_version_of_its_own(manifest: &str, name: &str) -> Result<String> {
    let (head, tail) = manifest
        .split_once("[workspace.package]\nversion = \"")
        .context("Cargo.toml: [workspace.package] begins with the version")?;
    let (version, tail) = tail.split_once('"').context("the version ends")?;
    Ok(format!(
        "{head}[workspace.package]\nversion = \"{version}-{name}\"{tail}"
    ))
}

/// Makes `to` hold what `from` holds.
fn mirror(from: &Path, to: &Path) -> io::Result<()> {
    if !from.is_dir() {
        let is_new = !to.exists();
        write_if_new(to, &fs::read(from)?)?;
        // What was built of an earlier copy is what this one would be, so it is as old; but not where students' files
        // come and go, for then it may have been built of another's.
        if is_new && !from.components().any(|part| part.as_os_str() == STUDENTS) {
            let written = fs::metadata(from)?.modified()?;
            return File::options().write(true).open(to)?.set_modified(written);
        }
        return Ok(());
    }
    if !to.is_dir() {
        remove(to)?;
        fs::create_dir_all(to)?;
    }
    let mut names = names(from)?;
    names.remove(OsStr::new("target"));
    remove_others(to, &names)?;
    names
        .iter()
        .try_for_each(|name| mirror(&from.join(name), &to.join(name)))
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
