//! The checksum of a lab's leaky file, in the line before the solution's patch: what tells an edit of that file, which is
//! nobody's to edit, from the file as it was shipped. A CRC-32 will do: nobody forges their own starting point. Tools that
//! apply patches skip what stands before one.

/// What stands before the checksum in its line.
const BEFORE: &str = "CRC-32 of leaky-server/src/";

/// The checksum of a text, whichever way its lines end: git may change that.
pub(crate) fn checksum(text: &str) -> u32 {
    crc32fast::hash(text.replace("\r\n", "\n").as_bytes())
}

/// `patch` with the checksum of the leaky `file` before it.
pub(crate) fn record(file: &str, leaky: &str, patch: &str) -> String {
    format!("{BEFORE}{file}: {:08x}\n{}", checksum(leaky), diff(patch))
}

/// The checksum that stands before a patch, if one does.
pub(crate) fn recorded(patch: &str) -> Option<u32> {
    let line = patch.lines().next()?.strip_prefix(BEFORE)?;
    u32::from_str_radix(line.rsplit(' ').next()?, 16).ok()
}

/// The patch without its checksum.
pub(crate) fn diff(patch: &str) -> &str {
    match patch.split_once('\n') {
        Some((line, diff)) if line.starts_with(BEFORE) => diff,
        _ => patch,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_stands_before_a_patch_and_does_not_change_it() {
        let patch = "--- leaky-server/src/lab1.rs\n+++ fixed-server/src/lab1.rs\n";
        let with = record("lab1.rs", "a\nb\n", patch);
        assert_eq!(recorded(&with), Some(checksum("a\r\nb\r\n")));
        assert_eq!(diff(&with), patch);
        assert_eq!(record("lab1.rs", "a\nb\n", &with), with);
        assert_eq!((recorded(patch), diff(patch)), (None, patch));
        assert_ne!(checksum("a"), checksum("b"));
    }
}
