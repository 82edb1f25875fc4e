//! Demangled names as people say them: `Vec<Arc<Redundant>>`, `lab1::bloat_my_server`.

use crate::symbol::{bracketed, is_marker, split};

/// A type as people say it: last segments of paths only, no default allocator or hasher, closures by the
/// name of their function. `alloc::vec::Vec<alloc::sync::Arc<a::b::C>>` is `Vec<Arc<C>>`.
pub(crate) fn short_type(ty: &str) -> String {
    let mut out = String::with_capacity(ty.len());
    shorten_into(ty, &mut out);
    for default in [", Global", ", RandomState"] {
        // only as the last argument: that is where both are defaults
        while let Some(at) = out.find(&format!("{default}>")) {
            out.replace_range(at..at + default.len(), "");
        }
    }
    out
}

/// A function as people say it: its last two segments, closures as their function, no generic arguments of
/// functions. `<a::Cache<u64>>::put` is `Cache<u64>::put`, `a::b::f::{closure#0}` is `b::f`.
pub(crate) fn short_function(name: &str) -> String {
    let mut segments = Vec::new();
    for (index, segment) in split(name, "::").into_iter().enumerate() {
        match bracketed(segment) {
            Some(inside) if index == 0 => {
                let ty = split(inside, " as ").first().copied().unwrap_or(inside);
                segments.push(short_type(ty));
            }
            Some(_) => {}
            None if is_marker(segment) => {}
            None => segments.push(short_type(segment)),
        }
    }
    let skip = segments.len().saturating_sub(2);
    let short = segments[skip..].join("::");
    if short.is_empty() {
        name.to_owned()
    } else {
        short
    }
}

fn shorten_into(ty: &str, out: &mut String) {
    let mut chars = ty.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        if !(c.is_alphanumeric() || c == '_' || c == '{') {
            out.push(c);
            if c == ',' && chars.peek().is_some_and(|(_, next)| *next != ' ') {
                out.push(' ');
            }
            continue;
        }
        let mut end = start + c.len_utf8();
        let mut braces = usize::from(c == '{');
        while let Some((at, c)) = chars.peek().copied() {
            braces = match c {
                '{' => braces + 1,
                '}' => braces.saturating_sub(1),
                _ => braces,
            };
            let part_of_path = braces > 0
                || c.is_alphanumeric()
                || matches!(c, '_' | '{' | '}')
                || (c == ':' && ty[at..].starts_with("::"))
                || (c == ':' && ty[..at].ends_with(':'));
            if !part_of_path {
                break;
            }
            end = at + c.len_utf8();
            chars.next();
        }
        push_last_segment(&ty[start..end], out);
    }
}

fn push_last_segment(path: &str, out: &mut String) {
    let mut plain = None;
    let mut closure = false;
    for segment in path.split("::").filter(|segment| !segment.is_empty()) {
        if is_marker(segment) {
            closure = true;
        } else {
            plain = Some(segment);
            closure = false;
        }
    }
    // `Vec::<u8>`: the turbofish's colons go too
    if let Some(plain) = plain {
        out.push_str(plain);
    }
    if closure {
        out.push_str(if plain.is_some() {
            "::{closure}"
        } else {
            "{closure}"
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_said_shortly() {
        for (full, short) in [
            (
                "alloc::vec::Vec<alloc::sync::Arc<leaky_server::lab1::Redundant>>",
                "Vec<Arc<Redundant>>",
            ),
            (
                "std::collections::hash::map::HashMap<u64, alloc::string::String, std::hash::random::RandomState>",
                "HashMap<u64, String>",
            ),
            ("alloc::vec::Vec<u8, alloc::alloc::Global>", "Vec<u8>"),
            ("alloc::boxed::Box<[u8; 100]>", "Box<[u8; 100]>"),
            (
                "alloc::boxed::Box<dyn core::ops::function::Fn<(), Output = u64> + core::marker::Send>",
                "Box<dyn Fn<(), Output = u64> + Send>",
            ),
            (
                "alloc::boxed::Box<orders::handle::{closure#0}>",
                "Box<handle::{closure}>",
            ),
            ("(u64, alloc::string::String)", "(u64, String)"),
            ("a::B<c::D,e::F>", "B<D, F>"),
        ] {
            assert_eq!(short_type(full), short);
        }
    }

    #[test]
    fn functions_are_said_shortly() {
        for (full, short) in [
            (
                "leaky_server::lab1::bloat_my_server::{closure#0}",
                "lab1::bloat_my_server",
            ),
            (
                "leaky_server::lab1::bloat::{{closure}}::{{closure}}",
                "lab1::bloat",
            ),
            (
                "<orders::cache::Cache<u64, alloc::string::String>>::put",
                "Cache<u64, String>::put",
            ),
            (
                "orders::block_on::<orders::handle::{closure#0}>",
                "orders::block_on",
            ),
            ("<a::b::C as core::clone::Clone>::clone", "C::clone"),
            ("main", "main"),
            ("operator new(unsigned long)", "operator new(unsigned long)"),
            ("???", "???"),
        ] {
            assert_eq!(short_function(full), short);
        }
    }

    #[test]
    fn no_text_makes_it_panic() {
        for text in [
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
        ] {
            let _ = (short_type(text), short_function(text));
        }
    }
}
