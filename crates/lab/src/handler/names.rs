//! What names mean in a lab's file: its `use` trees, with their renames, and the paths that it writes.
//!
//! Scopes are ignored: an alias of one module is followed in all of them. So a path may resolve to more than it means, and
//! never to less.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::tokens::{Kind, Tokens};

/// The most meanings that a path is followed to, and the most segments that it may have. Aliases can form a circle, and a
/// hostile file can be made to cost much time.
const MOST: usize = 16;

/// What a path to the crate's own items begins with.
pub(super) const OWN: [&str; 4] = ["crate", "self", "super", "$crate"];

/// Keywords behind which a name is declared.
const DECLARING: [&str; 9] = [
    "const", "enum", "fn", "mod", "static", "struct", "trait", "type", "union",
];

/// Keywords that a path can follow and never begins with.
pub(super) const KEYWORDS: [&str; 28] = [
    "as", "async", "await", "box", "break", "const", "continue", "dyn", "else", "enum", "extern",
    "fn", "for", "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub", "ref",
    "return", "unsafe", "where", "while",
];

/// A path, and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Path {
    pub(super) segments: Vec<String>,
    /// Whether `::*` ends it.
    pub(super) is_glob: bool,
    pub(super) line: usize,
    /// The index of its first token, and that behind its last one.
    pub(super) at: usize,
    pub(super) end: usize,
}

/// The names of a file.
pub(super) struct Names {
    /// What each name stands for that a `use` gives.
    aliases: HashMap<String, Vec<Vec<String>>>,
    /// Modules of which a `use` takes everything.
    globs: Vec<Vec<String>>,
    /// Names of the file's own items, in whatever module.
    declared: HashSet<String>,
    /// Names of the macros that it defines.
    macros: HashSet<String>,
    /// Leaves of `use` trees and `extern crate` items.
    pub(super) uses: Vec<Path>,
    /// All other paths, single names included.
    pub(super) paths: Vec<Path>,
    /// Lines of `use` trees that nest deeper than they are followed.
    pub(super) too_deep: Vec<usize>,
}

impl Names {
    pub(super) fn of(tokens: &Tokens) -> Self {
        let mut names = Self {
            aliases: HashMap::new(),
            globs: Vec::new(),
            declared: HashSet::new(),
            macros: HashSet::new(),
            uses: Vec::new(),
            paths: Vec::new(),
            too_deep: Vec::new(),
        };
        let mut at = 0;
        while at < tokens.len() {
            at = match tokens.ident(at) {
                // `use<'a>` of a return type names lifetimes.
                Some("use") if !tokens.is(at + 1, '<') => names.read_use(tokens, at + 1),
                Some("extern") if tokens.ident(at + 1) == Some("crate") => {
                    names.read_use(tokens, at + 2)
                }
                Some(word) if DECLARING.contains(&word) => {
                    names
                        .declared
                        .extend(tokens.ident(at + 1).map(str::to_owned));
                    at + 1
                }
                Some("macro_rules") if tokens.is(at + 1, '!') => {
                    names.macros.extend(tokens.ident(at + 2).map(str::to_owned));
                    at + 3
                }
                _ => match read_path(tokens, at) {
                    Some(path) => {
                        let end = path.end;
                        names.paths.push(path);
                        end
                    }
                    None => at + 1,
                },
            };
        }
        names
    }

    /// Whether the file itself has an item of this name.
    pub(super) fn declares(&self, name: &str) -> bool {
        self.declared.contains(name)
    }

    /// Whether the file defines a macro of this name.
    pub(super) fn defines_macro(&self, name: &str) -> bool {
        self.macros.contains(name)
    }

    /// Whether a `use` gives this name.
    pub(super) fn imports(&self, name: &str) -> bool {
        self.aliases.contains_key(name)
    }

    /// Whether a `use` of another path than `path` gives this name.
    pub(super) fn gives(&self, name: &str, path: &[String]) -> bool {
        let known = self.aliases.get(name).into_iter().flatten();
        known.take(MOST).any(|known| known != path)
    }

    /// All that a path may mean, itself included; `None` if that is too much to follow.
    pub(super) fn meanings(&self, path: &[String]) -> Option<BTreeSet<Vec<String>>> {
        let mut meanings = BTreeSet::new();
        let mut left = vec![path.to_vec()];
        while let Some(path) = left.pop() {
            // As an error and not a part of them: what is left out could be what matters.
            if meanings.len() >= MOST || path.len() > MOST {
                return None;
            }
            if meanings.contains(&path) {
                continue;
            }
            for (at, name) in path.iter().enumerate() {
                // `s` of `self::m::s::fs` may be an alias that the module `m` made.
                let known = self.aliases.get(name).into_iter().flatten();
                let behind = &path[at + 1..];
                left.extend(known.take(MOST).map(|known| [known, behind].concat()));
                if !OWN.contains(&name.as_str()) && !self.declares(name) {
                    break;
                }
            }
            meanings.insert(path);
        }
        Some(meanings)
    }

