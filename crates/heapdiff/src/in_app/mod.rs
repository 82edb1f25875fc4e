//! Whose code a frame is: the user's own ("in-app", as Sentry calls it), or that of the standard library, of
//! a registry crate, of libc or of the profiler.
//!
//! A snapshot does not say, so this reads it off the file and the function's name. The order of the rules
//! matters; `Classifier::is_in_app` is the list.

mod known;

use std::collections::BTreeSet;
use std::path::Path;

use hashbrown::HashMap;

use self::known::{LIBC, PROFILER, WELL_KNOWN};
use crate::frame::Frame;
use crate::frames::Frames;
use crate::ownership::Ownership;
use crate::parallel;
use crate::symbol::STANDARD;

/// Which code counts as the user's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InApp {
    only: Option<BTreeSet<String>>,
}

impl InApp {
    /// Exactly these crates; dashes and underscores are the same.
    pub fn only<S: AsRef<str>>(crates: impl IntoIterator<Item = S>) -> Self {
        Self {
            only: Some(
                crates
                    .into_iter()
                    .map(|name| name.as_ref().trim().replace('-', "_"))
                    .collect(),
            ),
        }
    }

    /// For each frame whether it is the user's. Looks at all of them first: a crate that is seen once in a
    /// registry folder is a registry crate wherever its path was cut too short to show it.
    pub(crate) fn classify(&self, frames: &Frames) -> Vec<bool> {
        // the names are long, and each is read once
        let owners = parallel::map(frames.len(), |at| Ownership::of(frames.at(at).function()));
        let mut classifier = Classifier::new(self);
        let seen: Vec<Seen> = frames
            .iter()
            .zip(&owners)
            .map(|(frame, owner)| classifier.learn(frame, owner))
            .collect();
        frames
            .iter()
            .zip(owners)
            .zip(seen)
            .map(|((frame, owner), seen)| classifier.is_in_app(frame, &owner, &seen))
            .collect()
    }
}

struct Classifier<'a> {
    in_app: &'a InApp,
    crates: Table<'a, Crate>,
    files: Table<'a, File>,
    has_rust: bool,
}

/// What all frames say about a crate.
#[expect(
    clippy::struct_excessive_bools,
    reason = "answers, each of a question of its own"
)]
struct Crate {
    is_listed: bool,
    /// Of the standard library, or the profiler.
    is_below: bool,
    is_well_known: bool,
    is_registry: bool,
    /// Whether it has `fn main`, and if that lies in a versioned folder as a registry crate would.
    main: Option<bool>,
}

/// What is known of a file.
struct File {
    folder: Folder,
    /// The crate it belongs to, as unambiguous functions in it tell.
    owner: FileOwner,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum FileOwner {
    Unseen,
    Is(usize),
    /// They disagree.
    Unclear,
}

/// Of a frame, the numbers of the crate that its name tells and of its file.
struct Seen {
    krate: Option<usize>,
    file: Option<usize>,
}

impl<'a> Classifier<'a> {
    fn new(in_app: &'a InApp) -> Self {
        Self {
            in_app,
            crates: Table::default(),
            files: Table::default(),
            has_rust: false,
        }
    }

    fn learn(&mut self, frame: &'a Frame, owner: &Ownership<'a>) -> Seen {
        let file = frame.file().map(|path| {
            let (number, _) = self.files.entry(path, || File {
                folder: folder(path),
                owner: FileOwner::Unseen,
            });
            number
        });
        let Some(name) = owner.owner else {
            return Seen { krate: None, file };
        };
        let only = &self.in_app.only;
        let (number, krate) = self.crates.entry(name, || Crate {
            is_listed: only.as_ref().is_some_and(|only| only.contains(name)),
            is_below: STANDARD.contains(&name) || PROFILER.contains(&name),
            is_well_known: WELL_KNOWN.contains(&name),
            is_registry: false,
            main: None,
        });
        self.has_rust |= name == "core" || name == "alloc";
        let versioned = || frame.file().and_then(registry_crate);
        if frame.function().strip_prefix(name) == Some("::main") {
            krate.main = Some(versioned().is_some());
        }
        let Some(at) = file else {
            return Seen {
                krate: Some(number),
                file,
            };
        };
        let file_of = self.files.get_mut(at);
        if !krate.is_registry && matches!(file_of.folder, Folder::Library) {
            krate.is_registry = versioned().is_some_and(|found| found.replace('-', "_") == name);
        }
        if !owner.is_ambiguous {
            file_of.owner = match file_of.owner {
                FileOwner::Unseen => FileOwner::Is(number),
                FileOwner::Is(known) if known == number => FileOwner::Is(known),
                _ => FileOwner::Unclear,
            };
        }
        Seen {
            krate: Some(number),
            file,
        }
    }

