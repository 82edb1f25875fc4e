//! Snapshots in the formats of other tools.
//!
//! What is here makes bytes or writes to an [`io::Write`](std::io::Write); paths are the command line's business.

pub mod chrome;
pub mod pprof;

mod protobuf;
