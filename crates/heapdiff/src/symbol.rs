//! What a demangled name says: the type a method belongs to, and the crate that owns it. Works on v0 names (with generic arguments) and, as far as they go, on legacy ones.
//!
//! A reader of names, no demangler; `short` says names shortly, `in_app` decides whose code a crate is.

/// A demangled function name, taken apart at its outermost level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Symbol<'a> {
    /// `T` of `<T>::method` and `<T as Trait>::method`; of a legacy `path::Type<T>::method` the type as well.
    pub(crate) self_type: Option<&'a str>,
    /// `Trait` of `<T as Trait>::method`.
    pub(crate) of_trait: Option<&'a str>,
    /// The last plain segment, without generic arguments: `method`; closures belong to their function.
    pub(crate) method: &'a str,
    /// The generic arguments of the last plain segment (`Vec<u8>` of `collect::<Vec<u8>>`), without brackets.
    pub(crate) arguments: Option<&'a str>,
}

impl<'a> Symbol<'a> {
    pub(crate) fn parse(name: &'a str) -> Self {
        let segments = split(name, "::");
        let (first, rest) = segments
            .split_first()
            .map_or((name, &[][..]), |(first, rest)| (*first, rest));
        let (self_type, of_trait) = match bracketed(first) {
            Some(inside) => match *split(inside, " as ") {
                [ty, of_trait] => (Some(ty), Some(of_trait)),
                _ => (Some(inside), None),
            },
            None => (legacy_self_type(name, &segments), None),
        };
        let plain = |segment: &&&str| !is_marker(segment) && bracketed(segment).is_none();
        let method = rest.iter().rev().find(plain).copied().unwrap_or(first);
        let position = segments
            .iter()
            .rposition(|segment| *segment == method)
            .unwrap_or(0);
        let arguments = segments.get(position + 1).and_then(|next| bracketed(next));
        Self {
            self_type,
            of_trait,
            method,
            arguments,
        }
    }
}

/// Whose code a function is, as far as its name tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ownership<'a> {
    /// The crate; see [`owner`].
    pub(crate) owner: Option<&'a str>,
    /// Whether `T` and `Trait` of `<T as Trait>::m` are of different crates: then the file must say whose `m` it is.
    pub(crate) is_ambiguous: bool,
    /// `Trait` of `<T as Trait>::m`.
    pub(crate) of_trait: Option<&'a str>,
}

impl<'a> Ownership<'a> {
    pub(crate) fn of(name: &'a str) -> Self {
        let of_one = |owner| Self {
            owner,
            is_ambiguous: false,
            of_trait: None,
        };
        if !name.starts_with('<') {
            let first = split_once(name, "::").map_or(name, |(first, _)| first);
            let is_path = first.len() < name.len() && is_identifier(first.trim());
            return of_one(is_path.then_some(first.trim()));
        }
        let Some(Qualified { ty, of_trait }) = Qualified::of(name) else {
            return of_one(None);
        };
        match of_trait {
            Some(of_trait) => {
                let heads = (head(ty), head(of_trait));
                // nobody but the trait's crate can implement it for a closure, a tuple or a slice
                let theirs = ty.starts_with(['(', '[']) || is_closure(ty);
                let of_type = heads.0.filter(|krate| !theirs && !STANDARD.contains(krate));
                Self {
                    owner: of_type.or(heads.1),
                    is_ambiguous: heads.0 != heads.1,
                    of_trait: Some(of_trait),
                }
            }
            None if primitive(ty) => of_one(Some("core")), // `<[a::B]>::to_vec` is a method of slices
            None => of_one(head(ty)),
        }
    }
}

/// `<T as Trait>` or `<T>`, at the start of a name.
struct Qualified<'a> {
    ty: &'a str,
    of_trait: Option<&'a str>,
}

impl<'a> Qualified<'a> {
    /// Takes it apart in one pass: names are long, and there are many. `None` where that is not all of a segment.
    fn of(name: &'a str) -> Option<Self> {
        let bytes = name.as_bytes();
        let (mut at, mut depth, mut of_trait, mut traits) = (1, 1_usize, 0, 0);
        while depth > 0 {
            at += bytes[at..]
                .iter()
                .take_while(|byte| **byte != b' ' && !IS_BRACKET[usize::from(**byte)])
                .count();
            match *bytes.get(at)? {
                b' ' if depth == 1 && bytes[at..].starts_with(AS.as_bytes()) => {
                    traits += 1;
                    of_trait = at;
                }
                b' ' => {}
                b'<' | b'(' | b'[' | b'{' => depth += 1,
                b'>' if bytes[at - 1] == b'-' => {} // the arrow of `fn() -> T`
                b'>' => depth -= 1,
                _ => depth = depth.saturating_sub(1).max(1), // what nothing has opened
            }
            at += 1;
        }
        let (inside, rest) = (&name[1..at - 1], name[at..].trim_start());
        if !rest.is_empty() && !rest.starts_with("::") {
            return None;
        }
        Some(match traits {
            1 => Self {
                ty: inside[..of_trait - 1].trim(),
                of_trait: Some(inside[of_trait - 1 + AS.len()..].trim()),
            },
            _ => Self {
                ty: inside,
                of_trait: None,
            },
        })
    }
}

