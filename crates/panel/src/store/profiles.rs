//! The few parsed snapshots that are kept: those looked at last. The others are read again when they are asked for,
//! so the panel's own heap stays flat however many snapshots there are.

use std::collections::VecDeque;
use std::sync::Arc;

use heapdiff::Profile;

use super::files::Stamp;

/// Parsed snapshots, by the id of the snapshot and the file that it was.
#[derive(Debug, Default)]
pub(crate) struct Profiles {
    /// The one asked for last is the last.
    kept: VecDeque<(String, Stamp, Arc<Profile>)>,
}

/// Snapshots whose files are larger than this together are not kept, in bytes. A parsed snapshot takes about as much
/// as its file.
const MOST: u64 = 128 << 20;

impl Profiles {
    pub(crate) fn get(&mut self, id: &str, stamp: Stamp) -> Option<Arc<Profile>> {
        let at = self
            .kept
            .iter()
            .position(|(known, then, _)| known == id && *then == stamp)?;
        let found = self.kept.remove(at)?;
        let profile = Arc::clone(&found.2);
        self.kept.push_back(found);
        Some(profile)
    }

    pub(crate) fn put(&mut self, id: &str, stamp: Stamp, profile: &Arc<Profile>) {
        self.forget(id);
        self.kept
            .push_back((id.to_owned(), stamp, Arc::clone(profile)));
        while self
            .kept
            .iter()
            .map(|(_, stamp, _)| stamp.bytes)
            .sum::<u64>()
            > MOST
        {
            self.kept.pop_front();
        }
    }

    pub(crate) fn forget(&mut self, id: &str) {
        self.kept.retain(|(known, ..)| known != id);
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    fn profile() -> Arc<Profile> {
        let file =
            br#"{"dhatFileVersion":2,"mode":"rust-heap","bklt":true,"cmd":"a","pps":[],"ftbl":[]}"#;
        Arc::new(Profile::parse(file).expect("a snapshot"))
    }

    fn of(bytes: u64) -> Stamp {
        Stamp {
            bytes,
            modified: SystemTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn what_was_looked_at_last_is_kept() {
        let (half, one) = (of(MOST / 2), profile());
        let mut profiles = Profiles::default();
        profiles.put("a", half, &one);
        profiles.put("b", half, &one);
        assert!(profiles.get("a", half).is_some());
        profiles.put("c", half, &one);
        assert!(profiles.get("b", half).is_none());
        assert!(profiles.get("a", half).is_some());
        assert!(profiles.get("c", half).is_some());
    }

    #[test]
    fn what_is_too_large_or_has_changed_is_not() {
        let mut profiles = Profiles::default();
        profiles.put("large", of(MOST + 1), &profile());
        assert!(profiles.get("large", of(MOST + 1)).is_none());
        profiles.put("a", of(1), &profile());
        assert!(profiles.get("a", of(2)).is_none());
        profiles.forget("a");
        assert!(profiles.get("a", of(1)).is_none());
    }
}
