//! Finds the source file that a snapshot's cut path means. (I/O)

use std::fs;
use std::path::{Component, Path, PathBuf};

/// A source file that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its path, relative to the root it was found under.
    pub shown: String,
    /// Its text.
    pub text: String,
}

/// Looks for `file` as a snapshot spells it under each of `roots`: as a relative path first, else as the end
/// of exactly one path below (`leaky-server/src/lab1.rs` is `crates/leaky-server/src/lab1.rs`).
///
/// `None` if there is none, or more than one that could be meant. Skips `target`, `node_modules` and hidden
/// folders, follows no links to folders, and gives up on trees of more than [`MOST_ENTRIES`] entries.
pub fn find(file: &str, roots: &[PathBuf]) -> Option<Source> {
    let wanted = Path::new(file);
    // a snapshot may come from anywhere: it gets no files from outside the roots
    if file.is_empty()
        || !wanted
            .components()
            .all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
    {
        return None;
    }
    let read = |root: &Path, path: &Path| {
        let about = fs::metadata(path).ok()?;
        if !about.is_file() || about.len() > LARGEST {
            return None;
        }
        let shown = path
            .strip_prefix(root)
            .unwrap_or(path)
            .to_string_lossy()
            .replace('\\', "/");
        Some(Source {
            shown,
            text: fs::read_to_string(path).ok()?,
        })
    };
    roots
        .iter()
        .find_map(|root| read(root, &root.join(wanted)))
        .or_else(|| {
            let mut found = roots
                .iter()
                .flat_map(|root| walk(root, wanted).into_iter().map(move |path| (root, path)));
            let (root, path) = found.next()?;
            let same = |other: &Path| fs::canonicalize(other).ok() == fs::canonicalize(&path).ok();
            found
                .all(|(_, other)| same(&other))
                .then(|| read(root, &path))?
        })
}

/// How many entries of a tree are looked at before giving up.
pub const MOST_ENTRIES: usize = 50_000;

/// Larger files are not source, in bytes.
const LARGEST: u64 = 4 << 20;

/// All files under `root` whose full path ends with `wanted`.
fn walk(root: &Path, wanted: &Path) -> Vec<PathBuf> {
    // the root's own name may be part of the end: `orders/src/main.rs` seen from inside `orders`
    let Ok(full_root) = fs::canonicalize(root) else {
        return Vec::new();
    };
    let (mut found, mut seen) = (Vec::new(), 0);
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder))
            .into_iter()
            .flatten()
            .flatten()
        {
            seen += 1;
            if seen > MOST_ENTRIES {
                return Vec::new();
            }
            let name = entry.file_name();
            let skipped = name.to_string_lossy().starts_with('.')
                || name == "target"
                || name == "node_modules";
            let path = folder.join(&name);
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && !skipped => folders.push(path),
                Ok(kind) if kind.is_file() && full_root.join(&path).ends_with(wanted) => {
                    found.push(root.join(path));
                }
                _ => {}
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a temporary folder");
        for file in files {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
            fs::write(path, *file).expect("a file");
        }
        root
    }

    fn shown(files: &[&str], wanted: &str) -> Option<String> {
        let root = tree(files);
        find(wanted, &[root.path().to_owned()]).map(|source| source.shown)
    }

    #[test]
    fn a_cut_path_is_found_as_the_end_of_a_longer_one() {
        let files = [
            "crates/leaky/src/lab1.rs",
            "crates/fixed/src/lab1.rs",
            "target/leaky/src/lab1.rs",
        ];
        assert_eq!(
            shown(&files, "leaky/src/lab1.rs").as_deref(),
            Some("crates/leaky/src/lab1.rs")
        );
    }

    #[test]
    fn an_ambiguous_path_is_not_guessed() {
        let files = ["a/src/lib.rs", "b/src/lib.rs"];
        assert_eq!(shown(&files, "src/lib.rs"), None);
        assert_eq!(
            shown(&["a/src/lib.rs", "src/lib.rs"], "src/lib.rs").as_deref(),
            Some("src/lib.rs")
        );
    }

    #[test]
    fn the_folders_own_name_counts() {
        let root = tree(&["orders/src/main.rs"]);
        let found = find("orders/src/main.rs", &[root.path().join("orders")]);
        assert_eq!(
            found.map(|source| source.shown).as_deref(),
            Some("src/main.rs")
        );
    }

    #[test]
    fn nothing_outside_the_roots_is_read() {
        let root = tree(&["secret.rs", "inside/a.rs"]);
        assert_eq!(find("../secret.rs", &[root.path().join("inside")]), None);
        assert_eq!(
            find(
                root.path().join("secret.rs").to_str().expect("utf-8"),
                &[root.path().join("inside")]
            ),
            None
        );
    }
}
