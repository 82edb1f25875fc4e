//! A site: where a reader would put the blame for a stack, and what was allocated there.
//!
//! The place is the innermost frame of the user's own code. The type is read off the frames between the
//! allocation and that place: `<alloc::vec::Vec<Arc<Redundant>>>::push` says `Vec<Arc<Redundant>>`.

use std::collections::HashMap;
use std::sync::Arc;

use crate::frame::Frame;
use crate::frames::{FrameId, Frames};
use crate::in_app::InApp;
use crate::symbol::{self, STANDARD, Symbol};

/// Where blocks were allocated, and what they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The type that owns the blocks, said shortly: `Vec<Arc<Redundant>>`. `None` if the names do not tell,
    /// as with legacy mangling or in C.
    pub type_name: Option<Arc<str>>,
    /// The innermost in-app frame; without one, the innermost that says anything.
    pub frame: Frame,
    /// Whether the frame is in the user's own code.
    pub in_app: bool,
}

impl Site {
    /// What stands in Chrome's column "Constructor": the type, or else the function.
    pub fn constructor(&self) -> String {
        self.type_name
            .as_ref()
            .map_or_else(|| self.function(), ToString::to_string)
    }

    /// The function's name, said shortly: `lab1::bloat_my_server`.
    pub fn function(&self) -> String {
        symbol::short_function(self.frame.function())
    }
}

/// The number of a site in its [`Sites`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SiteId(pub(crate) usize);

/// Finds the site of stacks over one table of frames; each frame's name is read once.
pub(crate) struct Sites<'a> {
    frames: &'a Frames,
    in_app: Vec<bool>,
    owned: Vec<Option<Owned>>,
    index: HashMap<(FrameId, Option<Arc<str>>), SiteId>,
    list: Vec<Site>,
}

impl<'a> Sites<'a> {
    pub(crate) fn new(frames: &'a Frames, rules: &InApp) -> Self {
        Self {
            frames,
            in_app: rules.classify(frames),
            owned: vec![None; frames.len()],
            index: HashMap::new(),
            list: Vec::new(),
        }
    }

    /// The site of a stack, innermost frame first.
    pub(crate) fn of(&mut self, stack: &[FrameId]) -> SiteId {
        let in_app = stack.iter().position(|id| self.in_app[id.0 as usize]);
        let place = in_app.or_else(|| self.most_telling(stack));
        let type_name = self.type_below(&stack[..place.unwrap_or(0)]);
        let Some(place) = place else {
            return self.unknown();
        };
        let key = (stack[place], type_name);
        if let Some(id) = self.index.get(&key) {
            return *id;
        }
        let site = Site {
            type_name: key.1.clone(),
            frame: self.frames[key.0].clone(),
            in_app: in_app.is_some(),
        };
        self.list.push(site);
        let id = SiteId(self.list.len() - 1);
        self.index.insert(key, id);
        id
    }

    pub(crate) fn into_list(self) -> Vec<Site> {
        self.list
    }

    pub(crate) fn list(&self) -> &[Site] {
        &self.list
    }

    fn unknown(&mut self) -> SiteId {
        let frame = Frame::parse("???");
        let known = self.list.iter().position(|site| site.frame == frame);
        SiteId(known.unwrap_or_else(|| {
            self.list.push(Site {
                type_name: None,
                frame,
                in_app: false,
            });
            self.list.len() - 1
        }))
    }

    /// Without a frame of the user's: the innermost frame outside the standard library and the allocators,
    /// else the innermost of `std` proper, else whatever has a name.
    fn most_telling(&self, stack: &[FrameId]) -> Option<usize> {
        let frame = |id: &FrameId| &self.frames[*id];
        let krate = |id: &FrameId| symbol::owner(frame(id).function());
        let find = |test: &dyn Fn(&FrameId) -> bool| stack.iter().position(test);
        find(&|id| {
            krate(id).is_some_and(|krate| !STANDARD.contains(&krate) && !MACHINERY.contains(&krate))
        })
        .or_else(|| find(&|id| krate(id) == Some("std")))
        .or_else(|| {
            find(&|id| krate(id).is_none() && frame(id).is_known() && frame(id).file().is_some())
        })
        .or_else(|| find(&|id| frame(id).is_known()))
        .or_else(|| (!stack.is_empty()).then_some(0))
    }

    /// The outermost owning type among the frames below a place.
    fn type_below(&mut self, below: &[FrameId]) -> Option<Arc<str>> {
        for id in below.iter().rev() {
            let frames = self.frames;
            let owned =
                self.owned[id.0 as usize].get_or_insert_with(|| owned_type(frames[*id].function()));
            match owned {
                Owned::Type(name) => return Some(Arc::clone(name)),
                Owned::Unnamed => return None, // an inner `Vec<u8>` would be a guess
                Owned::None => {}
            }
        }
        None
    }
}

/// Crates between a container's method and the allocator.
const MACHINERY: [&str; 5] = ["hashbrown", "dhat", "heapshot", "backtrace", "mintex"];

/// What a function says about the type it allocates for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Owned {
    Type(Arc<str>),
    /// A container, but of what a legacy name does not say: `Vec<T,A>`.
    Unnamed,
    None,
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

