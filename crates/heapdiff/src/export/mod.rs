//! Snapshots in the formats of other tools.
//!
//! What is here writes to an [`io::Write`](std::io::Write); paths are the command line's business.

pub mod chrome;
