//! Memory that is not heap: a `static` array, threads' stacks, mapped files. No snapshot has it, and RSS does.
//!
//! RSS is a rough measure: the allocator keeps pages, lists leave gaps, the recorder's tables grow. But all that comes to an
//! end, or comes at once. What is kept for each request comes in each stretch of a series in proportion to its requests. The
//! servers of all labs, and what their files may become, grow by at most 1.5 MiB beside their heaps while they do not leak; nine
//! tenths of it in the first stretch. A large report leaves seventy in one.

/// What a snapshot at rest says of memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    pub(crate) requests: u64,
    /// Resident memory, and of it the live heap, in bytes.
    pub(crate) rss: u64,
    pub(crate) heap: u64,
}

/// Growth of memory that no snapshot has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Growth {
    pub(crate) bytes_per_request: f64,
    /// From the first snapshot at rest to the last, in bytes.
    pub(crate) bytes: f64,
}

/// Stretches that must agree: three doublings.
const LEAST: usize = 3;

/// Growth of the last stretch, in bytes, below which it may be the allocator's: six times the most that was seen.
const ENOUGH: f64 = 4.0 * 1024.0 * 1024.0;

/// Bytes by which a stretch may be off, and the part of its growth.
const NOISE: f64 = 256.0 * 1024.0;
const TOLERANCE: f64 = 0.35;

/// What RSS grows by beyond the heap with each request; `None` unless each stretch of the series grows in proportion to its
/// requests, or by as much as no allocator does. The first may grow by more: it has the spike, and what is warmed up late.
pub(crate) fn growth(series: &[Memory]) -> Option<Growth> {
    let stretches: Vec<Stretch> = series
        .windows(2)
        .map(|ends| Stretch::between(ends[0], ends[1]))
        .collect();
    let (last, before) = stretches.split_last()?;
    if stretches.len() < LEAST || last.bytes < ENOUGH {
        return None;
    }
    let rate = last.bytes / last.requests;
    let in_proportion = before.iter().enumerate().all(|(at, stretch)| {
        let expected = rate * stretch.requests;
        let off = stretch.bytes - expected;
        let may_be_off = TOLERANCE * expected + NOISE;
        off >= -may_be_off && (at == 0 || off <= may_be_off)
    });
    // What is kept ever more slowly is kept.
    let always = before.iter().all(|stretch| stretch.bytes >= ENOUGH);
    (in_proportion || always).then(|| Growth {
        bytes_per_request: rate,
        bytes: stretches.iter().map(|stretch| stretch.bytes).sum(),
    })
}

/// What lies between two snapshots.
struct Stretch {
    requests: f64,
    /// By which RSS grew and the heap did not; negative where the heap grew into memory that was there.
    bytes: f64,
}

impl Stretch {
    #[expect(clippy::cast_precision_loss, reason = "2^53 bytes are never resident")]
    fn between(from: Memory, to: Memory) -> Self {
        let beside = |memory: Memory| memory.rss as f64 - memory.heap as f64;
        Self {
            requests: to.requests.saturating_sub(from.requests).max(1) as f64,
            bytes: beside(to) - beside(from),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Growth, Memory, growth};

    const KIB: u64 = 1024;
    const MIB: u64 = 1024 * KIB;

    /// Of a series at 100, 200, 400 … requests; how much there is beside a heap of 1 MiB, in KiB.
    fn of(beside: &[u64]) -> Option<Growth> {
        let series: Vec<_> = beside
            .iter()
            .enumerate()
            .map(|(at, beside)| Memory {
                requests: 100 << at,
                rss: MIB + beside * KIB,
                heap: MIB,
            })
            .collect();
        growth(&series)
    }

    #[test]
    fn a_static_array_that_fills_with_the_requests_grows() {
        // 80 KiB a request, and what each server has.
        let found = of(&[17_800, 25_800 + 300, 41_800 + 450, 73_800 + 480]).unwrap();
        assert!(
            (found.bytes_per_request / 1024.0 - 80.0).abs() < 1.0,
            "{found:?}"
        );
        assert!(found.bytes > 54.0 * 1024.0 * 1024.0, "{found:?}");
        assert!(of(&[9_000, 10_100, 12_300, 16_500]).is_some());
    }

    #[test]
    fn what_is_kept_ever_more_slowly_grows() {
        assert!(of(&[9_000, 41_000, 73_000, 80_000]).is_some());
    }

    #[test]
    fn what_a_spike_leaves_does_not_hide_what_grows() {
        assert!(of(&[13_500, 79_500 + 8_000, 79_500 + 24_000, 79_500 + 56_000]).is_some());
    }

    #[test]
    fn what_the_labs_servers_have_beside_their_heaps_does_not() {
        for series in [
            [9_800, 9_600, 9_000, 7_500], // lab 1, leaky: the heap grows into free pages
            [9_200, 9_500, 9_600, 9_600], // lab 1, fixed
            [9_600, 10_200, 10_500, 11_200], // lab 5, leaky
            [13_600, 79_500, 79_500, 79_600], // lab 7, leaky: the spike
            [9_600, 10_500, 11_000, 11_700], // lab 8, a mutant
        ] {
            assert_eq!(of(&series), None, "{series:?}");
        }
        // Lab 1, a list that is emptied late.
        assert_eq!(of(&[10_100, 17_900, 18_300, 33_500, 33_600]), None);
    }

    #[test]
    fn what_comes_at_once_or_to_an_end_does_not() {
        for jump in 1..4 {
            let mut series = [9_000; 4];
            for shot in &mut series[jump..] {
                *shot += 500_000;
            }
            assert_eq!(of(&series), None, "{series:?}");
        }
        assert_eq!(
            of(&[9_000, 25_000, 57_000, 58_000]),
            None,
            "a table that is full"
        );
        assert_eq!(of(&[9_000, 9_500, 41_000, 73_000]), None, "two jumps");
        assert_eq!(
            of(&[9_000, 9_000, 9_000, 29_000]),
            None,
            "the last stretch alone"
        );
    }

    #[test]
    fn too_few_snapshots_show_nothing() {
        assert_eq!(of(&[10_000, 90_000, 250_000]), None);
        assert_eq!(of(&[]), None);
    }
}
