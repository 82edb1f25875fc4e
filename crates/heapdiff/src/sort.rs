//! The order of rows. It never depends on chance: not on the order of a file, nor on hashes.

use std::cmp::{Ordering, Reverse};

use crate::change::Change;
use crate::site::Site;

/// What the rows of a comparison are sorted by, largest first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    /// Alloc. Size: bytes more.
    #[default]
    Alloc,
    /// Size Delta: growth first, shrinking last.
    Delta,
    /// # New: blocks more.
    New,
    /// Freed Size: bytes less.
    Freed,
    /// Churned: bytes allocated and freed in between.
    Churn,
}

impl Sort {
    /// Which of two rows comes first: the larger one; what is equal there by what weighs, then by name.
    pub(crate) fn order(self, a: (&Change, &Site), b: (&Change, &Site)) -> Ordering {
        let weights = |change: &Change| {
            let first = match self {
                Self::Alloc => i128::from(change.alloc_size),
                Self::Delta => i128::from(change.size_delta),
                Self::New => i128::from(change.new),
                Self::Freed => i128::from(change.freed_size),
                Self::Churn => i128::from(change.churned_bytes),
            };
            Reverse((
                first,
                change.alloc_size,
                change.freed_size,
                change.churned_bytes,
            ))
        };
        // names are made from a row's frames, which takes its time, and few rows weigh the same
        weights(a.0)
            .cmp(&weights(b.0))
            .then_with(|| a.1.constructor().cmp(&b.1.constructor()))
            .then_with(|| a.1.frame.text().cmp(b.1.frame.text()))
    }
}
