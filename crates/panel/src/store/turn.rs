//! Who may read: large files are read one after the other, because each takes several times its size in memory. Async tasks wait
//! for their turn, so that none of the few threads that may block is held meanwhile.

use std::sync::Arc;

use tokio::sync::OwnedMutexGuard;

use super::Store;
use super::files::Stamp;

/// Files that are not read beside each other, in bytes.
const LARGE: u64 = 4 << 20;

impl Store {
    /// Waits for the turn to read files of so many bytes together. It is over when the guard is dropped.
    pub(crate) async fn turn(&self, bytes: u64) -> Option<OwnedMutexGuard<()>> {
        if bytes < LARGE {
            return None;
        }
        Some(Arc::clone(&self.turn).lock_owned().await)
    }

    /// How many bytes these snapshots' files have together. What is not there has none.
    pub(crate) fn bytes_of<'a>(&self, ids: impl IntoIterator<Item = &'a str>) -> u64 {
        let bytes = |id| Some(Stamp::of(&self.place(id).ok()?.0).ok()?.bytes);
        ids.into_iter().filter_map(bytes).sum()
    }

    /// How many bytes a deleted snapshot's file has.
    pub(crate) fn bytes_of_deleted(&self, id: &str) -> u64 {
        let entries = self.entries();
        let deleted = entries.deleted.iter().find(|it| it.card.id == id);
        let stamp = deleted.and_then(|entry| Stamp::of(&entry.path).ok());
        stamp.map_or(0, |stamp| stamp.bytes)
    }
}
