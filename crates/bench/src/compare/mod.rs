//! `bench compare`.
pub mod limit;
mod names;
pub mod snapshots;
