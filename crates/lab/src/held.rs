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
    /// Bytes that were live right after its last answer, and at rest no more.
    pub(crate) bytes: u64,
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
    in_proportion.then_some(rate)
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

    /// Of a series at 100, 200, 400, 800 requests, 40 of which were the contract's.
    fn of(bytes: [u64; 4]) -> Option<f64> {
        let stretches = [60, 100, 200, 400].into_iter().zip(bytes);
        let stretches: Vec<_> = stretches
            .map(|(requests, bytes)| Stretch { requests, bytes })
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
        let stretch = |requests| Stretch { requests, bytes };
        assert_eq!(until_rest(&[stretch(60), stretch(100), stretch(200)]), None);
        assert_eq!(until_rest(&[]), None);
    }
}
