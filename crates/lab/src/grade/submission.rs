//! What somebody handed in: a folder of which the labs' files are taken, and nothing else.
//!
//! It is not trusted. Nothing in it is run, no link is followed, and a file is read only if it is one and is not large.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::file_name::number_of;
use crate::pristine::PARTS;
use crate::repo::Server;

/// The largest file that is read; a lab's has two kilobytes.
const MOST_BYTES: u64 = 256 << 10;

/// How many files of a submission are looked at for what was changed besides, and how many are named.
const MOST_LOOKED_AT: usize = 5_000;
const MOST_NAMED: usize = 20;

/// What is no part of anybody's work.
const PASSED_OVER: [&str; 6] = [
    "target",
    "node_modules",
    "__MACOSX",
    "snapshots",
    ".git",
    ".lab",
];

/// A submission.
#[derive(Clone, Debug)]
pub(crate) struct Submission {
    pub(crate) name: String,
    folder: PathBuf,
}

/// What a submission has of a lab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    File {
        /// Where it was found, from the submission's folder.
        path: PathBuf,
        content: String,
    },
    Missing,
    /// It is there, and it is not read; why, in words.
    Refused(String),
}

impl Submission {
    /// The submission in `folder`, called as the folder is.
    ///
    /// # Errors
    /// When there is no such folder.
    pub(crate) fn at(folder: &Path) -> Result<Self> {
        let whole = folder
            .canonicalize()
            .with_context(|| format!("there is no submission {}", folder.display()))?;
        ensure!(
            whole.is_dir(),
            "{} is no folder: a submission is a folder, of a whole clone or of the labs' files",
            folder.display()
        );
        let name = whole.file_name().unwrap_or_default();
        Ok(Self {
            name: name.to_string_lossy().into_owned(),
            folder: within(&whole),
        })
    }

    /// All folders in `folder`, each a submission, by name. Hidden ones are none.
    ///
    /// # Errors
    /// When it cannot be read, or has none.
    pub(crate) fn all(folder: &Path) -> Result<Vec<Self>> {
        let mut found = Vec::new();
        let entries =
            fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
        for entry in entries {
            let entry = entry.with_context(|| format!("cannot read {}", folder.display()))?;
            let name = entry.file_name();
            let shown = name.to_string_lossy().into_owned();
            if !entry.file_type()?.is_dir() || shown.starts_with('.') || is_passed_over(&shown) {
                continue;
            }
            // A name that is not UTF-8 is shown with signs in place of what is none; another may look the same.
            let name = match name.into_string() {
                Ok(name) => name,
                Err(name) => format!("{shown} ~{:016x}", number_of(name.as_encoded_bytes())),
            };
            let folder = within(&entry.path());
            found.push(Self { name, folder });
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        ensure!(
            !found.is_empty(),
            "there is no submission in {}: each is a folder of its own",
            folder.display()
        );
        Ok(found)
    }

    /// The file of a lab, `labN.rs`: where a clone has it, or a folder `fixed-server`, or the submission itself.
    pub(crate) fn take(&self, file: &str) -> Taken {
        let places = [
            Server::Fixed.source(file),
            Path::new("fixed-server/src").join(file),
            Path::new("src").join(file),
            PathBuf::from(file),
        ];
        for path in places {
            match read(&self.folder, &path) {
                Ok(Some(content)) => return Taken::File { path, content },
                Ok(None) => {}
                Err(why) => return Taken::Refused(format!("{}: {why}", path.display())),
            }
        }
        Taken::Missing
    }

    /// Files that are not as the workspace at `root` has them, and are not taken: `files` are the ones that are. Empty
    /// for what is no clone.
    pub(crate) fn changed_besides(&self, root: &Path, files: &[String]) -> Vec<String> {
        let taken: Vec<PathBuf> = files
            .iter()
            .map(|file| Server::Fixed.source(file))
            .collect();
        let mut changed = Vec::new();
        let mut looked_at = 0;
        let parts = PARTS.iter().chain(&[".cargo", ".github", ".ci"]);
        let mut left: Vec<PathBuf> = parts.map(PathBuf::from).collect();
        if !self.folder.join("Cargo.toml").exists() && !self.folder.join("crates").exists() {
            return changed;
        }
        while let Some(path) = left.pop() {
            let here = self.folder.join(&path);
            let Ok(about) = fs::symlink_metadata(&here) else {
                continue;
            };
            looked_at += 1;
            if looked_at > MOST_LOOKED_AT {
                changed.push("… (too many files to look at)".to_owned());
                break;
            }
            if about.is_dir() {
                let entries = fs::read_dir(&here).into_iter().flatten().flatten();
                for entry in entries {
                    let name = entry.file_name();
                    if left.len() > MOST_LOOKED_AT {
                        break; // more than are looked at
                    }
                    if !is_passed_over(&name.to_string_lossy()) {
                        left.push(path.join(name));
                    }
                }
            } else if !taken.contains(&path) && !same(&about, &here, &root.join(&path)) {
                changed.push(path.to_string_lossy().into_owned());
            }
        }
        changed.sort();
        if changed.len() > MOST_NAMED {
            let more = changed.len() - MOST_NAMED;
            changed.truncate(MOST_NAMED);
            changed.push(format!("… and {more} more"));
        }
        changed
    }
}

/// The folder itself, or the only one in it: archives often have one around everything.
fn within(folder: &Path) -> PathBuf {
    let mut entries = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            !name.starts_with('.') && !is_passed_over(&name)
        });
    match (entries.next(), entries.next()) {
        (Some(only), None) if only.file_type().is_ok_and(|kind| kind.is_dir()) => {
            let name = only.file_name();
            let is_part = name == "crates" || name == "fixed-server" || name == "src";
            if is_part || name.to_string_lossy().ends_with(".rs") {
                folder.to_path_buf()
            } else {
                only.path()
            }
        }
        _ => folder.to_path_buf(),
    }
}

