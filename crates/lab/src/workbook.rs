//! The student's file, `crates/fixed-server/src/labN.rs`: what is in it, and what the lab puts into it.
//! Nothing of the student's is ever lost: whatever is overwritten is first copied to `.lab/labN/`.
//!
//! ```text
//!                 start                 edit, save
//!   Reference ─────────────▶ Starter ─────────────▶ Own
//!       ▲                       ▲          start      │
//!       │                       └─────────────────────┤
//!       └─────────────────────────────────────────────┘
//!                 reset, solution --apply
//! ```
//!
//! The reference is not kept a second time: it is the leaky file with `labs/labN/solution.patch` applied,
//! and `cargo lab verify` proves that this is the file that is shipped.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result, anyhow, bail};
use diffy::Patch;
use heapdiff::files;

use crate::catalog::Lab;
use crate::repo::{Repo, Server};

/// What is in the student's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// The fixed file as it is shipped.
    Reference,
    /// The leaky file, unchanged.
    Starter,
    /// The student's own work.
    Own,
}

/// A lab's file, and what belongs to it.
pub(crate) struct Workbook<'a> {
    repo: &'a Repo,
    lab: &'a Lab,
}

impl<'a> Workbook<'a> {
    pub(crate) fn new(repo: &'a Repo, lab: &'a Lab) -> Self {
        Self { repo, lab }
    }

    /// The student's file.
    pub(crate) fn path(&self) -> PathBuf {
        self.repo.handler(Server::Fixed, &self.lab.file)
    }

    /// What is in it now.
    pub(crate) fn content(&self) -> Result<String> {
        read(&self.path())
    }

    /// The leaky file, from which the student starts.
    pub(crate) fn starter(&self) -> Result<String> {
        read(&self.repo.handler(Server::Leaky, &self.lab.file))
    }

    /// The fix, as a unified diff.
    pub(crate) fn patch(&self) -> Result<String> {
        read(&self.patch_path())
    }

    pub(crate) fn patch_path(&self) -> PathBuf {
        self.repo.lab(self.lab.number).join("solution.patch")
    }

    /// The fixed file as it is shipped.
    pub(crate) fn reference(&self) -> Result<String> {
        let path = self.patch_path();
        let text = self.patch()?;
        let fix = Patch::from_str(&text)
            .map_err(|error| anyhow!("{} is not a patch: {error}", path.display()))?;
        diffy::apply(&self.starter()?, &fix).map_err(|error| {
            anyhow!(
                "{} does not fit crates/leaky-server/src/{}: {error}; take both back with `git checkout`",
                self.repo.short(&path).display(),
                self.lab.file
            )
        })
    }

    pub(crate) fn state(&self) -> Result<State> {
        self.state_of(&self.content()?)
    }

    /// What a content of the student's file is.
    pub(crate) fn state_of(&self, content: &str) -> Result<State> {
        Ok(if content == self.starter()? {
            State::Starter
        } else if content == self.reference()? {
            State::Reference
        } else {
            State::Own
        })
    }

    /// Puts `content` into the student's file, whole or not at all; returns where the former content is
    /// kept, if it was another.
    pub(crate) fn replace(&self, content: &str) -> Result<Option<PathBuf>> {
        if self.content()? == content {
            return Ok(None);
        }
        let kept = self.back_up()?;
        files::write_whole(self.path(), content)?;
        Ok(Some(kept))
    }

    /// Notes that this content of the file was proved to be fixed.
    pub(crate) fn mark_proved(&self, content: &str) -> Result<()> {
        Ok(files::write_whole(self.state_file("proved.rs")?, content)?)
    }

