//! Removes hidden files that a killed writer has left. Only file systems without files without names have any.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::open_regular;

/// How hidden names begin.
pub(crate) const PREFIX: &str = ".leaklab-";

/// A file that nobody locks is left alone for so long: its writer may be about to lock it.
const GRACE: Duration = Duration::from_secs(60);

/// Removes the hidden files in `folder` that no writer holds any more. What cannot be removed stays.
pub(crate) fn remove(folder: &Path) {
    remove_older(folder, GRACE);
}

fn remove_older(folder: &Path, grace: Duration) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if !entry
            .file_name()
            .as_encoded_bytes()
            .starts_with(PREFIX.as_bytes())
        {
            continue;
        }
        let path = entry.path();
        let Ok(file) = open_regular(&path) else {
            continue;
        };
        let age = file.metadata().and_then(|about| about.modified());
        let old = age.is_ok_and(|then| then.elapsed().is_ok_and(|age| age >= grace));
        // a writer that lives holds the lock
        if old && file.try_lock().is_ok() {
            let _ = fs::remove_file(&path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hidden_file_goes_when_its_writer_is_gone_and_others_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in [".leaklab-dead", ".leaklab-alive", ".hidden", "a.json"] {
            fs::write(path(name), "").unwrap();
        }
        let alive = fs::File::open(path(".leaklab-alive")).unwrap();
        alive.lock().unwrap();
        remove(folder.path());
        assert!(path(".leaklab-dead").exists(), "it is too young");
        remove_older(folder.path(), Duration::ZERO);
        assert!(!path(".leaklab-dead").exists());
        for name in [".leaklab-alive", ".hidden", "a.json"] {
            assert!(path(name).exists(), "{name}");
        }
        drop(alive);
        remove_older(folder.path(), Duration::ZERO);
        assert!(!path(".leaklab-alive").exists());
    }
}