    /// What a path may mean besides, if one of the file's `use m::*` gives its first name.
    pub(super) fn meanings_by_globs(&self, path: &[String]) -> BTreeSet<Vec<String>> {
        let globs = self.globs.iter().take(MOST);
        let modules = globs.filter_map(|module| self.meanings(module)).flatten();
        modules.map(|module| [&module, path].concat()).collect()
    }

    /// Reads the tree of a `use` whose first token is at `at`; returns the index behind it.
    fn read_use(&mut self, tokens: &Tokens, at: usize) -> usize {
        // What stands before each open brace, and the index at which the brace closes.
        let mut open: Vec<(Vec<String>, usize)> = Vec::new();
        let mut prefix: Vec<String> = Vec::new();
        let mut here = at;
        loop {
            if prefix.len() > MOST {
                self.too_deep.push(tokens.line(here));
                return open.first().map_or(here + 1, |(_, close)| close + 1);
            }
            match tokens.kind(here) {
                Some(Kind::PathSep | Kind::Punct('$')) => {}
                Some(Kind::Punct('*')) => {
                    self.globs.push(prefix.clone());
                    self.uses.push(Path {
                        segments: prefix.clone(),
                        is_glob: true,
                        line: tokens.line(here),
                        at: here,
                        end: here + 1,
                    });
                }
                Some(Kind::Ident(name)) => {
                    prefix.push(segment(tokens, here, name));
                    if !tokens.is_sep(here + 1) {
                        here = self.leaf(tokens, here, &prefix);
                        continue;
                    }
                }
                Some(Kind::Open('{', close)) => open.push((prefix.clone(), *close)),
                Some(Kind::Close('}')) if open.last().is_some_and(|(_, close)| *close == here) => {
                    open.pop();
                }
                Some(Kind::Punct(',')) if !open.is_empty() => {
                    prefix = open.last().map_or_else(Vec::new, |(base, _)| base.clone());
                }
                _ => return here,
            }
            here += 1;
        }
    }

    /// Notes what a `use` names whose last segment is at `here`; returns the index behind it and its new name.
    fn leaf(&mut self, tokens: &Tokens, here: usize, prefix: &[String]) -> usize {
        let mut segments = prefix.to_vec();
        if segments.len() > 1 && segments.last().is_some_and(|last| last == "self") {
            segments.pop();
        }
        let renamed = tokens.ident(here + 1) == Some("as");
        let name = if renamed {
            tokens.ident(here + 2).map(str::to_owned)
        } else {
            segments.last().cloned()
        };
        if let Some(name) = name {
            self.aliases.entry(name).or_default().push(segments.clone());
        }
        let end = if renamed { here + 3 } else { here + 1 };
        self.uses.push(Path {
            segments,
            is_glob: false,
            line: tokens.line(here),
            at: here,
            end,
        });
        end
    }
}

/// The path that begins at `at`, if one does.
fn read_path(tokens: &Tokens, at: usize) -> Option<Path> {
    let first = at + usize::from(tokens.is_sep(at));
    let name = tokens.ident(first)?;
    let is_member = tokens.before(first, 1) == Some(&Kind::Punct('.'))
        && tokens.before(first, 2) != Some(&Kind::Punct('.'));
    // Behind `::` of another path's generics, as `new` in `Vec::<u8>::new`, or behind a dot.
    if is_member || KEYWORDS.contains(&name) {
        return None;
    }
    if first == at && tokens.before(at, 1) == Some(&Kind::PathSep) {
        return None;
    }
    let mut segments = vec![segment(tokens, first, name)];
    let mut end = first + 1;
    while tokens.is_sep(end) && segments.len() <= MOST {
        let next = end + 1 + usize::from(tokens.is(end + 1, '$'));
        let Some(name) = tokens.ident(next) else {
            break;
        };
        segments.push(segment(tokens, next, name));
        end = next + 1;
    }
    Some(Path {
        segments,
        is_glob: false,
        line: tokens.line(first),
        at,
        end,
    })
}

/// A segment; of a macro's variable with its `$`, so that it is no name.
fn segment(tokens: &Tokens, at: usize, name: &str) -> String {
    if tokens.before(at, 1) == Some(&Kind::Punct('$')) {
        format!("${name}")
    } else {
        name.to_owned()
    }
}