    fn is_in_app(&self, frame: &Frame, owner: &Ownership<'a>, seen: &Seen) -> bool {
        // An allocator, whoever wrote it, is not where a leak is.
        if !frame.is_known() || is_allocator(frame.function(), owner.of_trait) {
            return false;
        }
        let file = seen.file.map(|file| self.files.get(file));
        // The crate of the function; where the name leaves two, the one whose file it stands in.
        let krate = match file.map(|file| file.owner) {
            Some(FileOwner::Is(krate)) if owner.is_ambiguous => Some(krate),
            _ => seen.krate,
        };
        let krate = krate.map(|krate| self.crates.get(krate));
        if self.in_app.only.is_some() {
            return krate.is_some_and(|krate| krate.is_listed);
        }
        let Some(krate) = krate else {
            return self.is_c_of_user(frame);
        };
        if krate.is_below {
            return false;
        }
        // Who has `fn main` is the program itself, unless a library happens to have its name.
        match krate.main {
            Some(true) => return true,
            Some(false) if !krate.is_registry => return true,
            _ => {}
        }
        match file.map(|file| file.folder) {
            Some(Folder::Library) => return false,
            Some(Folder::Program) => return true,
            Some(Folder::Package | Folder::Unknown) | None => {}
        }
        !krate.is_registry && !krate.is_well_known
    }

    /// A name without a path: C's, or a Rust function under a C name.
    fn is_c_of_user(&self, frame: &Frame) -> bool {
        let Some(file) = frame.file() else {
            return false;
        };
        let function = frame.function();
        if Path::new(file)
            .extension()
            .is_some_and(|extension| extension == "rs")
        {
            return matches!(folder(file), Folder::Package | Folder::Program)
                && !function.starts_with("__rust");
        }
        let of_libc = LIBC.contains(&function)
            || function.starts_with("__")
            || function.starts_with("_IO_")
            || function.starts_with("operator new")
            || function.starts_with("_dl_")
            || file.starts_with("./")
            || file.starts_with("sysdeps/")
            || file.contains("linux/")
            || file == "vg_replace_malloc.c"
            || file == "dh_main.c";
        // Under a Rust program C is what libraries brought along.
        !of_libc && !self.has_rust
    }
}

/// Things by their names, each with a number.
struct Table<'a, T> {
    numbers: HashMap<&'a str, usize>,
    list: Vec<T>,
}

impl<'a, T> Table<'a, T> {
    fn entry(&mut self, name: &'a str, new: impl FnOnce() -> T) -> (usize, &mut T) {
        let number = *self.numbers.entry(name).or_insert(self.list.len());
        if number == self.list.len() {
            self.list.push(new());
        }
        (number, &mut self.list[number])
    }

    fn get(&self, number: usize) -> &T {
        &self.list[number]
    }

    fn get_mut(&mut self, number: usize) -> &mut T {
        &mut self.list[number]
    }
}

impl<T> Default for Table<'_, T> {
    fn default() -> Self {
        Self {
            numbers: HashMap::new(),
            list: Vec::new(),
        }
    }
}

/// What a path says about its file.
#[derive(Clone, Copy)]
enum Folder {
    /// A versioned folder of a registry, or the standard library.
    Library,
    /// A package's `examples`, `tests` or `benches`: registries' are never compiled into a program.
    Program,
    /// `name/src/…` without a version, or a relative path: a workspace member, or a single package.
    Package,
    /// Cut too short to tell.
    Unknown,
}

fn folder(file: &str) -> Folder {
    if registry_crate(file).is_some() || file.contains("/.cargo/") || file.contains("/rustc/") {
        return Folder::Library;
    }
    let parts: Vec<&str> = file
        .split(['/', '\\'])
        .filter(|part| !part.is_empty())
        .collect();
    let is_standard =
        |name: &str| STANDARD.contains(&name) || name == "library" || name == "compiler-builtins";
    match parts[..] {
        [package, "src", _] if is_standard(package) => Folder::Library,
        [.., "examples" | "tests" | "benches", _] => Folder::Program,
        [_, "src", _] | [_] | [_, _] => Folder::Package,
        _ => Folder::Unknown,
    }
}

/// The crate in whose versioned folder a file lies: `actix-web` of `actix-web-4.11.0/src/handler.rs`.
fn registry_crate(file: &str) -> Option<&str> {
    file.split(['/', '\\']).rev().skip(1).find_map(|part| {
        let (at, _) = part
            .match_indices('-')
            .find(|(at, _)| is_version(&part[at + 1..]))?;
        (at > 0).then_some(&part[..at])
    })
}

