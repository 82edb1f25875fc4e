//! The order of rows. It never depends on chance: not on the order of a file, nor on hashes.

use std::cmp::Reverse;

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
    /// What to sort a row by: largest first; what is equal there by what weighs, then by name.
    pub(crate) fn key(self, change: &Change, site: &Site) -> impl Ord + use<> {
        let first = match self {
            Self::Alloc => i128::from(change.alloc_size),
            Self::Delta => i128::from(change.size_delta),
            Self::New => i128::from(change.new),
            Self::Freed => i128::from(change.freed_size),
            Self::Churn => i128::from(change.churned_bytes),
        };
        let rest = (
            Reverse(change.alloc_size),
            Reverse(change.freed_size),
            Reverse(change.churned_bytes),
        );
        (
            Reverse(first),
            rest,
            site.constructor(),
            site.frame.text().to_owned(),
        )
    }
}
