//! Reads DHAT heap snapshots and compares them.
#![forbid(unsafe_code)]

mod change;
mod compare;
mod error;
mod frame;
mod frames;
mod group;
mod in_app;
mod inventory;
mod metadata;
mod note;
mod profile;
mod site;
mod stacks;
mod view;

pub mod files;
pub mod growth;

mod dhat;
mod symbol;

pub use change::Change;
pub use compare::{Comparison, Row, Side, StackChange, compare};
pub use error::Error;
pub use frame::Frame;
pub use frames::{FrameId, Frames};
pub use group::{GroupBy, Options};
pub use in_app::InApp;
pub use inventory::{Holding, Inventory, inventory};
pub use metadata::Metadata;
pub use note::Note;
pub use profile::{Counters, Profile};
pub use site::Site;
pub use stacks::Stacks;
pub use view::{Selection, Sort, View};
