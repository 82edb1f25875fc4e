//! The names of addresses of code, as DHAT writes them, and those that are known from earlier snapshots.
//!
//! Looking a name up means to read the program's debug information, which takes a child most of its time. So a child
//! tells its parent what it has looked up, and the next one is born with that: it looks up what is new. The addresses
//! are those of the running program, so that nothing that is known can become wrong.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};

use serde::{Deserialize, Serialize};

use crate::gate;
use crate::site;

/// The file in a snapshot's private folder that a child leaves its new names in.
pub(crate) const NEW: &str = "names.json";

/// Whether the process keeps them.
static KEPT: AtomicBool = AtomicBool::new(true);

static KNOWN: Mutex<Option<Arc<Names>>> = Mutex::new(None);

/// Names by the address that a call returns to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Names(HashMap<usize, Box<[Box<str>]>>);

/// Whether names are kept from now on.
pub(crate) fn keep(are_kept: bool) {
    KEPT.store(are_kept, Ordering::Relaxed);
}

/// What is known so far, of this process. Never waits: a snapshot of the ceiling's may be taken by any thread, and without
/// names it only takes longer.
pub(crate) fn known() -> Option<Arc<Names>> {
    match KNOWN.try_lock() {
        Ok(known) => known.clone(),
        Err(TryLockError::Poisoned(known)) => known.into_inner().clone(),
        Err(TryLockError::WouldBlock) => None,
    }
}

/// Remembers what a child has left in its private folder. A child that had nothing to tell has left nothing.
pub(crate) fn remember(folder: &Path) -> io::Result<()> {
    // The program's heap, as its snapshots show it, is not to change by its being looked at.
    let _own = gate::keep();
    let path = folder.join(NEW);
    if !KEPT.load(Ordering::Relaxed) || !path.exists() {
        return Ok(());
    }
    let new: Names = serde_json::from_slice(&fs::read(path)?)?;
    // Snapshots that begin meanwhile do without.
    let before = replace(None);
    let mut names = before.map_or_else(Names::default, Arc::unwrap_or_clone);
    names.0.extend(new.0);
    drop(replace(Some(Arc::new(names))));
    Ok(())
}

/// Puts `names` in the place of what is known, which it returns. The lock is held for no longer.
fn replace(names: Option<Arc<Names>>) -> Option<Arc<Names>> {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    std::mem::replace(&mut *known, names)
}

impl Names {
    /// The frames at `address`, innermost first, those that were inlined too: `shop::main (shop/src/main.rs:1:2)`. Looks
    /// them up if they are not here, nor known. For the child alone.
    pub(crate) fn of<'a>(&'a mut self, address: usize, known: Option<&'a Self>) -> &'a [Box<str>] {
        if let Some(frames) = known.and_then(|known| known.0.get(&address)) {
            return frames;
        }
        self.0
            .entry(address)
            .or_insert_with(|| site::texts(address).into())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, MutexGuard, PoisonError};

    use super::{NEW, Names, keep, known, remember};

    /// What is known, and whether it is kept, is the process's: one test at a time.
    fn turn() -> MutexGuard<'static, ()> {
        static TURN: Mutex<()> = Mutex::new(());
        TURN.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[test]
    fn what_children_tell_adds_up_if_it_is_kept_at_all() {
        let _turn = turn();
        let folder = tempfile::tempdir().unwrap();
        let tell = |json: &str| {
            std::fs::write(folder.path().join(NEW), json).unwrap();
            remember(folder.path()).unwrap();
        };
        assert_eq!(known(), None);
        tell(r#"{"16": ["shop::main (shop/src/main.rs:1:2)"]}"#);
        tell(r#"{"32": []}"#);
        keep(false);
        tell(r#"{"48": []}"#);
        keep(true);

        let known = known().unwrap();
        let mut new = Names::default();
        assert_eq!(new.of(16, Some(&known)).len(), 1);
        assert!(new.of(32, Some(&known)).is_empty());
        assert!(new.is_empty(), "these two were known");
        new.of(48, Some(&known));
        assert!(!new.is_empty(), "this one was not");
    }

    #[test]
    fn a_child_that_had_nothing_to_tell_changes_nothing() {
        let _turn = turn();
        let folder = tempfile::tempdir().unwrap();
        remember(folder.path()).unwrap();
        std::fs::write(folder.path().join(NEW), "half of it").unwrap();
        assert!(remember(folder.path()).is_err());
    }
}
