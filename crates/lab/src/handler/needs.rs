//! What a lab's file uses beyond what a handler needs, as notes for the instructor.
//!
//! A list says what is needed, because nobody can list all that is not. It holds what the labs' files and their honest fixes
//! use, by the path to which a name resolves. Methods are not resolved: that takes the compiler's types.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::names::{KEYWORDS, Names, OWN, Path};
use super::needed::{ATTRIBUTES, BUILT_IN, CRATES, MACROS, NAMED_WHOLE, NEEDED, NOT_NEEDED};
use super::tokens::{Kind, Tokens};

/// What harms most, in the order in which it is told: before all others, so that a file cannot bury it among many notes. Where a
/// file spells such a path out, the note is short, because a search finds it.
const FIRST: &[&str] = &[
    "std::process",
    "tokio::process",
    "std::fs",
    "std::net",
    "std::env",
    "std::os",
    "heapshot",
];

/// The most lines that a note names, and the most notes of a file.
const MOST_LINES: usize = 5;
const MOST_NOTES: usize = 24;

/// The most characters of a name.
const LONGEST: usize = 120;

/// Tokens of a function pointer that are looked at: each pointer can hold others.
const FEW: usize = 64;

/// What was found, each with where it stands and how it is written there, if otherwise.
#[derive(Default)]
struct Found(BTreeMap<String, Vec<(usize, Option<String>)>>);

/// What `source` uses and has, that no handler needs and `starter` does not have, in words.
pub(crate) fn notes(source: &str, starter: &str) -> Vec<String> {
    let Some(tokens) = Tokens::read(source) else {
        return vec!["the file cannot be read as Rust: its names were not looked at".to_owned()];
    };
    let known = Tokens::read(starter).map_or_else(Found::default, |tokens| found(&tokens));
    let mut all: Vec<_> = found(&tokens).0.into_iter().collect();
    all.retain(|(what, _)| !known.0.contains_key(what));
    all.sort_by_key(|(what, places)| (rank(what), places.first().map(|(line, _)| *line)));
    let more = all.len().saturating_sub(MOST_NOTES);
    all.truncate(MOST_NOTES);
    let notes = all
        .iter()
        .map(|(what, places)| in_words(what, places, source));
    let more = (more > 0).then(|| format!("… and {more} more notes"));
    notes.chain(more).collect()
}

/// The place of a note in [`FIRST`], or behind all of it.
fn rank(what: &str) -> usize {
    let path = what
        .strip_prefix("uses `")
        .and_then(|path| path.strip_suffix('`'));
    let place = FIRST.iter().position(|first| Some(*first) == path);
    place.unwrap_or(FIRST.len())
}

fn in_words(what: &str, places: &[(usize, Option<String>)], source: &str) -> String {
    if let Some(path) = FIRST.get(rank(what))
        && places.iter().all(|(_, written)| written.is_none())
        && source.contains(path)
    {
        return format!("uses {path}");
    }
    let mut lines: Vec<usize> = places.iter().map(|(line, _)| *line).collect();
    lines.sort_unstable();
    lines.dedup();
    let more = lines.len() > MOST_LINES;
    lines.truncate(MOST_LINES);
    let word = if lines.len() == 1 { "line" } else { "lines" };
    let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
    let mut note = format!("{what} ({word} {}", lines.join(", "));
    if more {
        note.push_str(" …");
    }
    if let Some(written) = places.iter().find_map(|(_, written)| written.as_ref()) {
        let _ = write!(note, ", as `{written}`");
    }
    note.push(')');
    note
}

fn found(tokens: &Tokens) -> Found {
    let names = Names::of(tokens);
    let mut found = Found::default();
    for line in &names.too_deep {
        found.add("has names that nest too deep to follow", *line);
    }
    for path in &names.uses {
        found.path(&names, path, true);
    }
    for path in names.paths.iter().filter(|path| path.segments.len() > 1) {
        found.path(&names, path, false);
    }
    for at in 0..tokens.len() {
        found.items(tokens, &names, at);
        found.attribute(tokens, at);
        found.forged_lifetimes(tokens, at);
    }
    found
}

impl Found {
    fn add(&mut self, what: &str, line: usize) {
        self.add_as(what.to_owned(), line, None);
    }

    fn add_as(&mut self, what: String, line: usize, written: Option<String>) {
        let (what, written) = (shortened(what), written.map(shortened));
        self.0.entry(what).or_default().push((line, written));
    }

    /// A path, by all that it may mean.
    fn path(&mut self, names: &Names, path: &Path, is_use: bool) {
        let Some(meanings) = names.meanings(&path.segments) else {
            self.add("has names that stand for too many others", path.line);
            return;
        };
        for meaning in meanings {
            if let Some(name) = not_needed(names, &meaning, path.is_glob, is_use) {
                let plain = path.segments.join("::");
                let module = name.trim_end_matches("::*");
                let is_plain = plain == module || plain.starts_with(&format!("{module}::"));
                let written = (!is_plain).then_some(plain);
                self.add_as(format!("uses `{name}`"), path.line, written);
            }
        }
    }

