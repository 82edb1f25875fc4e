//! How much memory one snapshot may take. A snapshot may come from anywhere, and JSON can be dense: two bytes of a
//! file (`0,`) can become 72 in memory. So the parser charges what it allocates to a budget, and stops when the budget is spent.

use std::cell::Cell;

use bytesize::ByteSize;

use crate::error::Error;

/// How large a snapshot may be, as a file and in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest file, in bytes. A file is read no further than this.
    pub file_bytes: u64,
    /// Most memory for the file, its profile and a comparison, in bytes; an estimate. `None` allows
    /// [`PER_BYTE`](Self::PER_BYTE) bytes for each byte of the file, plus [`ALWAYS`](Self::ALWAYS).
    pub memory_bytes: Option<u64>,
}

impl Limits {
    /// Bytes of memory allowed for each byte of a file. Files of DHAT, dhat-rs and heapshot need about half of it.
    pub const PER_BYTE: u64 = 6;
    /// Bytes allowed for a file of any size, because small files may be dense.
    pub const ALWAYS: u64 = 64 << 20;

    /// At most so many bytes of memory for a snapshot, whatever its file's size.
    #[must_use]
    pub fn of_memory(bytes: u64) -> Self {
        Self {
            file_bytes: bytes,
            memory_bytes: Some(bytes),
        }
    }

    /// The budget for parsing a file of `file_bytes`.
    pub(crate) fn budget(&self, file_bytes: usize) -> Budget {
        let file_bytes = file_bytes as u64;
        let by_size = || {
            file_bytes
                .saturating_mul(Self::PER_BYTE)
                .saturating_add(Self::ALWAYS)
        };
        let allowed = self.memory_bytes.unwrap_or_else(by_size);
        Budget {
            file_bytes,
            allowed,
            left: Cell::new(allowed.saturating_sub(file_bytes)),
            spent: Cell::new(file_bytes > allowed),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 4 << 30,
            memory_bytes: None,
        }
    }
}

/// What is left for a snapshot that is being read.
#[derive(Debug)]
pub(crate) struct Budget {
    file_bytes: u64,
    allowed: u64,
    left: Cell<u64>,
    spent: Cell<bool>,
}

impl Budget {
    /// Charges so many bytes; whether they were left.
    #[must_use]
    pub(crate) fn charge(&self, bytes: usize) -> bool {
        let left = self.left.get().checked_sub(bytes as u64);
        match left {
            Some(left) => self.left.set(left),
            None => self.spent.set(true),
        }
        left.is_some()
    }

    /// The same inside of a deserializer, whose errors are its own: [`check`](Self::check) says what was wrong.
    pub(crate) fn take<E: serde::de::Error>(&self, bytes: usize) -> Result<(), E> {
        if self.charge(bytes) {
            Ok(())
        } else {
            Err(E::custom("it takes too much memory"))
        }
    }

    /// Whether more was asked for than was left.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.spent.get() {
            return Err(Error::TooMuchMemory {
                file: ByteSize::b(self.file_bytes),
                allowed: ByteSize::b(self.allowed),
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_spent_once_more_is_charged_than_is_left() {
        let budget = Limits::of_memory(100).budget(60);
        assert!(budget.charge(40));
        assert!(budget.check().is_ok());
        assert!(!budget.charge(1));
        let said = budget.check().expect_err("it is spent").to_string();
        assert!(said.contains("60 B") && said.contains("100 B"), "{said}");
    }

    #[test]
    fn a_file_that_is_larger_than_its_memory_leaves_no_budget() {
        assert!(Limits::of_memory(10).budget(11).check().is_err());
        assert!(Limits::default().budget(0).charge(64 << 20));
        assert!(!Limits::default().budget(1).charge((64 << 20) + 6));
    }
}