/// What stands between `T` and `Trait`.
const AS: &str = " as ";

/// The crate whose code a function is, as far as its name tells: the first segment of its path.
///
/// `<T as Trait>::m` belongs to the crate of `T` — unless `T` is of the standard library, generic, a tuple, a slice
/// or a closure: then the trait's own crate, most likely.
/// `None` for a name without a path, such as C's.
pub(crate) fn owner(name: &str) -> Option<&str> {
    Ownership::of(name).owner
}

/// The crates of the standard library and the compiler's runtime.
pub(crate) const STANDARD: [&str; 12] = [
    "std",
    "core",
    "alloc",
    "proc_macro",
    "test",
    "panic_unwind",
    "panic_abort",
    "unwind",
    "compiler_builtins",
    "std_detect",
    "rustc_std_workspace_core",
    "__rustc",
];

/// The path that names a type, without generic arguments: `alloc::vec::Vec` of `alloc::vec::Vec<u8>`.
pub(crate) fn path(ty: &str) -> &str {
    ty.split('<').next().unwrap_or(ty).trim_end_matches(':')
}

/// The generic arguments at the top level of a type.
pub(crate) fn arguments(ty: &str) -> Vec<&str> {
    let Some((_, rest)) = ty.split_once('<') else {
        return Vec::new();
    };
    rest.strip_suffix('>')
        .map_or_else(Vec::new, |inside| split(inside, ","))
}

/// Whether a legacy name left a placeholder (`T`, `K`, `A`…) where a type should stand.
pub(crate) fn has_placeholder(ty: &str) -> bool {
    ty.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'))
        .any(|word| {
            !word.is_empty()
                && word.len() <= 2
                && word.starts_with(|c: char| c.is_ascii_uppercase())
                && word
                    .bytes()
                    .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        })
}

pub(crate) fn is_closure(ty: &str) -> bool {
    ty.contains('{') && split(ty, "::").last().is_some_and(|last| is_marker(last))
}

/// Splits at `separator` wherever no bracket is open; trims the parts.
pub(crate) fn split<'a>(text: &'a str, separator: &str) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((part, behind)) = split_once(rest, separator) {
        parts.push(part.trim());
        rest = behind;
    }
    parts.push(rest.trim());
    parts
}

/// Splits at the first `separator` where no bracket is open.
fn split_once<'a>(text: &'a str, separator: &str) -> Option<(&'a str, &'a str)> {
    let (bytes, separator) = (text.as_bytes(), separator.as_bytes());
    let first = *separator.first()?;
    let (mut at, mut depth) = (0, 0_usize);
    loop {
        // most bytes mean nothing
        let skipped = if depth == 0 {
            let plain = |byte: &u8| *byte != first && !IS_BRACKET[usize::from(*byte)];
            bytes[at..].iter().take_while(|byte| plain(byte)).count()
        } else {
            let plain = |byte: &u8| !IS_BRACKET[usize::from(*byte)];
            bytes[at..].iter().take_while(|byte| plain(byte)).count()
        };
        at += skipped;
        match *bytes.get(at)? {
            b'<' | b'(' | b'[' | b'{' => depth += 1,
            b'>' if at > 0 && bytes[at - 1] == b'-' => {} // the arrow of `fn() -> T`
            b'>' | b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ if bytes[at..].starts_with(separator) => {
                return Some((&text[..at], &text[at + separator.len()..]));
            }
            _ => {}
        }
        at += 1;
    }
}

/// The bytes that open or close something.
const IS_BRACKET: [bool; 256] = {
    let mut table = [false; 256];
    let brackets = *b"<>()[]{}";
    let mut at = 0;
    while at < brackets.len() {
        table[brackets[at] as usize] = true;
        at += 1;
    }
    table
};

/// The inside of `<…>`, if that is all there is.
pub(crate) fn bracketed(segment: &str) -> Option<&str> {
    segment.strip_prefix('<')?.strip_suffix('>')
}

/// `{closure#0}`, `{{closure}}`, `{shim:vtable#0}`, `{impl#3}`…
pub(crate) fn is_marker(segment: &str) -> bool {
    segment.starts_with('{')
}

