//! Finds the source file that a snapshot's cut path means. (I/O)

use std::cell::OnceCell;
use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use atomic_file::open_regular;
use printable::printable;

/// A source file that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its path, relative to the root it was found under.
    pub shown: String,
    /// Its text.
    pub text: String,
}

/// Finds source files below some folders. Looks through them once, and not before it has to.
#[derive(Debug)]
pub struct Finder {
    roots: Vec<PathBuf>,
    /// All files below the roots by their names: which root, and the path from there.
    files: OnceCell<HashMap<OsString, Vec<(usize, PathBuf)>>>,
}

impl Finder {
    /// Looks under these folders, the first ones first.
    pub fn new(roots: impl IntoIterator<Item = PathBuf>) -> Self {
        Self {
            roots: roots.into_iter().collect(),
            files: OnceCell::new(),
        }
    }

    /// Looks for `file` as a snapshot spells it under each root: as a relative path first, else as the end
    /// of exactly one path below (`leaky-server/src/lab1.rs` is `crates/leaky-server/src/lab1.rs`).
    ///
    /// `None` if there is none, or more than one that could be meant. Skips `target`, `node_modules` and what is
    /// hidden, follows no links to folders, and gives up on trees of more than [`MOST_ENTRIES`] entries.
    pub fn find(&self, file: &str) -> Option<Source> {
        let wanted = Path::new(file);
        // a snapshot may come from anywhere, and a page with its excerpts may go anywhere: it gets no files from
        // outside the roots, and no hidden ones, which hold secrets and not source
        if file.is_empty() || !wanted.components().all(is_seen) {
            return None;
        }
        (0..self.roots.len())
            .find_map(|root| self.read(root, wanted))
            .or_else(|| self.read_ending_with(wanted))
    }

    fn read(&self, root: usize, below: &Path) -> Option<Source> {
        let root = fs::canonicalize(&self.roots[root]).ok()?;
        let path = fs::canonicalize(root.join(below)).ok()?;
        let inside = path.strip_prefix(&root).ok()?; // a link may lead anywhere
        if !inside.components().all(is_seen) {
            return None;
        }
        let mut text = String::new();
        let mut file = open_regular(&path).ok()?.take(LARGEST + 1);
        file.read_to_string(&mut text).ok()?;
        (text.len() as u64 <= LARGEST).then(|| Source {
            shown: printable(&below.to_string_lossy().replace('\\', "/")).into_owned(),
            text,
        })
    }

    fn read_ending_with(&self, wanted: &Path) -> Option<Source> {
        let files = self.files.get_or_init(|| index(&self.roots));
        // a root's own name may be part of the end: `orders/src/main.rs` seen from inside `orders`
        let full = |(root, below): &(usize, PathBuf)| {
            let root = fs::canonicalize(&self.roots[*root]).ok()?;
            Some(root.join(below))
        };
        let mut found = files
            .get(wanted.file_name()?)?
            .iter()
            .filter(|file| full(file).is_some_and(|path| path.ends_with(wanted)));
        let first = found.next()?;
        found
            .all(|other| full(other) == full(first))
            .then(|| self.read(first.0, &first.1))?
    }
}

/// Neither hidden nor a way out.
fn is_seen(part: Component<'_>) -> bool {
    match part {
        Component::Normal(name) => !name.as_encoded_bytes().starts_with(b"."),
        other => other == Component::CurDir,
    }
}

/// How many entries of a tree are looked at before giving up.
pub const MOST_ENTRIES: usize = 50_000;

/// Larger files are not source, in bytes.
const LARGEST: u64 = 4 << 20;

/// All files under the roots; of a tree that is too large, none.
fn index(roots: &[PathBuf]) -> HashMap<OsString, Vec<(usize, PathBuf)>> {
    let mut files: HashMap<_, Vec<_>> = HashMap::new();
    for (root, path) in roots.iter().enumerate() {
        for file in walk(path) {
            if let Some(name) = file.file_name() {
                files.entry(name.to_owned()).or_default().push((root, file));
            }
        }
    }
    files
}

/// All files under `root`, as paths from there.
fn walk(root: &Path) -> Vec<PathBuf> {
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
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && !skipped => folders.push(folder.join(&name)),
                Ok(kind) if kind.is_file() => found.push(folder.join(&name)),
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

    fn find(tree: &tempfile::TempDir, root: &str, wanted: &str) -> Option<Source> {
        Finder::new([tree.path().join(root)]).find(wanted)
    }

    fn shown(files: &[&str], wanted: &str) -> Option<String> {
        let root = tree(files);
        find(&root, "", wanted).map(|source| source.shown)
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
        let found = find(&root, "orders", "orders/src/main.rs");
        assert_eq!(
            found.map(|source| source.shown).as_deref(),
            Some("src/main.rs")
        );
    }

    #[test]
    fn nothing_hidden_is_read() {
        let root = tree(&[".env", ".git/config", "src/.env", "src/a.rs"]);
        std::os::unix::fs::symlink("../.env", root.path().join("src/b.rs")).expect("a link");
        for hidden in [".env", ".git/config", "src/.env", "config", "src/b.rs"] {
            assert_eq!(find(&root, "", hidden), None, "{hidden}");
        }
        assert!(find(&root, "", "./src/a.rs").is_some());
    }

    #[test]
    fn nothing_outside_the_roots_is_read() {
        let root = tree(&["secret.rs", "inside/a.rs"]);
        let link = root.path().join("inside/b.rs");
        std::os::unix::fs::symlink("../secret.rs", link).expect("a link");
        assert_eq!(find(&root, "inside", "b.rs"), None);
        assert_eq!(find(&root, "inside", "../secret.rs"), None);
        assert_eq!(
            find(
                &root,
                "inside",
                root.path().join("secret.rs").to_str().expect("utf-8")
            ),
            None
        );
    }
}
