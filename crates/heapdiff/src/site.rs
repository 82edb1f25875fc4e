//! A site: where a reader would put the blame for a stack, and what was allocated there.
//!
//! The place is the innermost frame of the user's own code. The type is read off the frames between the
//! allocation and that place; `owned` reads a single one.

use std::sync::{Arc, OnceLock};

use hashbrown::HashMap;

use crate::frame::Frame;
use crate::frames::{FrameId, Frames};
use crate::in_app::InApp;
use crate::owned::{Owned, owned_type};
use crate::ownership::owner;
use crate::parallel;
use crate::short;
use crate::stacks::Stacks;
use crate::symbol::STANDARD;

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
        short::short_function(self.frame.function())
    }
}

/// The number of a site in its [`Sites`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SiteId(pub(crate) usize);

/// Finds the site of stacks over one table of frames; each frame's name is read once.
pub(crate) struct Sites<'a> {
    frames: &'a Frames,
    in_app: Vec<bool>,
    telling: Vec<OnceLock<Telling>>,
    owned: Vec<OnceLock<Owned>>,
    index: HashMap<Spot, SiteId>,
    list: Vec<Site>,
}

/// What makes two sites one.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Spot {
    /// `None` if nothing is known at all.
    frame: Option<FrameId>,
    type_name: Option<Arc<str>>,
}

impl<'a> Sites<'a> {
    pub(crate) fn new(frames: &'a Frames, rules: &InApp) -> Self {
        Self {
            frames,
            in_app: rules.classify(frames),
            telling: (0..frames.len()).map(|_| OnceLock::new()).collect(),
            owned: (0..frames.len()).map(|_| OnceLock::new()).collect(),
            index: HashMap::new(),
            list: Vec::new(),
        }
    }

    /// The site of a stack, innermost frame first.
    pub(crate) fn of(&mut self, stack: &[FrameId]) -> SiteId {
        self.number(self.spot(stack))
    }

    /// The same of many stacks.
    pub(crate) fn of_all<T: Sync>(&mut self, stacks: &Stacks<T>) -> Vec<SiteId> {
        let spots = parallel::map(stacks.len(), |at| self.spot(stacks.stack(at)));
        spots.into_iter().map(|spot| self.number(spot)).collect()
    }

    /// The sites by their numbers, and for each frame whether it is the user's.
    pub(crate) fn into_parts(self) -> (Vec<Site>, Vec<bool>) {
        (self.list, self.in_app)
    }

    pub(crate) fn list(&self) -> &[Site] {
        &self.list
    }

    fn spot(&self, stack: &[FrameId]) -> Spot {
        let in_app = stack.iter().position(|id| self.in_app[id.0 as usize]);
        let place = in_app.or_else(|| self.most_telling(stack));
        let telling = place.filter(|place| self.frames[stack[*place]].text() != "???");
        Spot {
            frame: telling.map(|place| stack[place]),
            type_name: telling.and_then(|place| self.type_below(&stack[..place])),
        }
    }

    fn number(&mut self, spot: Spot) -> SiteId {
        if let Some(id) = self.index.get(&spot) {
            return *id;
        }
        let frame = spot.frame;
        self.list.push(Site {
            type_name: spot.type_name.clone(),
            frame: frame.map_or_else(|| Frame::parse("???"), |id| self.frames[id].clone()),
            in_app: frame.is_some_and(|id| self.in_app[id.0 as usize]),
        });
        let id = SiteId(self.list.len() - 1);
        self.index.insert(spot, id);
        id
    }

    /// Without a frame of the user's: the innermost of those that tell most.
    fn most_telling(&self, stack: &[FrameId]) -> Option<usize> {
        (0..stack.len()).min_by_key(|at| {
            let id = stack[*at];
            self.telling[id.0 as usize].get_or_init(|| Telling::of(&self.frames[id]))
        })
    }

    /// The outermost owning type among the frames below a place.
    fn type_below(&self, below: &[FrameId]) -> Option<Arc<str>> {
        for id in below.iter().rev() {
            let owned =
                self.owned[id.0 as usize].get_or_init(|| owned_type(self.frames[*id].function()));
            match owned {
                Owned::Type(name) => return Some(Arc::clone(name)),
                Owned::Unnamed => return None, // an inner `Vec<u8>` would be a guess
                Owned::None => {}
            }
        }
        None
    }
}

/// How well a frame that is not the user's says where memory went; the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Telling {
    /// Of a library, outside the standard library and the allocators.
    Library,
    /// Of `std` proper: a thread, a runtime's start.
    Std,
    /// Of C, with a line.
    Line,
    /// Just a name.
    Name,
    Nothing,
}

impl Telling {
    fn of(frame: &Frame) -> Self {
        match owner(frame.function()) {
            Some(krate) if !STANDARD.contains(&krate) && !MACHINERY.contains(&krate) => {
                Self::Library
            }
            Some("std") => Self::Std,
            None if frame.is_known() && frame.file().is_some() => Self::Line,
            _ if frame.is_known() => Self::Name,
            _ => Self::Nothing,
        }
    }
}

/// Crates between a container's method and the allocator.
const MACHINERY: [&str; 5] = ["hashbrown", "dhat", "heapshot", "backtrace", "mintex"];

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
        let site = sites.into_parts().0.swap_remove(id.0);
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
                    "<alloc::vec::Vec<u8>>::with_capacity_in",
                    "<[u8] as alloc::borrow::ToOwned>::to_owned",
                    "<str as alloc::borrow::ToOwned>::to_owned",
                ],
                "String",
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
            (
                &[
                    "<alloc::boxed::Box<tokio::runtime::task::core::Cell<<shop::Till>::watch::{closure#0}, H>>>::new",
                    "<tokio::runtime::task::raw::RawTask>::new::<<shop::Till>::watch::{closure#0}, alloc::sync::Arc<H>>",
                    "tokio::task::spawn::spawn::<<shop::Till>::watch::{closure#0}>",
                ],
                "Task<Till::watch>",
            ),
            (
                &[
                    "<tokio::runtime::task::raw::RawTask>::new::<tokio_util::Watch<shop::Till, u8>, alloc::sync::Arc<H>>",
                ],
                "Task<Watch<Till, u8>>",
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

    #[test]
    fn many_stacks_have_the_sites_that_each_has_alone() {
        let mut frames = Frames::default();
        let mut stacks = Stacks::default();
        for n in 0..5000 {
            let below = format!("<alloc::vec::Vec<shop::T{}>>::push", n % 700);
            let user = format!("shop::f{n} (shop/src/f.rs:{}:1)", 1 + n % 900);
            let library = format!("tokio::g{n} (tokio-1.0.0/src/g.rs:1:1)");
            let user = if n % 5 == 0 { library } else { user };
            let stack = [below, user].map(|text| frames.intern(&Frame::parse(&text)));
            stacks.push(stack, ());
        }
        let mut alone = Sites::new(&frames, &InApp::default());
        let one_by_one: Vec<_> = stacks.iter().map(|(stack, ())| alone.of(stack)).collect();
        let mut together = Sites::new(&frames, &InApp::default());
        assert_eq!(together.of_all(&stacks), one_by_one);
        assert_eq!(together.into_parts(), alone.into_parts());
    }
}
