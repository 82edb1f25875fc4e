//! Paths around the core: reads a snapshot file, and names it in every error.

use std::fs;
use std::io;
use std::path::Path;

use crate::error::Error;
use crate::profile::Profile;

/// Reads the snapshot at `path`; the profile's label is the path.
///
/// # Errors
/// [`Error::At`] with the path: the file cannot be read, or is no snapshot.
pub fn read(path: impl AsRef<Path>) -> Result<Profile, Error> {
    let path = path.as_ref();
    let bytes = fs::read(path).map_err(|error| match error.kind() {
        io::ErrorKind::IsADirectory => Error::Directory.at(path),
        _ => Error::Io(error).at(path),
    })?;
    let profile = Profile::parse(&bytes).map_err(|error| error.at(path))?;
    Ok(profile.labelled(path.to_string_lossy()))
}
