//! Whether requests take longer as the heap grows. Latency is noisy: a burst of somebody else's work makes a few windows of it
//! slow, and the 99th percentile of a short run is a handful of requests. So the last third of the requests must be slower by a
//! factor that matters, each part of it slower than each part of the first third, and a part must hold enough requests.

use panel::metrics::Histogram;

use super::{Course, Finding, float};

/// The median grew if it did so many times…
const SLOWER: f64 = 1.5;
/// …the 99th percentile if it did so many times.
const TAIL_SLOWER: f64 = 3.0;
/// A heap that grew so many times can be a reason for it…
const LARGER: f64 = 1.2;
/// …if it gained so many bytes: less is what a server makes once, and is walked in microseconds.
const GAINED: u64 = 256 << 10;

/// Requests of a part that are slower than its quantile, at least: the quantile of fewer is chance.
const BEYOND: f64 = 10.0;
/// Parts that a third is cut into, at most…
const MOST_PARTS: f64 = 4.0;
/// …and at least: the spread of one part is unknown.
const LEAST_PARTS: usize = 2;

/// The finding, if there is one.
pub(super) fn grew(course: &Course<'_>) -> Option<Finding> {
    let (before, after) = course.live?;
    if float(after) < LARGER * float(before) || after.saturating_sub(before) < GAINED {
        return None;
    }
    let known: Vec<&Histogram> = course
        .samples
        .iter()
        .filter_map(|sample| sample.metrics.durations.as_ref())
        .collect();
    let (first, last) = (known.first()?.count(), known.last()?.count());
    let third = (last - first) / 3.0;
    let compare = |share| {
        let enough = BEYOND / (1.0 - share);
        let early = Third::of(&known, first, first + third, enough)?;
        let late = Third::of(&known, last - third, last, enough)?;
        early.against(&late, share)
    };
    let (median, tail) = (compare(0.5)?, compare(0.99)?);
    (median.is_slower(SLOWER) || tail.is_slower(TAIL_SLOWER)).then_some(Finding::Slower {
        p50_s: median.whole,
        p99_s: tail.whole,
        live_bytes: (before, after),
    })
}

/// A third of the requests, and the parts of it.
struct Third {
    whole: Histogram,
    parts: Vec<Histogram>,
}

impl Third {
    /// The requests between these counts, as far as looks at the server tell them apart, in parts of `enough` requests or more.
    fn of(known: &[&Histogram], from: f64, to: f64, enough: f64) -> Option<Self> {
        let mut looks = known
            .iter()
            .filter(|look| (from..=to).contains(&look.count()));
        let begin = *looks.next()?;
        let size = ((to - from) / MOST_PARTS).max(enough);
        let (mut end, mut last, mut parts) = (begin, begin, Vec::new());
        for look in looks {
            last = look;
            if look.count() - end.count() >= size {
                parts.push(look.since(end)?);
                end = look;
            }
        }
        let whole = last.since(begin)?;
        Some(Self { whole, parts })
    }

    /// A quantile of this third and of a later one.
    fn against(&self, late: &Self, share: f64) -> Option<Compared> {
        let of = |parts: &[Histogram]| -> Option<Vec<f64>> {
            parts.iter().map(|part| part.quantile(share)).collect()
        };
        Some(Compared {
            whole: (self.whole.quantile(share)?, late.whole.quantile(share)?),
            parts: self.parts.len().min(late.parts.len()),
            slowest_early: of(&self.parts)?.into_iter().fold(0.0, f64::max),
            fastest_late: of(&late.parts)?.into_iter().fold(f64::INFINITY, f64::min),
        })
    }
}

/// A quantile, early and late, in seconds.
struct Compared {
    whole: (f64, f64),
    /// Parts of the third that has fewer.
    parts: usize,
    slowest_early: f64,
    fastest_late: f64,
}

