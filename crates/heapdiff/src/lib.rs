//! Reads DHAT heap snapshots and compares them.
//!
//! ```no_run
//! use heapdiff::terminal::Screen;
//! use heapdiff::{Options, View, compare, files, terminal};
//!
//! # fn main() -> Result<(), heapdiff::Error> {
//! let (before, after) = (files::read("before.json")?, files::read("after.json")?);
//! let comparison = compare(&before, &after, &Options::default())?;
//! print!("{}", terminal::render(&comparison, &View::default(), &Screen { width: 120, color: false }));
//! # Ok(())
//! # }
//! ```
//!
//! The way of the data: [`Profile`] (a snapshot, read) → [`Comparison`] (two of them; the one model) →
//! [`terminal`], [`json`], [`excerpt`], [`flamegraph`]; [`verdict::judge`] over a series of profiles; or [`export`] in
//! the format of another tool. No renderer computes what the model holds.
//!
//! Nothing here knows how a snapshot was taken, of HTTP, or of the labs. Only [`files`], [`folder`] and
//! [`source`] touch paths. Snapshots are hostile input: whatever is in one, this crate answers with an [`Error`] and no panic,
//! and nothing in its names reaches a terminal as an escape sequence.
#![forbid(unsafe_code)]

mod change;
mod compare;
mod error;
mod frame;
mod frames;
mod group;
mod history;
mod in_app;
mod inventory;
mod limits;
mod metadata;
mod near_limit;
mod note;
mod parallel;
mod profile;
mod sampling;
mod site;
mod sited;
mod sort;
mod stacks;
mod view;

pub mod chart;
pub mod cli;
pub mod excerpt;
pub mod export;
pub mod files;
pub mod flamegraph;
pub mod folder;
pub mod json;
pub mod page;
pub mod source;
pub mod terminal;
pub mod verdict;

mod dhat;
mod owned;
mod ownership;
mod short;
mod symbol;
mod xml;

pub use change::Change;
pub use compare::{Comparison, Row, Side, StackChange, compare};
pub use error::Error;
pub use frame::Frame;
pub use frames::{FrameId, Frames};
pub use group::{GroupBy, Options};
pub use history::History;
pub use in_app::InApp;
pub use inventory::{Held, Holding, Inventory, inventory};
pub use limits::Limits;
pub use metadata::Metadata;
pub use near_limit::NearLimit;
pub use note::Note;
pub use profile::{Counters, Profile};
pub use sampling::{Pairing, Sampled, Sampling};
pub use site::Site;
pub use sited::SitedStacks;
pub use sort::Sort;
pub use stacks::Stacks;
pub use view::{Selection, View};
