//! What is held until rest. A list that is emptied only when nobody asks, or when a snapshot is about to be taken, is not in
//! any snapshot at rest; a service that is never at rest keeps all of it. So the live heap is read right after the last
//! answer of each stretch of load, too, and what fell away until the snapshot is looked at here.
//!
//! An innocent server lets go of something as well: buffers of connections that were closed, a queue that it works off. But
//! that is as much after a hundred requests as after eight hundred. What is held for each request grows with the stretch.

/// A stretch of load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stretch {
    /// Requests of it.
    pub(crate) requests: u64,
    /// Bytes that were live right after its last answer, and before it or after it at rest were not.
    pub(crate) bytes: u64,
    /// Those of them that had fallen away when the heap was frozen. A list that is emptied late may still be there.
    pub(crate) fell: u64,
}

impl Stretch {
    /// One whose heap was `busy` right after its last answer, and `rest` at rest, before it and after it; all in bytes.
    pub(crate) fn new(requests: u64, busy: u64, rest: [u64; 2]) -> Self {
        Self {
            requests,
            bytes: busy.saturating_sub(rest[0].min(rest[1])),
            fell: busy.saturating_sub(rest[1]),
        }
    }
}

/// Stretches that must agree: three doublings.
const LEAST: usize = 3;

/// Bytes by which a stretch may be off: what connections, and the download of the snapshot before, hold at any moment. With
/// eight connections 160 KB were the most that was seen of any server of the labs.
const NOISE: f64 = 160.0 * 1024.0;

/// Of the longest stretch, in bytes: so far above the noise that what is always the same is never in proportion.
const ENOUGH: f64 = 512.0 * 1024.0;

/// Part by which a stretch may be off besides: lists double their room.
const TOLERANCE: f64 = 0.35;

/// Stretches after which it must have fallen away. What stays at rest is in the snapshots, and the judge's to tell.
const FELL: usize = 2;

/// Bytes of every request that were held until rest; `None` unless each of the last stretches held as many for each of its
/// requests, and enough to be told from chance.
pub(crate) fn until_rest(stretches: &[Stretch]) -> Option<f64> {
    let (last, before) = stretches.split_last()?;
    // The first stretch is shorter than the others: the contract's requests count.
    let before = before.get(1..).unwrap_or_default();
    if before.len() + 1 < LEAST || last.bytes() < ENOUGH {
        return None;
    }
    let rate = last.bytes() / last.requests();
    let in_proportion = before.iter().all(|stretch| {
        let expected = rate * stretch.requests();
        (stretch.bytes() - expected).abs() <= TOLERANCE * expected + NOISE
    });
    let fell = stretches
        .iter()
        .skip(1)
        .filter(|stretch| 2 * stretch.fell > stretch.bytes)
        .count();
    (in_proportion && fell >= FELL).then_some(rate)
}

#[expect(clippy::cast_precision_loss, reason = "2^53 bytes are never live")]
impl Stretch {
    fn requests(self) -> f64 {
        self.requests as f64
    }

    fn bytes(self) -> f64 {
        self.bytes as f64
    }
}

#[cfg(test)]
mod tests {
    use super::{Stretch, until_rest};

    /// What is live at rest.
    const BASE: u64 = 300_000;

    /// Of a series at 100, 200, 400, 800 requests, 40 of which were the contract's.
    fn of(bytes: [u64; 4]) -> Option<f64> {
        let stretches = [60, 100, 200, 400].into_iter().zip(bytes);
        let stretches: Vec<_> = stretches
            .map(|(requests, bytes)| Stretch::new(requests, BASE + bytes, [BASE; 2]))
            .collect();
        until_rest(&stretches)
    }

    #[test]
    fn what_grows_with_the_stretch_is_held_for_each_request() {
        assert_eq!(of([0, 8_000_000, 16_000_000, 32_000_000]), Some(80_000.0));
        // A list's room, which doubles by jumps, and connections besides.
        assert!(of([9, 1_310_720, 2_621_440 + 150_000, 5_242_880]).is_some());
        assert!(of([0, 150_000, 480_000, 780_000]).is_some());
    }

    #[test]
    fn a_list_that_was_not_yet_emptied_once_is_held_nevertheless() {
        let requests = [60, 100, 200, 400, 800];
        let held = requests.map(|requests| 80_000 * requests);
        for late in 1..requests.len() {
            let rest = |k: usize| BASE + if k == late { held[k] } else { 0 };
            let stretches: Vec<_> = (0..requests.len())
                .map(|k| {
                    let before = k.checked_sub(1).map_or(BASE, rest);
                    Stretch::new(requests[k], BASE + held[k], [before, rest(k)])
                })
                .collect();
            assert_eq!(until_rest(&stretches), Some(80_000.0), "{late}");
        }
    }

    #[test]
    fn what_stays_at_rest_is_the_judges_to_tell() {
        let mut live = BASE;
        let stretches: Vec<_> = [60, 100, 200, 400]
            .map(|requests| {
                let before = live;
                live += 80_000 * requests;
                Stretch::new(requests, live, [before, live])
            })
            .to_vec();
        assert_eq!(until_rest(&stretches), None);
    }

    #[test]
    fn what_is_always_the_same_is_not() {
        for bytes in [0, 150_000, 600_000, 1_000_000, 500_000_000] {
            assert_eq!(of([bytes; 4]), None, "{bytes}");
        }
        // A queue that takes 64 and is full each time, of large jobs.
        assert_eq!(of([64 << 20; 4]), None);
        // A spike, in any stretch.
        assert_eq!(of([0, 900_000_000, 0, 0]), None);
        assert_eq!(of([0, 0, 900_000_000, 0]), None);
        assert_eq!(of([0, 0, 0, 900_000_000]), None);
    }

    #[test]
    fn what_the_noise_could_be_is_not() {
        assert_eq!(of([20_000, 60_000, 120_000, 240_000]), None);
    }

    #[test]
    fn too_few_stretches_show_nothing() {
        let bytes = 80_000_000;
        let stretch = |requests| Stretch::new(requests, bytes, [0; 2]);
        assert_eq!(until_rest(&[stretch(60), stretch(100), stretch(200)]), None);
        assert_eq!(until_rest(&[]), None);
    }
}
