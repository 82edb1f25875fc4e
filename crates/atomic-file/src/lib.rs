//! Files that appear whole or not at all, and leave nothing behind when their writer is killed.
//!
//! [`Pending`] is a file on its way; [`open_regular`] and [`write_through`] open what exists without ever waiting for the
//! other end of a pipe. Errors are the system's: callers know what the file is for, and say so.
#![forbid(unsafe_code)]

mod open;
mod pending;
mod stale;

pub use open::{open_regular, write_through};
pub use pending::Pending;
