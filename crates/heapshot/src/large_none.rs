//! Large blocks where the system takes no advice about them: they are like all others.

use crate::gate::Closed;

/// Nothing is left out.
pub(crate) struct Hidden(());

pub(crate) fn spare(_are_spared: bool) {}

#[cfg(unix)]
pub(crate) fn spare_no_more() {}

#[cfg(unix)]
pub(crate) fn hide(_closed: &Closed) -> Option<Hidden> {
    None
}

pub(crate) fn add(block: *mut u8, _size: usize) -> *mut u8 {
    block
}

pub(crate) fn remove(_block: *mut u8, _size: usize) {}

pub(crate) fn place(block: *mut u8, _size: usize) -> *mut u8 {
    block
}
