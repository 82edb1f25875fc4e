//! The command's two ways: a load by itself, and a series of snapshots under load.

pub(crate) mod load;
pub(crate) mod series;
mod table;

use std::fmt::Display;
use std::process::ExitCode;

/// Ended by Ctrl-C.
pub(crate) const INTERRUPTED: u8 = 130;

/// Says what is wrong with what was asked for.
pub(crate) fn refused(error: &dyn Display) -> ExitCode {
    eprintln!("error: {error}");
    ExitCode::from(2)
}
