//! Demangled names as people say them: `Vec<Arc<Redundant>>`, `lab1::bloat_my_server`.

use crate::symbol::{bracketed, is_marker, path, split};

/// A type as people say it: last segments of paths only, no default allocator or hasher, closures by the
/// name of their function. `alloc::vec::Vec<alloc::sync::Arc<a::b::C>>` is `Vec<Arc<C>>`.
pub(crate) fn short_type(ty: &str) -> String {
    let ty = beginning(ty);
    let mut out = String::with_capacity(ty.len());
    shorten_into(ty, &mut out);
    for default in [", Global>", ", RandomState>"] {
        // only as the last argument: that is where both are defaults
        while out.contains(',')
            && let Some(at) = out.find(default)
        {
            out.replace_range(at..at + default.len() - 1, "");
        }
    }
    out
}

/// A function as people say it: its last two segments, closures as their function, no generic arguments of
/// functions. `<a::Cache<u64>>::put` is `Cache<u64>::put`, `a::b::f::{closure#0}` is `b::f`.
pub(crate) fn short_function(name: &str) -> String {
    let name = beginning(name);
    let mut segments = Vec::new();
    let mut of_trait = None;
    for (index, segment) in split(name, "::").into_iter().enumerate() {
        match bracketed(segment) {
            Some(inside) if index == 0 => {
                let parts = split(inside, " as ");
                of_trait = parts.get(1).and(parts.first()).copied();
                segments.push(short_type(parts.first().copied().unwrap_or(inside)));
            }
            Some(_) => {}
            None if is_marker(segment) => {}
            None => segments.push(short_type(segment)),
        }
    }
    if let (Some(ty), [_, _, .., inner]) = (of_trait, &segments[..]) {
        // A function inside a trait's method: that is how route macros wrap a handler. Its module says more.
        let module = path(ty).rsplit("::").nth(1);
        return module.map_or_else(|| inner.clone(), |module| format!("{module}::{inner}"));
    }
    let skip = segments.len().saturating_sub(2);
    let short = segments[skip..].join("::");
    if short.is_empty() {
        name.to_owned()
    } else {
        short
    }
}

/// As much of a name as anyone can read, and as is worth the time: what follows takes time with the square of it.
fn beginning(name: &str) -> &str {
    let end = (0..=MOST_BYTES.min(name.len()))
        .rev()
        .find(|end| name.is_char_boundary(*end));
    &name[..end.unwrap_or(0)]
}

const MOST_BYTES: usize = 8192;

fn shorten_into(ty: &str, out: &mut String) {
    let mut chars = ty.char_indices().peekable();
    let mut after_path = false;
    while let Some((start, c)) = chars.next() {
        if !(c.is_alphanumeric() || c == '_' || c == '{') {
            // `<a::F as b::Trait>::register::f`: what is in front of the last segment goes, as with any path
            if c == '<'
                && !after_path
                && let Some(rest) = after_qualifier(ty, start)
            {
                while chars.next_if(|(at, _)| *at < rest).is_some() {}
                continue;
            }
            after_path = false;
            out.push(c);
            if c == ','
                && chars
                    .peek()
                    .is_some_and(|(_, next)| !matches!(next, ' ' | ')'))
            {
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
        after_path = true;
    }
}

/// Where the path goes on after `<…>::` that opens at `start`.
fn after_qualifier(ty: &str, start: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut before = ' ';
    for (at, c) in ty[start..].char_indices() {
        match c {
            '<' => depth += 1,
            '>' if before != '-' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            let rest = start + at + 1;
            return ty[rest..].starts_with("::").then_some(rest + 2);
        }
        before = c;
    }
    None
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
    use crate::symbol::ODD_NAMES;

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
            (
                "a::Of<<b::f as c::Trait<u8>>::register::f, (d::E,)>",
                "Of<f, (E,)>",
            ),
            (
                "alloc::boxed::Box<<a::B<u8>>::new::{closure#0}>",
                "Box<new::{closure}>",
            ),
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
            (
                "<shop::lab1::bloat as actix_web::service::HttpServiceFactory>::register::bloat::{closure#0}",
                "lab1::bloat",
            ),
            ("main", "main"),
            ("operator new(unsigned long)", "operator new(unsigned long)"),
            ("???", "???"),
        ] {
            assert_eq!(short_function(full), short);
        }
    }

    #[test]
    fn a_monstrous_name_takes_no_monstrous_time() {
        let name = "<".repeat(10_000_000);
        assert!(short_function(&name).len() <= MOST_BYTES && short_type(&name).len() <= MOST_BYTES);
    }

    #[test]
    fn no_text_makes_it_panic() {
        for text in ODD_NAMES {
            let _ = (short_type(text), short_function(text));
        }
    }
}