/// The first segment of a type's path, looking through references and slices.
fn head(ty: &str) -> Option<&str> {
    let mut ty = ty.trim();
    loop {
        let stripped = ty.trim_start_matches(['&', '*', '[', '(', '<']);
        let stripped = ["mut ", "const ", "dyn "]
            .iter()
            .fold(stripped, |ty, word| ty.strip_prefix(word).unwrap_or(ty));
        if stripped == ty {
            break;
        }
        ty = stripped;
    }
    let (first, _) = ty.split_once("::")?;
    is_identifier(first).then_some(first)
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

fn primitive(ty: &str) -> bool {
    ty.starts_with(['[', '&', '*', '('])
        || matches!(
            ty,
            "str"
                | "bool"
                | "char"
                | "u8"
                | "u16"
                | "u32"
                | "u64"
                | "u128"
                | "usize"
                | "i8"
                | "i16"
                | "i32"
                | "i64"
                | "i128"
                | "isize"
                | "f32"
                | "f64"
        )
}

/// Legacy names write inherent methods as `path::Type<T>::method`: the type is what is spelled like one.
fn legacy_self_type<'a>(name: &'a str, segments: &[&'a str]) -> Option<&'a str> {
    let last_type = segments
        .iter()
        .take(segments.len().saturating_sub(1))
        .rposition(|segment| {
            segment.starts_with(|c: char| c.is_ascii_uppercase()) && !is_marker(segment)
        })?;
    let end =
        segments[last_type].as_ptr() as usize + segments[last_type].len() - name.as_ptr() as usize;
    name.get(..end)
}

/// Texts that are no function names, for the tests of whatever reads names.
#[cfg(test)]
pub(crate) const ODD_NAMES: [&str; 12] = [
    "",
    "<",
    ">",
    "<<>",
    "::",
    "<>::",
    "{",
    "a::",
    "->",
    "<é as ü>::",
    "[[",
    "'",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symbol_is_taken_apart() {
        let collect = "<core::iter::adapters::map::Map<I, F> as core::iter::traits::iterator::Iterator>::collect::<alloc::vec::Vec<u32>>";
        let symbol = Symbol::parse(collect);
        assert_eq!(
            symbol.self_type,
            Some("core::iter::adapters::map::Map<I, F>")
        );
        assert_eq!(
            symbol.of_trait,
            Some("core::iter::traits::iterator::Iterator")
        );
        assert_eq!(symbol.method, "collect");
        assert_eq!(symbol.arguments, Some("alloc::vec::Vec<u32>"));
        let legacy = Symbol::parse("alloc::vec::Vec<T,A>::push");
        assert_eq!(
            (legacy.self_type, legacy.method),
            (Some("alloc::vec::Vec<T,A>"), "push")
        );
        let closure = Symbol::parse("a::f::<u8>::{closure#0}");
        assert_eq!(
            (closure.self_type, closure.method, closure.arguments),
            (None, "f", Some("u8"))
        );
    }

    #[test]
    fn a_function_belongs_to_the_crate_that_wrote_it() {
        for (name, krate) in [
            ("orders::handle::{closure#0}", Some("orders")),
            ("<orders::cache::Cache<u64>>::put", Some("orders")),
            (
                "<orders::Entry as core::clone::Clone>::clone",
                Some("orders"),
            ),
            (
                "<alloc::vec::Vec<orders::Entry> as orders::Extension>::grow",
                Some("orders"),
            ),
            (
                "<orders::handle::{closure#0} as actix_web::handler::Handler<()>>::call",
                Some("actix_web"),
            ),
            (
                "<alloc::boxed::Box<orders::X> as core::clone::Clone>::clone",
                Some("core"),
            ),
            ("<u64 as alloc::string::ToString>::to_string", Some("alloc")),
            ("<T as orders::Trait>::f", Some("orders")),
            ("<[orders::Entry]>::to_vec", Some("core")),
            ("<str>::to_owned", Some("core")),
            (
                "<(shop::Id, u8) as core::clone::Clone>::clone",
                Some("core"),
            ),
            ("main", None),
            ("operator new(unsigned long)", None),
        ] {
            assert_eq!(owner(name), krate, "{name}");
        }
    }

    #[test]
    fn placeholders_of_legacy_names_are_seen() {
        assert!(has_placeholder("alloc::vec::Vec<T,A>"));
        assert!(has_placeholder(
            "std::collections::hash::map::HashMap<K,V,S>"
        ));
        assert!(!has_placeholder("alloc::vec::Vec<u8>"));
        assert!(!has_placeholder("alloc::vec::Vec<a::Id>"));
    }

    #[test]
    fn no_text_makes_it_panic() {
        for text in ODD_NAMES {
            let _ = (Symbol::parse(text), Ownership::of(text));
            let _ = (
                arguments(text),
                path(text),
                has_placeholder(text),
                is_closure(text),
            );
        }
    }
}
