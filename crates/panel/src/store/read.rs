//! Reads a file and says what it is: a snapshot, one that cannot be read, or somebody else's JSON.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use bytesize::ByteSize;
use heapdiff::Profile;

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

/// Reads the file at `path`.
pub(crate) fn read(path: &Path, most: ByteSize) -> Content {
    match try_read(path, most) {
        Ok(content) => content,
        Err(error) => Content::Broken(heapdiff::Error::Io(error).to_string()),
    }
}

fn try_read(path: &Path, most: ByteSize) -> io::Result<Content> {
    let mut file = File::open(path)?;
    let mut bytes = Vec::new();
    file.by_ref().take(HEAD).read_to_end(&mut bytes)?;
    if !bytes.is_empty() && !bytes.windows(MARK.len()).any(|part| part == MARK) {
        return Ok(Content::Foreign);
    }
    file.take((most.as_u64() + 1).saturating_sub(bytes.len() as u64))
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most.as_u64() {
        let error = crate::Error::TooLarge(most);
        return Ok(Content::Broken(error.to_string()));
    }
    Ok(match Profile::parse_owned(bytes) {
        Ok(profile) => Content::Snapshot(Box::new(profile)),
        Err(error) => Content::Broken(error.to_string()),
    })
}
