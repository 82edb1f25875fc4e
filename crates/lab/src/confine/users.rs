//! User ids that own nothing, one for each run: a second line of defence between the programs of two students.

use std::collections::BTreeSet;
use std::fs;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use nix::unistd::geteuid;

use super::namespaces;

/// What systemd gives to services that need a user for as long as they run: no account has one of these ids. They are
/// below 65536, so containers have them as well.
const FIRST: u32 = 61_184;
const LAST: u32 = 65_519;

/// Gives ids away, each once before any comes again.
#[derive(Debug)]
pub(crate) struct Users {
    next: AtomicU32,
}

impl Users {
    /// Those of this system, if this process may take them.
    pub(crate) fn new() -> Option<Self> {
        let may = geteuid().is_root() && namespaces::has_ids(FIRST, LAST);
        may.then(|| Self {
            // Another grader of this machine begins elsewhere.
            next: AtomicU32::new(process::id()),
        })
    }

    /// One of which no process runs; none if all have some.
    pub(crate) fn free(&self) -> Option<u32> {
        let taken = with_processes();
        let range = LAST - FIRST + 1;
        (0..range)
            .map(|_| FIRST + self.next.fetch_add(1, Ordering::Relaxed) % range)
            .find(|user| !taken.contains(user))
    }
}

/// Users of whom processes run.
fn with_processes() -> BTreeSet<u32> {
    let user = |entry: fs::DirEntry| {
        let status = fs::read_to_string(entry.path().join("status")).ok()?;
        let line = status.lines().find(|line| line.starts_with("Uid:"))?;
        line.split_whitespace().nth(1)?.parse().ok()
    };
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(user).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_differ_and_own_no_process() {
        let users = Users {
            next: AtomicU32::new(u32::MAX - 1),
        };
        let (one, two, three) = (users.free(), users.free(), users.free());
        assert!(one != two && two != three && one != three);
        for user in [one, two, three].into_iter().flatten() {
            assert!((FIRST..=LAST).contains(&user));
        }
        assert!(with_processes().contains(&geteuid().as_raw()));
    }
}
