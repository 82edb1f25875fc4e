//! What a demangled name says: the type a method belongs to, and what that is made of. Works on v0 names (with generic arguments)
//! and, as far as they go, on legacy ones.
//!
//! A reader of names, no demangler; `ownership` tells the crate of a name, `short` says names shortly.

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
pub(crate) fn split_once<'a>(text: &'a str, separator: &str) -> Option<(&'a str, &'a str)> {
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
pub(crate) const IS_BRACKET: [bool; 256] = {
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
            let _ = Symbol::parse(text);
            let _ = (
                arguments(text),
                path(text),
                has_placeholder(text),
                is_closure(text),
            );
        }
    }
}
