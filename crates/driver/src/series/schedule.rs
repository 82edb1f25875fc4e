//! When snapshots are taken, and how their files are called.

/// Request counts that double.
///
/// They double because a collection that grows in place doubles its room: two snapshots can fall between two doublings
/// and show nothing, but between n, 2n, 4n and 8n requests it doubles every time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Requests before the first snapshot: the warm-up.
    pub first: u64,
    /// How often they then double, each followed by a snapshot.
    pub doublings: u32,
}

/// Digits in a file's name, so that a shell's `*` has them in order: more where the numbers are longer.
const DIGITS: usize = 4;

impl Schedule {
    /// The request counts: n, 2n, 4n, …; those that a number can hold.
    pub fn targets(self) -> impl Iterator<Item = u64> {
        (0..=self.doublings).map_while(move |k| self.first.checked_mul(1_u64.checked_shl(k)?))
    }

    /// What the snapshot after `target` requests is called, without the file's ending: `0100-requests`.
    pub fn name(self, target: u64) -> String {
        let last = self.targets().last().unwrap_or(target);
        let digits = last.to_string().len().max(DIGITS);
        format!("{target:0digits$}-requests")
    }
}

#[cfg(test)]
mod tests {
    use super::Schedule;

    #[test]
    fn the_counts_double_and_end_where_numbers_do() {
        let of = |first, doublings| Schedule { first, doublings }.targets().collect::<Vec<_>>();
        assert_eq!(of(100, 3), [100, 200, 400, 800]);
        assert_eq!(of(u64::MAX / 2, 99), [u64::MAX / 2, u64::MAX - 1]);
    }

    #[test]
    fn names_are_in_order() {
        for schedule in [
            Schedule {
                first: 100,
                doublings: 3,
            },
            Schedule {
                first: 7,
                doublings: 20,
            },
        ] {
            let names: Vec<_> = schedule.targets().map(|n| schedule.name(n)).collect();
            assert!(names.is_sorted(), "{names:?}");
        }
        let schedule = Schedule {
            first: 100,
            doublings: 3,
        };
        assert_eq!(schedule.name(100), "0100-requests");
    }
}