    /// Macros, and items that a handler has no need of.
    fn items(&mut self, tokens: &Tokens, names: &Names, at: usize) {
        let (Some(word), line) = (tokens.ident(at), tokens.line(at)) else {
            return;
        };
        match word {
            "unsafe" => self.add("has `unsafe`", line),
            "extern" if tokens.ident(at + 1) != Some("crate") => self.add("has `extern`", line),
            "mod" if tokens.is(at + 2, ';') => self.add("has a module in another file", line),
            "macro_rules" if tokens.is(at + 1, '!') => {
                let name = tokens.ident(at + 2).unwrap_or_default();
                self.add(
                    &format!("defines the macro `{name}`, which may build names"),
                    line,
                );
            }
            _ => {}
        }
        if word.to_lowercase().contains("transmute") {
            self.add(&format!("has the name `{word}`"), line);
        }
        let is_call = tokens.is(at + 1, '!') && matches!(tokens.kind(at + 2), Some(Kind::Open(..)));
        let is_path = tokens.before(at, 1) == Some(&Kind::PathSep);
        let is_own = names.imports(word) || names.defines_macro(word);
        let is_known = MACROS.contains(&word) || is_own && !BUILT_IN.contains(&word);
        if is_call && !is_path && !is_known && !KEYWORDS.contains(&word) {
            self.add(&format!("uses `{word}!`"), line);
        }
    }

    fn attribute(&mut self, tokens: &Tokens, at: usize) {
        if !tokens.is(at, '#') {
            return;
        }
        let open = at + 1 + usize::from(tokens.is(at + 1, '!'));
        if tokens.closing(open, '[').is_none() {
            return;
        }
        let name = tokens.ident(open + 1).unwrap_or_default();
        let is_test = name == "cfg" && tokens.ident(open + 3) == Some("test");
        if !ATTRIBUTES.contains(&name) && !is_test {
            self.add(&format!("has the attribute `{name}`"), tokens.line(at));
        }
    }

    /// Shapes of the known holes in the compiler's checks, through which safe code makes a reference of any lifetime or type,
    /// and with it writes where it likes. Honest handlers hardly have them; a shape is no proof.
    fn forged_lifetimes(&mut self, tokens: &Tokens, at: usize) {
        let is_lifetime = |at| matches!(tokens.kind(at), Some(Kind::Lifetime(_)));
        let line = tokens.line(at);
        if tokens.is(at, '&') && is_lifetime(at + 1) && tokens.is(at + 2, '&') {
            self.add("has a reference to a reference, with a lifetime", line);
        }
        if is_lifetime(at)
            && (tokens.is(at + 1, ',') || tokens.is(at + 1, ':'))
            && is_lifetime(at + 2)
        {
            self.add("has several lifetimes at once", line);
        }
        if tokens.ident(at) == Some("for") && tokens.is(at + 1, '<') {
            self.add("has a type of any lifetime, `for<…>`", line);
        }
        if tokens.ident(at) == Some("fn")
            && let Some(close) = tokens.closing(at + 1, '(')
            && (at..close.min(at + FEW)).any(|at| tokens.is(at, '&'))
        {
            self.add("has a function pointer that takes a reference", line);
        }
        if tokens.is(at, '?') && tokens.ident(at + 1) == Some("Sized") {
            self.add("has a type of unknown size, `?Sized`", line);
        }
    }
}

/// A name as it is told: a file chooses its names, and how long they are.
fn shortened(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// By what name a path is told that no handler needs; `None` for others, and for what is the file's own.
fn not_needed(names: &Names, path: &[String], is_glob: bool, is_use: bool) -> Option<String> {
    let own = path.iter().take_while(|name| OWN.contains(&name.as_str()));
    let own = own.count();
    let (whole, path) = (path, &path[own..]);
    let head = path.first()?.as_str();
    let is_own = names.declares(head) || names.gives(head, whole);
    if !CRATES.contains(&head) || own > 0 {
        let is_foreign = if own > 0 { !is_own } else { is_use && !is_own };
        return is_foreign.then(|| {
            let before = if own > 0 { "crate::" } else { "" };
            format!("{before}{head}")
        });
    }
    let head = if head == "core" || head == "alloc" {
        "std"
    } else {
        head
    };
    let full = [&[head.to_owned()], &path[1..]].concat();
    let is_within = |whole: &str| {
        let parts = whole.split("::").count();
        full.len() >= parts
            && whole
                .split("::")
                .eq(full[..parts].iter().map(String::as_str))
    };
    let is_listed = |list: &[&str]| list.iter().any(|whole| is_within(whole));
    // The crate's name alone names nothing yet; what follows is looked at where it is used.
    let is_crate = full.len() == 1 && !is_glob;
    if is_crate || is_listed(NEEDED) && !is_listed(NOT_NEEDED) {
        return None;
    }
    if full.len() == 1 && is_glob {
        return Some(format!("{head}::*"));
    }
    let told = if NAMED_WHOLE.contains(&head) {
        1
    } else if is_listed(&[
        "actix_web::rt",
        "actix_web::web",
        "std::mem",
        "actix_web::http",
    ]) {
        3
    } else {
        2
    };
    Some(full[..told.min(full.len())].join("::"))
}

#[cfg(test)]
mod tests;
