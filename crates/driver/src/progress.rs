//! How far a run has come, for whoever watches. Drawing it is `Bar`'s job.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts that a running [`run`](crate::run) keeps and anyone may read. Cloning shares them.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    done: AtomicU64,
    failed: AtomicU64,
}

impl Progress {
    /// Requests that were answered or failed.
    pub fn done(&self) -> u64 {
        self.counts.done.load(Ordering::Relaxed)
    }

    /// Those of them that failed.
    pub fn failed(&self) -> u64 {
        self.counts.failed.load(Ordering::Relaxed)
    }

    pub(crate) fn count(&self, ok: bool) {
        if !ok {
            self.counts.failed.fetch_add(1, Ordering::Relaxed);
        }
        self.counts.done.fetch_add(1, Ordering::Relaxed);
    }
}