impl Compared {
    /// Whether the last third is `times` times as slow as the first, and each of its parts slower than each part of the first.
    fn is_slower(&self, times: f64) -> bool {
        let (early, late) = self.whole;
        self.parts >= LEAST_PARTS && late >= times * early && self.fastest_late > self.slowest_early
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::super::super::observation::Sample;
    use super::*;
    use panel::metrics::Metrics;

    /// Upper bounds in seconds, as the lab's servers have them.
    const BOUNDS: [f64; 8] = [0.0001, 0.0002, 0.0004, 0.0008, 0.0016, 0.0064, 0.0256, 0.1];

    /// What is found when each of forty looks saw 300 more requests, fifty and fifty alike, which took so many seconds; the
    /// heap doubles.
    fn found(took: impl Fn(u32, u32) -> f64) -> Option<(f64, f64)> {
        found_of(6, took)
    }

    /// The same, with so many times fifty requests a look.
    fn found_of(fifties: u32, took: impl Fn(u32, u32) -> f64) -> Option<(f64, f64)> {
        let mut counts = [0_u32; 9];
        let samples: Vec<Sample> = (0..40)
            .map(|look| {
                for request in (0..fifties).flat_map(|_| 0..50) {
                    let took = took(look, request);
                    let at = BOUNDS.iter().position(|bound| took <= *bound);
                    counts[at.unwrap_or(8)] += 1;
                }
                let mut text = format!("heap_live_bytes {}\n", (40 + look) << 20);
                let mut all = 0;
                let bounds = BOUNDS.iter().map(f64::to_string).chain(["+Inf".to_owned()]);
                for (bound, count) in bounds.zip(counts) {
                    all += count;
                    let name = "http_request_duration_seconds_bucket";
                    let _ = writeln!(text, "{name}{{le=\"{bound}\"}} {all}");
                }
                Sample {
                    at: f64::from(look),
                    requests: Some(u64::from(look * fifties * 50)),
                    metrics: Metrics::read(&text).unwrap(),
                }
            })
            .collect();
        match grew(&Course::of(&samples).unwrap())? {
            Finding::Slower { p50_s, .. } => Some(p50_s),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn latency_that_grows_with_the_heap_is_found() {
        // a list that is walked for each request
        let (early, late) = found(|look, _| 0.0001 * f64::from(look + 5)).expect("it grows");
        assert!(late > 1.5 * early, "{early} {late}");
        // the same on a busy machine: half as long again, now and then
        let noisy = |look: u32, request: u32| {
            let noise = 1.0 + 0.5 * f64::from((look * 7 + request * 3) % 4) / 3.0;
            0.0001 * f64::from(look + 5) * noise
        };
        assert!(found(noisy).is_some());
        // one request in twenty sorts the list
        let tail = |look, request: u32| {
            if request.is_multiple_of(20) {
                0.0005 * f64::from(look + 1)
            } else {
                0.00015
            }
        };
        assert!(found(tail).is_some());
        // of fewer requests the slowest hundredth is chance, and is no evidence
        assert_eq!(found_of(2, tail), None);
    }

    #[test]
    fn a_little_more_is_noise() {
        let a_little = |look, request: u32| {
            let median = if look < 20 { 0.000_178 } else { 0.000_201 };
            median * (0.7 + 0.6 * f64::from(request) / 50.0)
        };
        assert_eq!(found(a_little), None);
        // somebody else's work, a few times in the run
        let bursts = |look, request| match (look % 9, request % 12) {
            (4 | 5, 0) => 0.006,
            (4 | 5, _) => 0.0005,
            _ => 0.000_18,
        };
        assert_eq!(found(bursts), None);
    }

    #[test]
    fn a_burst_at_the_end_is_no_growth() {
        let burst = |look, request| match (look, request % 20) {
            (34..37, 0) => 0.006,
            (34..37, _) => 0.0012,
            _ => 0.000_18,
        };
        assert_eq!(found(burst), None);
        let slow_tail = |look, request| {
            if look > 33 && request == 0 {
                0.0061
            } else {
                0.000_18
            }
        };
        assert_eq!(found(slow_tail), None);
    }

    #[test]
    fn a_spread_that_is_as_large_early_is_no_growth() {
        let uneven = |look: u32, request: u32| {
            let busy = matches!(look, 3..8 | 26..40);
            if busy && request.is_multiple_of(10) {
                0.02
            } else {
                0.000_18
            }
        };
        assert_eq!(found(uneven), None);
    }
}
