//! Chance: where on the way of a thread's bytes the next sample lies, and how probable it is that a block is one.
//!
//! Samples are a Poisson process over bytes, as tcmalloc and jemalloc have it: the distance to the next one is
//! exponential with the mean `every`, and it has no memory. So it may be drawn anew whenever that is handy, and a block
//! of s bytes is a sample with probability 1 − e^(−s / every), whatever was allocated before.

/// The probability that a block of so many bytes is a sample.
#[expect(clippy::cast_precision_loss, reason = "52 bits are plenty")]
pub(crate) fn probability(size: usize, every: u64) -> f64 {
    -(-(size as f64) / every as f64).exp_m1()
}

/// A small generator (`SplitMix64`), which allocates nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = self.0;
        let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Above 0, and 1 at the most.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are all that is taken")]
    fn unit(&mut self) -> f64 {
        ((self.next() >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }

    /// Bytes that may be allocated before the next sample: it is the block that has the byte after them.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "at most 37 times `every`, rounded down as it should be"
    )]
    pub(crate) fn distance(&mut self, every: u64) -> i64 {
        (-self.unit().ln() * every as f64) as i64
    }

    /// Whether something happens that has this probability.
    pub(crate) fn happens(&mut self, probability: f64) -> bool {
        self.unit() <= probability
    }
}

#[cfg(test)]
mod tests {
    use super::{Chance, probability};

    const EVERY: u64 = 512 << 10;

    /// Walks along blocks of these sizes, over and over; how many of each were samples, of `rounds`.
    fn walk(seed: u64, sizes: &[i64], rounds: usize) -> Vec<u32> {
        let mut chance = Chance::new(seed);
        let mut samples = vec![0; sizes.len()];
        let mut distance = chance.distance(EVERY);
        for _ in 0..rounds {
            for (size, samples) in sizes.iter().zip(&mut samples) {
                distance -= size;
                if distance < 0 {
                    *samples += 1;
                    distance = chance.distance(EVERY);
                }
            }
        }
        samples
    }

    #[test]
    fn a_block_is_a_sample_with_its_probability_whatever_lies_between() {
        let mixes: [&[i64]; 4] = [
            &[64],
            &[16, 4096, 24, 100_000],
            &[1_000_000, 32],
            &[524_288, 8, 3_000_000, 65_536, 48],
        ];
        let (rounds, seeds) = (20_000, 20);
        for sizes in mixes {
            let mut sums = vec![0; sizes.len()];
            for seed in 0..seeds {
                for (sum, samples) in sums.iter_mut().zip(walk(seed, sizes, rounds)) {
                    *sum += samples;
                }
            }
            for (size, samples) in sizes.iter().zip(sums) {
                let p = probability(usize::try_from(*size).unwrap(), EVERY);
                let tries = f64::from(u32::try_from(rounds).unwrap()) * 20.0;
                let (expected, deviation) = (tries * p, (tries * p * (1.0 - p)).sqrt());
                let off = (f64::from(samples) - expected).abs();
                assert!(
                    off <= 5.0 * deviation.max(1.0),
                    "{size} of {sizes:?}: {samples}, and not {expected} ± {deviation}"
                );
            }
        }
    }

    #[test]
    fn what_always_happens_happens_and_what_never_does_does_not() {
        let mut chance = Chance::new(7);
        assert!((0..1000).all(|_| chance.happens(1.0)));
        assert!((0..1000).all(|_| !chance.happens(0.0)));
    }
}
