//! What DHAT knows of a stack beyond its counts: how long its blocks lived, and what was live at the peak.

/// The past of a stack's blocks, or the sum over several stacks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct History {
    /// The lifetimes of all blocks, added up (DHAT `tl`), in the snapshot's [time unit](crate::Metadata::time_unit);
    /// those of live blocks end with the snapshot.
    pub total_lifetime: u64,
    /// Bytes live when the whole heap was largest (`gb`, DHAT's "at t-gmax").
    pub peak_bytes: u64,
    /// Blocks live then (`gbk`).
    pub peak_blocks: u64,
}

impl History {
    /// Both together; `None` if no number could say it.
    pub(crate) fn plus(self, other: Self) -> Option<Self> {
        Some(Self {
            total_lifetime: self.total_lifetime.checked_add(other.total_lifetime)?,
            peak_bytes: self.peak_bytes.checked_add(other.peak_bytes)?,
            peak_blocks: self.peak_blocks.checked_add(other.peak_blocks)?,
        })
    }
}
