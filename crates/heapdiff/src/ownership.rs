//! Whose code a function is: the crate that its name tells. Whether that is the user's own, `in_app` decides.

use crate::symbol::{IS_BRACKET, STANDARD, is_closure, split_once};

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

#[cfg(test)]
mod tests {
    use super::{Ownership, owner};
    use crate::symbol::ODD_NAMES;

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
    fn no_text_makes_it_panic() {
        for text in ODD_NAMES {
            let _ = Ownership::of(text);
        }
    }
}
