//! Snapshots in the formats of other tools.

mod protobuf;

pub mod pprof;
