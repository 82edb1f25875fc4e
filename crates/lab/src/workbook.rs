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

pub(crate) mod shipped;

use std::fs::{self, File, TryLockError};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use heapdiff::files;

use crate::catalog::Lab;
use crate::copies;
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

/// What became of the student's file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Replaced {
    /// It held that already.
    Same,
    /// It holds another content now. What it was and where that is kept; nothing if there was no file.
    Other(Option<(State, PathBuf)>),
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

    /// What is in it now, text or not.
    pub(crate) fn bytes(&self) -> Result<Vec<u8>> {
        let path = self.path();
        fs::read(&path).with_context(|| {
            let (file, n) = (self.repo.short(&path).display(), self.lab.number);
            format!(
                "cannot read {file}: `cargo lab start {n}` puts the leaky handler there, `cargo lab reset {n}` the shipped \
                 file; both keep what is there"
            )
        })
    }

    /// What is in it now, which must be text.
    pub(crate) fn content(&self) -> Result<String> {
        let bytes = self.bytes()?;
        if let Some(why) = self.not_text(&bytes)? {
            bail!(why);
        }
        Ok(String::from_utf8(bytes)?)
    }

    /// Why a content of the student's file is not text, and what to do, if it is none. It is kept first: the advice is to
    /// overwrite it.
    pub(crate) fn not_text(&self, content: &[u8]) -> Result<Option<String>> {
        let Some(place) = copies::not_text(content) else {
            return Ok(None);
        };
        let (path, n) = (self.path(), self.lab.number);
        let kept = copies::keep(&path, &self.repo.state(n), "own")?;
        Ok(Some(format!(
            "{}: {place}. Mend it in your editor and save the file as UTF-8. Or begin anew: `cargo lab start {n}` puts the leaky \
             handler there, `cargo lab reset {n}` the shipped file. A copy of your file is in {}",
            self.repo.short(&path).display(),
            self.repo.short(&kept).display()
        )))
    }

    /// Why what was built is not as it should be, where that is known: a file that is not text, or one that was edited by mistake.
    pub(crate) fn why_not_built(&self, server: Server, content: &[u8]) -> Result<Option<String>> {
        match server {
            Server::Fixed => self.not_text(content),
            Server::Leaky => Self::edited_leaky(self.repo),
        }
    }

    pub(crate) fn state(&self) -> Result<State> {
        self.state_of(&self.bytes()?)
    }

    /// What a content of the student's file is.
    pub(crate) fn state_of(&self, content: &[u8]) -> Result<State> {
        Ok(if content == self.starter()?.as_bytes() {
            State::Starter
        } else if content == self.reference()?.as_bytes() {
            State::Reference
        } else {
            State::Own
        })
    }

    /// Puts `content` into the student's file, whole or not at all.
    pub(crate) fn replace(&self, content: &str) -> Result<Replaced> {
        let path = self.path();
        // What cannot be read cannot be kept, and stays.
        let kept = if path.symlink_metadata().is_ok() {
            let before = self.bytes()?;
            if before == content.as_bytes() {
                return Ok(Replaced::Same);
            }
            let state = self.state_of(&before)?;
            Some((state, self.back_up(state, &before)?))
        } else {
            None
        };
        files::write_whole(path, content)?;
        Ok(Replaced::Other(kept))
    }

    /// Notes that this content of the file was proved to be fixed.
    pub(crate) fn mark_proved(&self, content: &[u8]) -> Result<()> {
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
        let proved = fs::read(self.repo.state(self.lab.number).join("proved.rs"));
        matches!((proved, self.bytes()), (Ok(proved), Ok(content)) if proved == content)
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

    fn back_up(&self, state: State, content: &[u8]) -> Result<PathBuf> {
        let name = match state {
            State::Reference => "reference.rs",
            State::Starter => "starter.rs",
            State::Own => {
                return copies::keep(&self.path(), &self.repo.state(self.lab.number), "own");
            }
        };
        let path = self.state_file(name)?;
        files::write_whole(&path, content)?;
        Ok(path)
    }

    fn state_file(&self, name: &str) -> Result<PathBuf> {
        let folder = self.repo.state(self.lab.number);
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(folder.join(name))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

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

    /// Puts `content` into the student's file; where the former one is kept.
    fn replaced(book: &Workbook<'_>, content: &str) -> PathBuf {
        match book.replace(content).unwrap() {
            Replaced::Other(Some((_, kept))) => kept,
            other => panic!("nothing is kept: {other:?}"),
        }
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
        assert_eq!(fs::read_to_string(replaced(&book, LEAKY)).unwrap(), FIXED);
        assert_eq!(book.state().unwrap(), State::Starter);

        fs::write(book.path(), "my work").unwrap();
        assert_eq!(book.state().unwrap(), State::Own);
        let kept = replaced(&book, FIXED);
        assert_eq!(fs::read_to_string(&kept).unwrap(), "my work");

        fs::write(book.path(), "my second work").unwrap();
        assert_ne!(kept, replaced(&book, FIXED));
        assert_eq!(book.replace(FIXED).unwrap(), Replaced::Same);

        fs::write(book.path(), b"\xff my third work").unwrap();
        let kept = replaced(&book, FIXED);
        assert_eq!(fs::read(kept).unwrap(), b"\xff my third work");
        fs::remove_file(book.path()).unwrap();
        assert_eq!(book.replace(FIXED).unwrap(), Replaced::Other(None));
        assert_eq!(book.state().unwrap(), State::Reference);
    }

    #[test]
    fn what_cannot_be_kept_is_not_overwritten() {
        let (_folder, repo, lab) = workspace();
        let book = Workbook::new(&repo, &lab);
        fs::write(book.path(), "my work").unwrap();
        fs::create_dir_all(repo.state(1).parent().unwrap()).unwrap();
        fs::write(repo.state(1), "no folder").unwrap();
        assert!(book.replace(FIXED).is_err());
        assert_eq!(book.content().unwrap(), "my work");
    }

    #[test]
    fn a_leaky_file_that_was_edited_is_noticed_and_kept() {
        let (folder, repo, lab) = workspace();
        let book = Workbook::new(&repo, &lab);
        let with_checksum = shipped::record(&lab.file, LEAKY, &book.patch().unwrap());
        fs::write(book.patch_path(), with_checksum).unwrap();
        assert_eq!(book.reference().unwrap(), FIXED);

        // Its lines are those that the solution changes, so that the patch alone would not show it.
        let edited = format!("{LEAKY}// my fix\n");
        fs::write(book.leaky_path(), &edited).unwrap();
        let said = format!("{:#}", book.state().unwrap_err());
        let copy = said.split("is in ").nth(1).unwrap().lines().next().unwrap();
        assert_eq!(
            fs::read_to_string(folder.path().join(copy)).unwrap(),
            edited
        );
        for part in [
            "crates/leaky-server/src/lab1.rs is not as it was shipped",
            "git checkout -- crates/leaky-server/src/lab1.rs",
            "cargo lab start 1",
            &format!("cp {copy} crates/fixed-server/src/lab1.rs"),
        ] {
            assert!(said.contains(part), "no {part:?} in {said}");
        }
    }

    #[test]
    fn proved_is_the_content_and_not_the_file() {
        let (_folder, repo, lab) = workspace();
        let book = Workbook::new(&repo, &lab);
        fs::write(book.path(), "my work").unwrap();
        book.mark_proved(b"my work").unwrap();
        assert!(book.is_proved());
        fs::write(book.path(), "my work, changed").unwrap();
        assert!(!book.is_proved());
    }
}
