//! What a single function's name says about the type it allocates for: `<alloc::vec::Vec<Arc<Redundant>>>::push`
//! says `Vec<Arc<Redundant>>`, `alloc::vec::from_elem::<u8>` says `Vec<u8>`.
//!
//! Which frame of a stack to ask is `site`'s business.

use std::sync::Arc;

use crate::ownership::owner;
use crate::short::{short_function, short_type};
use crate::symbol::{self, STANDARD, Symbol};

/// What a function says about the type it allocates for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Owned {
    Type(Arc<str>),
    /// A container, but of what a legacy name does not say: `Vec<T,A>`.
    Unnamed,
    None,
}

/// The type that a function's name says it allocates for.
pub(crate) fn owned_type(function: &str) -> Owned {
    let symbol = Symbol::parse(function);
    // What these produce stands in their generic arguments.
    if symbol.method == "collect"
        && symbol
            .of_trait
            .is_none_or(|of_trait| of_trait.ends_with("::Iterator"))
    {
        return symbol.arguments.map_or(Owned::None, container);
    }
    match (
        function.split("::<").next().unwrap_or(function),
        symbol.arguments,
    ) {
        ("alloc::vec::from_elem", Some(element)) => {
            return named(&format!("alloc::vec::Vec<{element}>"));
        }
        ("alloc::vec::from_elem", None) => return Owned::Unnamed,
        ("alloc::fmt::format", _)
        | ("alloc::str::join_generic_copy", Some("str, u8, alloc::string::String")) => {
            return named("alloc::string::String");
        }
        _ => {}
    }
    let Some(ty) = symbol.self_type else {
        return Owned::None;
    };
    if ty == TASK
        && let Some(future) = symbol.arguments
    {
        return task(symbol::split(future, ",")[0]);
    }
    if ty == "str" && MAKE_STRINGS.contains(&symbol.method) {
        return named("alloc::string::String");
    }
    if owner(&format!("{ty}::")).is_none_or(|krate| STANDARD.contains(&krate)) {
        return container(ty);
    }
    let helper = symbol.of_trait.is_some_and(|of_trait| {
        [
            "Future",
            "Iterator",
            "Deserializer",
            "Serializer",
            "Visitor",
            "Service",
            "Handler",
            "FnOnce",
            "FnMut",
            "Fn",
        ]
        .contains(
            &symbol::path(of_trait)
                .rsplit("::")
                .next()
                .unwrap_or_default(),
        )
    });
    let allocates = ALLOCATING
        .iter()
        .any(|verb| symbol.method.starts_with(verb));
    let plain = ty.starts_with(|c: char| c.is_alphanumeric())
        && !symbol::is_closure(ty)
        && !ty.starts_with("dyn ");
    if helper || !allocates || !plain {
        Owned::None
    } else {
        named(ty)
    }
}

/// Types of the standard library that own heap blocks. `RawVec`, `ArcInner` and the like are their insides.
const CONTAINERS: [&str; 20] = [
    "Vec",
    "String",
    "Box",
    "Rc",
    "Arc",
    "HashMap",
    "HashSet",
    "BTreeMap",
    "BTreeSet",
    "VecDeque",
    "BinaryHeap",
    "LinkedList",
    "OsString",
    "PathBuf",
    "CString",
    "BufReader",
    "BufWriter",
    "ThinBox",
    "UniqueRc",
    "LineWriter",
];

/// Methods of `str` that make a `String`; below them only the `Vec<u8>` inside it has a name.
const MAKE_STRINGS: [&str; 10] = [
    "to_owned",
    "to_string",
    "into_string",
    "replace",
    "replacen",
    "repeat",
    "to_lowercase",
    "to_uppercase",
    "to_ascii_lowercase",
    "to_ascii_uppercase",
];

/// Methods by which containers of other crates allocate; other methods of theirs pass through to something inside.
const ALLOCATING: [&str; 20] = [
    "new", "with_", "from", "insert", "push", "put", "add", "entry", "extend", "append", "reserve",
    "get_or", "set", "store", "clone", "default", "resize", "grow", "collect", "alloc",
];

/// What tokio makes a task with: `<RawTask>::new::<the future, its scheduler>`. All that the task is, is one block.
const TASK: &str = "tokio::runtime::task::raw::RawTask";

/// A task by what it runs: `Task<shop::watch>` for the `async fn watch` or an `async` block in it.
fn task(future: &str) -> Owned {
    let runs = if symbol::is_closure(future) {
        short_function(future)
    } else {
        short_type(future)
    };
    Owned::Type(format!("Task<{runs}>").into())
}

/// A container of the standard library, or nothing.
fn container(ty: &str) -> Owned {
    let path = symbol::path(ty);
    let is_standard = path
        .split("::")
        .next()
        .is_some_and(|krate| STANDARD.contains(&krate));
    let name = path.rsplit("::").next().unwrap_or(path);
    if !is_standard || !CONTAINERS.contains(&name) {
        // `VacantEntry<K, V>` and such are steps on the way
        return Owned::None;
    }
    // `Arc<ArcInner<T>>`-like insides of a container are not what anyone wrote
    let inside = symbol::arguments(ty)
        .first()
        .map_or("", |argument| symbol::path(argument));
    let is_inside = ["ArcInner", "RcInner", "RcBox", "LeafNode", "InternalNode"]
        .contains(&inside.rsplit("::").next().unwrap_or(inside));
    if is_inside { Owned::None } else { named(ty) }
}

fn named(ty: &str) -> Owned {
    if symbol::has_placeholder(ty) {
        Owned::Unnamed
    } else {
        Owned::Type(short_type(ty).into())
    }
}
