//! Reads DHAT heap snapshots and compares them.
#![forbid(unsafe_code)]