fn is_passed_over(name: &str) -> bool {
    PASSED_OVER.contains(&name)
}

/// The text of a file, or nothing if it is not there, or in words why it is not read.
fn read(folder: &Path, path: &Path) -> Result<Option<String>, String> {
    let mut here = folder.to_path_buf();
    for part in path {
        here.push(part);
        match fs::symlink_metadata(&here) {
            Err(_) => return Ok(None),
            Ok(about) if about.is_symlink() => {
                return Err("it is a link, or lies behind one, and links are not followed".into());
            }
            Ok(_) => {}
        }
    }
    let about = fs::symlink_metadata(&here).map_err(|error| error.to_string())?;
    if !about.is_file() {
        return Err("it is no file".into());
    }
    if about.len() > MOST_BYTES {
        return Err(format!(
            "it has {} bytes, and {MOST_BYTES} are the most",
            about.len()
        ));
    }
    let bytes = fs::read(&here).map_err(|error| error.to_string())?;
    String::from_utf8(bytes)
        .map(Some)
        .map_err(|_| "it is no text in UTF-8".into())
}

/// Whether a file that was handed in is as the workspace has it.
fn same(about: &fs::Metadata, theirs: &Path, ours: &Path) -> bool {
    let Ok(own) = fs::symlink_metadata(ours) else {
        return false;
    };
    about.is_file()
        && own.is_file()
        && about.len() == own.len()
        && matches!((fs::read(theirs), fs::read(ours)), (Ok(a), Ok(b)) if a == b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    fn taken(files: &[(&str, &str)]) -> Taken {
        let folder = folder(files);
        Submission::at(folder.path()).unwrap().take("lab1.rs")
    }

    #[test]
    fn the_file_is_found_in_a_clone_in_a_folder_or_alone() {
        for path in [
            "crates/fixed-server/src/lab1.rs",
            "fixed-server/src/lab1.rs",
            "src/lab1.rs",
            "lab1.rs",
            "my-work/crates/fixed-server/src/lab1.rs",
            "my-work/lab1.rs",
        ] {
            let found = taken(&[(path, "fn f() {}"), (".git/config", "")]);
            assert!(
                matches!(&found, Taken::File { content, .. } if content == "fn f() {}"),
                "{path}: {found:?}"
            );
        }
        assert_eq!(taken(&[("lab2.rs", "")]), Taken::Missing);
    }

    #[test]
    fn a_link_a_folder_or_a_large_file_is_refused_with_the_reason() {
        let outside = folder(&[("secret.rs", "secret")]);
        for link in ["lab1.rs", "crates"] {
            let submission = folder(&[("other.rs", "")]);
            let target = if link == "crates" {
                outside.path().to_path_buf()
            } else {
                outside.path().join("secret.rs")
            };
            std::os::unix::fs::symlink(target, submission.path().join(link)).unwrap();
            let found = Submission::at(submission.path()).unwrap().take("lab1.rs");
            assert!(
                matches!(&found, Taken::Refused(why) if why.contains("links are not followed")),
                "{found:?}"
            );
        }
        let large = "x".repeat(usize::try_from(MOST_BYTES).unwrap() + 1);
        for (files, why) in [
            (vec![("lab1.rs/inner", "")], "it is no file"),
            (vec![("lab1.rs", large.as_str())], "262144 are the most"),
        ] {
            let found = taken(&files);
            assert!(
                matches!(&found, Taken::Refused(said) if said.contains(why)),
                "{found:?}"
            );
        }
    }

    #[test]
    fn what_was_changed_besides_is_named() {
        let root = folder(&[("Cargo.toml", "a"), ("labs/lab1/lab.toml", "b")]);
        let theirs = folder(&[
            ("Cargo.toml", "a"),
            ("labs/lab1/lab.toml", "easy"),
            ("crates/fixed-server/build.rs", "evil"),
            ("crates/fixed-server/src/lab1.rs", "work"),
            ("target/debug/whatever", ""),
        ]);
        let submission = Submission::at(theirs.path()).unwrap();
        assert_eq!(
            submission.changed_besides(root.path(), &["lab1.rs".to_owned()]),
            ["crates/fixed-server/build.rs", "labs/lab1/lab.toml"]
        );
    }
}