    /// Keeps others from building and measuring this lab until dropped: they would get each other's programs
    /// and snapshots.
    pub(crate) fn lock(&self) -> Result<File> {
        let path = self.state_file("lock")?;
        let file =
            File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => bail!(
                "lab {} is being checked elsewhere: wait until that is done, or end it",
                self.lab.number
            ),
            Err(TryLockError::Error(error)) => {
                Err(error).context(format!("cannot lock {}", path.display()))
            }
        }
    }

    /// Whether the file as it is now was proved to be fixed.
    pub(crate) fn is_proved(&self) -> bool {
        let proved = fs::read_to_string(self.repo.state(self.lab.number).join("proved.rs"));
        matches!((proved, self.content()), (Ok(proved), Ok(content)) if proved == content)
    }

    /// How many hints were shown.
    pub(crate) fn hints_seen(&self) -> usize {
        fs::read_to_string(self.repo.state(self.lab.number).join("hints-seen"))
            .ok()
            .and_then(|text| text.trim().parse().ok())
            .unwrap_or(0)
    }

    pub(crate) fn set_hints_seen(&self, count: usize) -> Result<()> {
        Ok(files::write_whole(
            self.state_file("hints-seen")?,
            format!("{count}\n"),
        )?)
    }

    /// How many of the quiz's questions were answered rightly at once, in words.
    pub(crate) fn quiz(&self) -> Option<String> {
        let text = fs::read_to_string(self.repo.state(self.lab.number).join("quiz")).ok()?;
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    pub(crate) fn set_quiz(&self, right: usize, of: usize) -> Result<()> {
        Ok(files::write_whole(
            self.state_file("quiz")?,
            format!("{right} of {of}\n"),
        )?)
    }

    /// Forgets what was proved, hinted and answered; backups stay.
    pub(crate) fn forget(&self) -> Result<()> {
        for name in ["proved.rs", "hints-seen", "quiz"] {
            let path = self.repo.state(self.lab.number).join(name);
            if path.exists() {
                fs::remove_file(&path)
                    .with_context(|| format!("cannot remove {}", path.display()))?;
            }
        }
        Ok(())
    }

    /// Writes a file that belongs to the lab, whole or not at all; returns where it is.
    pub(crate) fn write_state(&self, name: &str, content: &str) -> Result<PathBuf> {
        let path = self.state_file(name)?;
        files::write_whole(&path, content)?;
        Ok(path)
    }

    fn back_up(&self) -> Result<PathBuf> {
        let name = match self.state()? {
            State::Reference => "reference.rs".to_owned(),
            State::Starter => "starter.rs".to_owned(),
            State::Own => {
                let now = humantime::format_rfc3339_micros(SystemTime::now()).to_string();
                format!("own-{}.rs", now.replace(':', "-"))
            }
        };
        let path = self.state_file(&name)?;
        files::write_whole(&path, self.content()?)?;
        Ok(path)
    }

    fn state_file(&self, name: &str) -> Result<PathBuf> {
        let folder = self.repo.state(self.lab.number);
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(folder.join(name))
    }
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| {
        format!(
            "cannot read {}: take it back with `git checkout`",
            path.display()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAKY: &str = "static LIST\nuse(LIST)\n";
    const FIXED: &str = "use(list)\n";

    fn workspace() -> (tempfile::TempDir, Repo, Lab) {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("crates/leaky-server/src/lab1.rs", LEAKY);
        write("crates/fixed-server/src/lab1.rs", FIXED);
        let patch = diffy::create_patch(LEAKY, FIXED).to_string();
        write("labs/lab1/solution.patch", &patch);
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
        let description = manifest.join("../../labs/lab1/lab.toml");
        write(
            "labs/lab1/lab.toml",
            &fs::read_to_string(description).unwrap(),
        );
        let repo = Repo::at(folder.path());
        let lab = Lab::load(&repo, 1).unwrap();
        (folder, repo, lab)
    }

    #[test]
    fn the_reference_is_the_leaky_file_patched() {
        let (_folder, repo, lab) = workspace();
        let book = Workbook::new(&repo, &lab);
        assert_eq!(book.reference().unwrap(), FIXED);
        assert_eq!(book.state().unwrap(), State::Reference);
    }

    #[test]
    fn what_is_overwritten_is_kept() {
        let (_folder, repo, lab) = workspace();
        let book = Workbook::new(&repo, &lab);
        let kept = book.replace(LEAKY).unwrap().unwrap();
        assert_eq!(fs::read_to_string(kept).unwrap(), FIXED);
        assert_eq!(book.state().unwrap(), State::Starter);

        fs::write(book.path(), "my work").unwrap();
        assert_eq!(book.state().unwrap(), State::Own);
        let kept = book.replace(FIXED).unwrap().unwrap();
        assert_eq!(fs::read_to_string(&kept).unwrap(), "my work");

        fs::write(book.path(), "my second work").unwrap();
        let second = book.replace(FIXED).unwrap().unwrap();
        assert_ne!(kept, second);
        assert_eq!(book.replace(FIXED).unwrap(), None);
    }

    #[test]
    fn proved_is_the_content_and_not_the_file() {
        let (_folder, repo, lab) = workspace();
        let book = Workbook::new(&repo, &lab);
        fs::write(book.path(), "my work").unwrap();
        book.mark_proved("my work").unwrap();
        assert!(book.is_proved());
        fs::write(book.path(), "my work, changed").unwrap();
        assert!(!book.is_proved());
    }
}
