//! How much static data a program has: what its file says that it may write, before it asks for any heap. Read off the program
//! headers of ELF, the format of Linux.

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Bytes by which a program may have more than the shipped one without a word: a table of an honest fix.
const MARGIN: u64 = 64 << 10;

/// As much of a file as is read: its headers, which a linker puts first.
const MOST_READ: u64 = 64 << 10;

/// Kinds of segments: what is loaded, and what each thread gets a copy of.
const LOADED: u32 = 1;
const OF_EACH_THREAD: u32 = 7;

/// The flag of a segment that the program may write.
const WRITABLE: u32 = 2;

/// Bytes of static data of the program at `path`; `None` where it cannot be read, or is none for 64 bits of this machine's
/// byte order.
pub(super) fn of(path: &Path) -> Option<u64> {
    let mut head = Vec::new();
    let file = File::open(path).ok()?;
    file.take(MOST_READ).read_to_end(&mut head).ok()?;
    in_headers(&head)
}

/// A note on a program with `own` bytes of static data, where the shipped one has `shipped`.
pub(super) fn note(own: u64, shipped: u64) -> Option<String> {
    let more = own.checked_sub(shipped).filter(|more| *more > MARGIN)?;
    Some(format!(
        "the program has {} of static data that the shipped one does not have",
        bytesize::ByteSize::b(more).display().si()
    ))
}

fn in_headers(head: &[u8]) -> Option<u64> {
    let magic: &[u8] = if cfg!(target_endian = "little") {
        b"\x7fELF\x02\x01"
    } else {
        b"\x7fELF\x02\x02"
    };
    if !head.starts_with(magic) {
        return None;
    }
    let table = usize::try_from(number(head, 32)?).ok()?;
    let (size, count) = (usize::from(short(head, 54)?), usize::from(short(head, 56)?));
    let mut bytes = 0_u64;
    for at in 0..count {
        let segment = head.get(table.checked_add(at * size)?..)?;
        let (kind, flags) = (word(segment, 0)?, word(segment, 4)?);
        let counts = kind == OF_EACH_THREAD || kind == LOADED && flags & WRITABLE != 0;
        if counts {
            bytes = bytes.saturating_add(number(segment, 40)?); // in memory, not in the file
        }
    }
    Some(bytes)
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn number(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_ne_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::*;

    /// Of this program.
    static LARGE: [AtomicU8; 3 << 20] = [const { AtomicU8::new(0) }; 3 << 20];

    #[test]
    fn a_program_has_as_much_as_its_statics_and_not_much_more() {
        black_box(&LARGE)[7].store(1, Ordering::Relaxed);
        let own = of(&std::env::current_exe().unwrap()).unwrap();
        assert!((3 << 20..40 << 20).contains(&own), "{own}");
    }

    #[test]
    fn more_than_a_table_is_told() {
        assert_eq!(note(1 << 20, 1 << 20), None);
        assert_eq!(note((1 << 20) + MARGIN, 1 << 20), None);
        assert_eq!(note(0, 1 << 20), None);
        assert_eq!(
            note(320_000_000 + 5_000, 5_000).unwrap(),
            "the program has 320.0 MB of static data that the shipped one does not have"
        );
    }

    #[test]
    fn what_is_no_program_has_none_that_is_known() {
        let mut program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        program.truncate(4096);
        for cut in [0, 4, 40, 63, 100] {
            assert_eq!(in_headers(&program[..cut]), None, "{cut}");
        }
        program[32..40].fill(0xff);
        assert_eq!(in_headers(&program), None);
        assert_eq!(in_headers(b"#!/bin/sh\n"), None);
    }
}
