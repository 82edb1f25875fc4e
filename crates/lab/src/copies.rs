//! Copies of files, made before the lab overwrites one or advises to. A copy is byte for byte, because a file that is not UTF-8
//! is also someone's work.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};
use heapdiff::files;

/// Puts a copy of `path` into `folder` as `STEM-TIME.EXTENSION`, with the file's permissions; returns where it is. A copy
/// with that stem and the same content is not made twice.
///
/// # Errors
/// When the file cannot be read, or the copy cannot be written: then nothing may be overwritten.
pub(crate) fn keep(path: &Path, folder: &Path, stem: &str) -> Result<PathBuf> {
    let read = || Ok::<_, std::io::Error>((fs::read(path)?, fs::metadata(path)?.permissions()));
    let (content, permissions) =
        read().with_context(|| format!("cannot read {}", path.display()))?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    if let Some(there) = same(&content, folder, stem) {
        return Ok(there);
    }
    let now = humantime::format_rfc3339_micros(SystemTime::now()).to_string();
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    let name = format!("{stem}-{}.{extension}", now.replace(':', "-"));
    let copy = folder.join(name);
    files::write_whole(&copy, &content)?;
    fs::set_permissions(&copy, permissions)
        .with_context(|| format!("cannot set the permissions of {}", copy.display()))?;
    Ok(copy)
}

/// A copy that is there already.
fn same(content: &[u8], folder: &Path, stem: &str) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?.flatten();
    let mut copies = entries.map(|entry| entry.path()).filter(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.strip_prefix(stem)
            .is_some_and(|name| name.starts_with('-'))
    });
    copies.find(|path| path.is_file() && fs::read(path).is_ok_and(|copy| copy == content))
}

/// Where a content is not UTF-8, in words; `None` if it is.
pub(crate) fn not_text(content: &[u8]) -> Option<String> {
    let at = std::str::from_utf8(content).err()?.valid_up_to();
    let line = content[..at].split(|byte| *byte == b'\n').count();
    let byte = content.get(at).copied().unwrap_or_default();
    let hint = if content.starts_with(b"\xff\xfe") || content.starts_with(b"\xfe\xff") {
        ": it looks like UTF-16"
    } else {
        ""
    };
    Some(format!(
        "byte {}, line {line}, is not UTF-8 (0x{byte:02x}){hint}",
        at + 1
    ))
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_copy_has_all_bytes_and_permissions_and_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lab1.rs");
        let kept = folder.path().join("kept");
        fs::write(&path, b"a\xffb").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        let first = keep(&path, &kept, "own").unwrap();
        assert_eq!(fs::read(&first).unwrap(), b"a\xffb");
        assert_eq!(
            fs::metadata(&first).unwrap().permissions().mode() & 0o777,
            0o640
        );
        assert_eq!(keep(&path, &kept, "own").unwrap(), first);

        fs::write(&path, b"another").unwrap();
        let second = keep(&path, &kept, "own").unwrap();
        assert_ne!(second, first);
        assert_eq!(fs::read(&first).unwrap(), b"a\xffb");
        assert_eq!(fs::read(&second).unwrap(), b"another");
    }

    #[test]
    fn what_is_no_text_is_told_with_its_place() {
        assert_eq!(not_text("fn f() {} // ü".as_bytes()), None);
        for (content, place) in [
            (
                &b"fn f()\n{\n\xe9}"[..],
                "byte 10, line 3, is not UTF-8 (0xe9)",
            ),
            (
                b"\xff\xfef\0",
                "byte 1, line 1, is not UTF-8 (0xff): it looks like UTF-16",
            ),
            (b"ab\xc3", "byte 3, line 1, is not UTF-8 (0xc3)"), // cut in the middle of a character
        ] {
            assert_eq!(not_text(content).unwrap(), place);
        }
    }
}