/// Methods by which containers of other crates allocate; other methods of theirs pass through to something inside.
const ALLOCATING: [&str; 20] = [
    "new", "with_", "from", "insert", "push", "put", "add", "entry", "extend", "append", "reserve",
    "get_or", "set", "store", "clone", "default", "resize", "grow", "collect", "alloc",
];

fn owned_type(function: &str) -> Owned {
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
    if symbol::owner(&format!("{ty}::")).is_none_or(|krate| STANDARD.contains(&krate)) {
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
        Owned::Type(symbol::short_type(ty).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(stack: &[&str]) -> (String, String, bool) {
        let mut frames = Frames::default();
        let ids: Vec<_> = stack
            .iter()
            .map(|text| frames.intern(&Frame::parse(text)))
            .collect();
        let mut sites = Sites::new(&frames, &InApp::default());
        let id = sites.of(&ids);
        let site = sites.into_list().swap_remove(id.0);
        (site.constructor(), site.frame.place(), site.in_app)
    }

    const USER: &str = "shop::handle::{closure#0} (shop/src/main.rs:36:14)";

    fn type_of(below: &[&str]) -> String {
        let stack: Vec<&str> = below.iter().copied().chain([USER]).collect();
        let (constructor, place, in_app) = site(&stack);
        assert_eq!((place.as_str(), in_app), ("shop/src/main.rs:36:14", true));
        constructor
    }

    #[test]
    fn the_type_is_the_outermost_container_below_the_users_frame() {
        for (below, expected) in [
            (
                &[
                    "<alloc::raw_vec::RawVec<u8>>::grow_one",
                    "<alloc::vec::Vec<alloc::sync::Arc<shop::Redundant>>>::push",
                ][..],
                "Vec<Arc<Redundant>>",
            ),
            (
                &[
                    "<alloc::boxed::Box<alloc::sync::ArcInner<shop::R>>>::new",
                    "<alloc::sync::Arc<shop::R>>::new",
                ],
                "Arc<R>",
            ),
            (
                &[
                    "<alloc::string::String as core::convert::From<&str>>::from",
                    "<str as alloc::string::ToString>::to_string",
                ],
                "String",
            ),
            (
                &[
                    "<hashbrown::map::HashMap<u64, u8, S>>::insert (hashbrown-0.16.1/src/map.rs:1:1)",
                    "<std::collections::hash::map::HashMap<u64, u8>>::insert",
                ],
                "HashMap<u64, u8>",
            ),
            (
                &[
                    "<alloc::vec::Vec<u32>>::with_capacity",
                    "<core::iter::adapters::Map<core::ops::Range<u32>, shop::f::{closure#1}> as core::iter::traits::iterator::Iterator>::collect::<alloc::vec::Vec<u32>>",
                ],
                "Vec<u32>",
            ),
            (
                &[
                    "<alloc::raw_vec::RawVec<u8>>::with_capacity_zeroed_in",
                    "alloc::vec::from_elem::<u8>",
                ],
                "Vec<u8>",
            ),
            (
                &["<alloc::vec::Vec<u8>>::with_capacity", "alloc::fmt::format"],
                "String",
            ),
            (
                &[
                    "<alloc::boxed::Box<alloc::collections::btree::node::LeafNode<u64, u8>>>::try_new_uninit_in",
                    "<alloc::collections::btree::map::entry::VacantEntry<u64, u8>>::insert",
                    "<alloc::collections::btree::map::BTreeMap<u64, u8>>::insert",
                ],
                "BTreeMap<u64, u8>",
            ),
            (
                &[
                    "<alloc::vec::Vec<u8>>::push",
                    "<moka::Cache<u64, alloc::string::String>>::insert (moka-0.12.0/src/cache.rs:1:1)",
                ],
                "Cache<u64, String>",
            ),
        ] {
            assert_eq!(type_of(below), expected);
        }
    }

    #[test]
    fn without_a_type_the_function_stands_for_it() {
        assert_eq!(
            type_of(&[
                "alloc::raw_vec::RawVec<T,A>::grow_one",
                "alloc::vec::Vec<T,A>::push"
            ]),
            "shop::handle"
        );
        assert_eq!(
            type_of(&[
                "<alloc::vec::Vec<u8>>::with_capacity",
                "<alloc::vec::Vec<T> as core::iter::FromIterator<T>>::from_iter"
            ]),
            "shop::handle"
        );
        assert_eq!(type_of(&[]), "shop::handle");
    }

    #[test]
    fn without_the_users_code_a_site_is_the_innermost_library_frame() {
        let stack = [
            "<alloc::vec::Vec<u8>>::with_capacity (src/vec/mod.rs:1:1)",
            "<tokio::runtime::Builder>::build (src/runtime/builder.rs:7:7)",
            "std::thread::spawn (src/thread/mod.rs:1:1)",
        ];
        assert_eq!(
            site(&stack),
            ("Vec<u8>".into(), "src/runtime/builder.rs:7:7".into(), false)
        );
        assert_eq!(
            site(&[
                "<alloc::vec::Vec<u8>>::push",
                "std::thread::spawn (src/thread/mod.rs:1:1)"
            ])
            .1,
            "src/thread/mod.rs:1:1"
        );
        assert_eq!(site(&["???"]).0, "???");
        assert_eq!(site(&[]).0, "???");
    }
}
