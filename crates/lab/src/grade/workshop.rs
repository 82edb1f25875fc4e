//! Where a student's file is compiled: what the compiler may read, and what is left of a build.
//!
//! A file's build leaves nothing for the next one's compiler to read. What it made is removed, and nothing is built
//! incrementally, because that would keep parts of each file.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::grader::Bench;
use super::limits;
use crate::bounded;
use crate::confine::{Made, Rustc};
use crate::repo::{Repo, Server};

/// Longest list of what a build has made, in bytes.
const MOST_MADE: u64 = 1 << 20;

/// For every build of the copy.
pub(super) const NOT_INCREMENTAL: (&str, &str) = ("CARGO_INCREMENTAL", "0");

/// What cargo must find in its environment to build a student's file in this bench.
///
/// # Errors
/// When the lab cannot find its own program.
pub(super) fn variables(
    copy: &Repo,
    bench: &Bench,
    sandboxed: bool,
) -> Result<Vec<(&'static str, OsString)>> {
    // Not the labs, which have the answers.
    let mut read: Vec<PathBuf> = ["crates", "Cargo.toml", "Cargo.lock"]
        .map(|part| copy.root().join(part))
        .into();
    read.extend(limits::cargo_home().map(|home| home.join("registry/src")));
    let rustc = Rustc {
        sandboxed,
        read,
        made: made(bench),
        program: program(bench),
        out: None,
    };
    let mut variables = rustc.variables()?;
    let (name, value) = NOT_INCREMENTAL;
    variables.push((name, value.into()));
    // Rustup's stand-in for it would read its own settings.
    let program = limits::sysroot().map(|sysroot| sysroot.join("bin/rustc"));
    variables.extend(program.map(|program| ("RUSTC", program.into())));
    Ok(variables)
}

/// The program that the build in this bench has made.
pub(super) fn program(bench: &Bench) -> PathBuf {
    bench.compiler.join("built")
}

/// Removes what the build in this bench has left, here and in the target folder.
pub(super) fn clean(bench: &Bench) {
    let list = bounded::file(&made(bench), MOST_MADE).unwrap_or_default();
    for line in String::from_utf8_lossy(&list).lines() {
        if let Ok(made) = serde_json::from_str(line) {
            remove(&made);
        }
    }
    for file in [made(bench), program(bench)] {
        let _ = fs::remove_file(file);
    }
}

fn made(bench: &Bench) -> PathBuf {
    bench.compiler.join("made.jsonl")
}

fn remove(made: &Made) {
    let file = format!("{}{}", made.name, made.suffix);
    remove_all(&made.folder, |name| {
        name.strip_prefix("lib").unwrap_or(name).starts_with(&file) || name.starts_with(&file)
    });
    let Some(profile) = made.folder.parent() else {
        return;
    };
    let package = made.name.replace('_', "-");
    let fingerprint = format!("{package}{}", made.suffix);
    remove_all(&profile.join(".fingerprint"), |name| name == fingerprint);
    // What cargo has put beside the folder, under names without a suffix.
    let program = Server::Fixed.program();
    let library = format!("lib{}", made.name);
    remove_all(profile, |name| {
        let stem = name.split('.').next().unwrap_or(name);
        stem == program || stem == library
    });
}

/// Removes what of a folder has such a name.
fn remove_all(folder: &Path, is_made: impl Fn(&str) -> bool) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(&is_made) {
            let path = entry.path();
            let _ = match entry.file_type() {
                Ok(kind) if kind.is_dir() => fs::remove_dir_all(path),
                _ => fs::remove_file(path),
            };
        }
    }
}
