//! A stand-in for the program's debug information, while dhat writes its file.
//!
//! dhat looks up the names of each frame of each stack and puts them together anew, thousands of times the same ones. With
//! this in place it finds one symbol, [`NAME`], that spans all of the program, and writes only that beside each address:
//! fast, and for `profile` to fill in, which looks each address up once, and only if it is not known from an earlier
//! snapshot.

#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
mod elf;
#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
mod none;

#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
pub(crate) use elf::StandIn;
#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
pub(crate) use none::StandIn;

/// The folder of its files within the snapshot's private one: programs may have any name.
pub(crate) const FOLDER: &str = "program";

/// Ends the names of stand-ins for libraries, which are numbers.
pub(crate) const OF_LIBRARY: &str = ".so";

/// What dhat writes for every name.
pub(crate) const NAME: &str = "?heapshot";