fn is_version(text: &str) -> bool {
    let mut numbers = text
        .split(['.', '-', '+'])
        .take(3)
        .map(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    numbers.next() == Some(true) && numbers.next() == Some(true) && numbers.next() == Some(true)
}

fn is_allocator(function: &str, of_trait: Option<&str>) -> bool {
    of_trait.is_some_and(|name| name.ends_with("::GlobalAlloc") || name.ends_with("::Allocator"))
        || function.starts_with("__rust_")
        || function.starts_with("__rustc::__rust_")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The frames of the list that are in-app, by function.
    fn in_app<'a>(rules: &InApp, frames: &[&'a str]) -> Vec<&'a str> {
        let mut table = Frames::default();
        let ids: Vec<_> = frames
            .iter()
            .map(|text| table.intern(&Frame::parse(text)))
            .collect();
        let verdicts = rules.classify(&table);
        frames
            .iter()
            .zip(ids)
            .filter(|(_, id)| verdicts[id.0 as usize])
            .map(|(text, _)| *text)
            .collect()
    }

    fn assert_in_app(frames: &[&str]) {
        assert_eq!(in_app(&InApp::default(), frames), frames);
    }

    fn assert_not_in_app(frames: &[&str]) {
        assert_eq!(in_app(&InApp::default(), frames), [""; 0]);
    }

    #[test]
    fn a_workspace_member_and_a_single_package_are_in_app() {
        assert_in_app(&[
            "leaky_server::lab1::bloat::{closure#0} (leaky-server/src/lab1.rs:20:5)",
            "orders::main (src/main.rs:3:4)",
            "orders::routes::users (src/routes/users.rs:3:4)",
            "<orders::Cache<u64>>::put (orders/src/cache.rs:3:4)",
            "demo::main (heapshot/examples/axum.rs:3:4)",
            "shop::no_debug_info",
        ]);
    }

    #[test]
    fn the_standard_library_the_profiler_and_the_runtime_are_not() {
        assert_not_in_app(&[
            "<alloc::vec::Vec<orders::X>>::push (src/vec/mod.rs:992:22)",
            "<dhat::Alloc as core::alloc::global::GlobalAlloc>::alloc (dhat-0.3.3/src/lib.rs:1:1)",
            "<heapshot::Alloc as core::alloc::global::GlobalAlloc>::alloc (heapshot/src/alloc.rs:1:1)",
            "<orders::Counting as core::alloc::global::GlobalAlloc>::alloc (orders/src/alloc.rs:1:1)",
            "tokio::runtime::task::spawn (src/runtime/task.rs:1:1)",
            "start_thread (./nptl/pthread_create.c:442:8)",
            "clone3 (linux/x86_64/clone3.S:81:0)",
            "std::rt::lang_start (std/src/rt.rs:1:1)",
            "main",
            "???",
        ]);
    }

    #[test]
    fn one_full_path_tells_a_registry_crate_everywhere() {
        let (full, cut) = (
            "some_web::a::f (some-web-4.11.0-beta.2/src/a.rs:1:1)",
            "some_web::b::c::g (src/b/c.rs:1:1)",
        );
        assert_not_in_app(&[full, cut]);
        assert_in_app(&[cut]);
    }

    #[test]
    fn a_program_is_not_taken_for_the_library_of_its_name() {
        let (main, library) = (
            "axum::main (heapshot/examples/axum.rs:3:4)",
            "axum::routing::f (axum-0.8.0/src/routing.rs:1:1)",
        );
        assert_eq!(in_app(&InApp::default(), &[main, library]), [main]);
        assert_in_app(&[
            "clap::main (src/main.rs:1:1)",
            "clap::deep::f (src/deep/f.rs:1:1)",
        ]);
        assert_in_app(&[
            "own::main (own-1.2.3/src/main.rs:1:1)",
            "own::f (own-1.2.3/src/f.rs:1:1)",
        ]);
    }

    #[test]
    fn the_file_decides_whose_a_method_of_two_crates_is() {
        assert_not_in_app(&[
            "core::iter::traits::iterator::Iterator::sum (iter/traits/iterator.rs:9:9)",
            "<orders::Lines as core::iter::traits::iterator::Iterator>::collect::<()> (iter/traits/iterator.rs:2064:9)",
            "<orders::handle::{closure#0} as actix_web::handler::Handler<()>>::call (src/handler.rs:1:1)",
        ]);
        assert_in_app(&[
            "<orders::Lines as core::iter::traits::iterator::Iterator>::next (orders/src/lines.rs:1:1)",
        ]);
    }

    #[test]
    fn c_of_the_user_is_in_app_and_libc_is_not() {
        assert_in_app(&[
            "remember (leak.c:12)",
            "main (leak.c:34)",
            "Shop::add(int) (shop.cpp:3)",
        ]);
        assert_not_in_app(&[
            "malloc (in /usr/libexec/valgrind/vg.so)",
            "strdup (strdup.c:42)",
            "__libc_start_main (libc-start.c:1)",
        ]);
    }

    #[test]
    fn named_crates_replace_the_rules() {
        let rules = InApp::only(["actix-web"]);
        let (theirs, ours) = (
            "actix_web::app::f (actix-web-4.11.0/src/app.rs:1:1)",
            "orders::f (orders/src/a.rs:1:1)",
        );
        assert_eq!(in_app(&rules, &[theirs, ours]), [theirs]);
    }
}
