//! Reads a file and says what it is: a snapshot, one that cannot be read, or somebody else's JSON.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use atomic_file::open_regular;
use bytesize::ByteSize;
use heapdiff::{Limits, Profile};

use super::files::Stamp;

/// What a `*.json` is.
pub(crate) enum Content {
    Snapshot(Box<Profile>),
    /// A snapshot, or what is left of one; why it cannot be read.
    Broken(String),
    /// Not a snapshot at all: a `package.json`, say.
    Foreign,
}

/// Stands near the beginning of every file that DHAT, dhat-rs and heapshot write.
const MARK: &[u8] = b"\"dhatFileVersion\"";

/// How far from the beginning it is looked for, in bytes; a command line comes before it at most.
const HEAD: u64 = 64 << 10;

/// Opens the file at `path`, which may have become a pipe or a link since it was listed: those are refused.
pub(crate) fn open(path: &Path) -> io::Result<(File, Stamp)> {
    let file = open_regular(path)?;
    let stamp = Stamp::of_metadata(&file.metadata()?)?;
    Ok((file, stamp))
}

/// Reads an open file, which has so many bytes.
pub(crate) fn read(file: impl Read, bytes: u64, most: ByteSize) -> Content {
    match try_read(file, bytes, most) {
        Ok(content) => content,
        Err(error) => Content::Broken(error.to_string()),
    }
}

fn try_read(mut file: impl Read, bytes: u64, most: ByteSize) -> Result<Content, heapdiff::Error> {
    let mut head = Vec::new();
    let read = file.by_ref().take(HEAD).read_to_end(&mut head);
    read.map_err(heapdiff::Error::Io)?;
    if !head.is_empty() && !head.windows(MARK.len()).any(|part| part == MARK) {
        return Ok(Content::Foreign);
    }
    Ok(match parse(head.as_slice().chain(file), bytes, most) {
        Ok(profile) => Content::Snapshot(Box::new(profile)),
        Err(heapdiff::Error::TooLarge(_)) => {
            Content::Broken(crate::Error::TooLarge(most).to_string())
        }
        Err(error) => Content::Broken(error.to_string()),
    })
}

/// Parses a snapshot of so many bytes: no more memory than its size allows, see [`Limits`].
pub(crate) fn parse(
    file: impl Read,
    bytes: u64,
    most: ByteSize,
) -> Result<Profile, heapdiff::Error> {
    let limits = Limits {
        file_bytes: most.as_u64(),
        ..Limits::default()
    };
    let bytes = heapdiff::files::bytes_of(file, bytes, &limits)?;
    Profile::parse_within(bytes, &limits)
}
