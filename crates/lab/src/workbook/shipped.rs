//! The files of a lab that nobody edits, and what to do if somebody has: the leaky file and the solution's patch.
//!
//! The leaky file's checksum stands in the line before the patch, and tells an edit of that file from the file as it was
//! shipped. A CRC-32 will do, because nobody forges their own starting point. Tools that apply patches skip that line.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use diffy::Patch;

use super::Workbook;
use crate::catalog::Lab;
use crate::copies;
use crate::repo::{Repo, Server};

/// What stands before the checksum in its line.
const BEFORE: &str = "CRC-32 of leaky-server/src/";

/// The checksum of a text, whichever way its lines end: git may change that.
pub(crate) fn checksum(text: &str) -> u32 {
    crc32fast::hash(text.replace("\r\n", "\n").as_bytes())
}

/// `patch` with the checksum of the leaky `file` before it.
pub(crate) fn record(file: &str, leaky: &str, patch: &str) -> String {
    format!("{BEFORE}{file}: {:08x}\n{}", checksum(leaky), diff(patch))
}

/// The checksum that stands before a patch, if one does.
pub(crate) fn recorded(patch: &str) -> Option<u32> {
    let line = patch.lines().next()?.strip_prefix(BEFORE)?;
    u32::from_str_radix(line.rsplit(' ').next()?, 16).ok()
}

/// The patch without its checksum.
pub(crate) fn diff(patch: &str) -> &str {
    match patch.split_once('\n') {
        Some((line, diff)) if line.starts_with(BEFORE) => diff,
        _ => patch,
    }
}

impl Workbook<'_> {
    /// The leaky file, from which the student starts; it must be as it was shipped.
    pub(crate) fn starter(&self) -> Result<String> {
        let text = self.leaky()?;
        match recorded(&self.patch()?) {
            Some(recorded) if recorded != checksum(&text) => {
                Err(self.edited(&self.leaky_path(), "is not as it was shipped"))
            }
            _ => Ok(text),
        }
    }

    /// Which of the labs' leaky files was edited, in words, with its copy: all are in one program, and one that does not compile
    /// is in every lab's way.
    pub(crate) fn edited_leaky(repo: &Repo) -> Result<Option<String>> {
        for lab in Lab::all(repo)? {
            if let Err(error) = Workbook::new(repo, &lab).starter() {
                return Ok(Some(format!("{error:#}")));
            }
        }
        Ok(None)
    }

    /// The leaky file, whatever it holds now.
    pub(crate) fn leaky(&self) -> Result<String> {
        self.read_shipped(&self.leaky_path())
    }

    /// The fix, as a unified diff.
    pub(crate) fn patch(&self) -> Result<String> {
        self.read_shipped(&self.patch_path())
    }

    pub(crate) fn patch_path(&self) -> PathBuf {
        self.repo.lab(self.lab.number).join("solution.patch")
    }

    pub(super) fn leaky_path(&self) -> PathBuf {
        self.repo.handler(Server::Leaky, &self.lab.file)
    }

    /// The fixed file as it is shipped.
    pub(crate) fn reference(&self) -> Result<String> {
        let path = self.patch_path();
        let (starter, text) = (self.starter()?, self.patch()?);
        let fix = Patch::from_str(&text)
            .map_err(|error| self.edited(&path, &format!("is not a patch: {error}")))?;
        // Without its checksum nobody can tell which of the two was edited.
        diffy::apply(&starter, &fix).map_err(|error| {
            let why = format!("does not have the lines that the solution changes: {error}");
            self.edited(&self.leaky_path(), &why)
        })
    }

    /// A file of the lab that nobody should edit.
    fn read_shipped(&self, path: &Path) -> Result<String> {
        match fs::read(path) {
            Ok(bytes) => String::from_utf8(bytes).map_err(|error| {
                let place = copies::not_text(error.as_bytes()).unwrap_or_default();
                self.edited(path, &format!("is not text: {place}"))
            }),
            Err(error) => {
                let path = self.repo.short(path).display();
                Err(error).with_context(|| {
                    format!("cannot read {path}: take it back with `git checkout -- {path}`")
                })
            }
        }
    }

    /// The error about a shipped file that was edited: where its copy is, how to take the file back, and how to move the work
    /// to where it belongs.
    fn edited(&self, path: &Path, why: &str) -> anyhow::Error {
        let (file, n) = (self.repo.short(path).display(), self.lab.number);
        let is_leaky = path == self.leaky_path();
        let stem = if is_leaky { "leaky" } else { "solution" };
        let kept = match copies::keep(path, &self.repo.state(n), stem) {
            Ok(kept) => kept,
            // Without a copy there is no advice to overwrite it.
            Err(error) => return error.context(format!("{file} {why}; and it cannot be copied")),
        };
        let kept = self.repo.short(&kept).display();
        let mut advice = format!(
            "{file} {why}\n\
             A copy of it as it is now is in {kept}\n\
             To take the shipped file back: git checkout -- {file}"
        );
        if is_leaky {
            let own = self.path();
            let own = self.repo.short(&own).display();
            let _ = write!(
                advice,
                "\nYour file is {own}. If your fix is in the other, move it once that is back:\n  \
                 cargo lab start {n}      (keeps what is in your file)\n  \
                 cp {kept} {own}"
            );
        }
        anyhow!(advice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_stands_before_a_patch_and_does_not_change_it() {
        let patch = "--- leaky-server/src/lab1.rs\n+++ fixed-server/src/lab1.rs\n";
        let with = record("lab1.rs", "a\nb\n", patch);
        assert_eq!(recorded(&with), Some(checksum("a\r\nb\r\n")));
        assert_eq!(diff(&with), patch);
        assert_eq!(record("lab1.rs", "a\nb\n", &with), with);
        assert_eq!((recorded(patch), diff(patch)), (None, patch));
        assert_ne!(checksum("a"), checksum("b"));
    }
}
