//! `.heapsnapshot` files for Chrome DevTools' Memory tab, from a series of snapshots of one program.
//!
//! DHAT counts blocks per call stack; Chrome knows objects by an id. So a series is exported together, and each
//! snapshot says which blocks are still those of the one before: `blocks` decides it, per stack, such that Chrome's
//! # Delta and Size Delta are those of [`compare`](crate::compare()) by type, to the byte. `fold` keeps large heaps
//! small enough for a browser, `tree` holds the call paths, `write` knows the format.

mod blocks;
mod fold;
mod series;
mod strings;
mod tree;
mod write;

use crate::in_app::InApp;

pub use fold::Folded;
pub use series::Series;
pub use write::Heap;

/// How to make `.heapsnapshot` files.
#[derive(Debug, Clone)]
pub struct Options {
    /// At most so many nodes for blocks in a file, each about 40 bytes long; above it blocks of one stack share nodes.
    pub max_nodes: u64,
    /// Which code is the user's own.
    pub in_app: InApp,
}

impl Options {
    /// The largest number of nodes that DevTools loads within seconds.
    pub const MAX_NODES: u64 = 500_000;
}

impl Default for Options {
    fn default() -> Self {
        Self {
            max_nodes: Self::MAX_NODES,
            in_app: InApp::default(),
        }
    }
}

/// What a stack holds in one snapshot.
#[derive(Debug, Clone, Copy, Default)]
struct Live {
    blocks: u64,
    bytes: u64,
}

/// The size of the largest node, in bytes: DevTools keeps sizes in 32 bits.
const LARGEST: u64 = u32::MAX as u64;
