//! A histogram as Prometheus tells it: how many values were at most so large. What happened in a window is the
//! difference of two.

use std::sync::Arc;

/// Values, counted in buckets.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// Upper bounds, in rising order; the last is infinite. Whoever keeps many histograms lets them share it.
    bounds: Arc<[f64]>,
    /// How many values were at most that; as many as there are bounds, and zeros. A fixed size, so that many of them are a
    /// piece of memory of a fixed size.
    counts: [f64; MOST],
}

/// Most buckets that are kept. Of more some are left out, which makes quantiles coarser and not wrong.
const MOST: usize = 32;

impl Histogram {
    /// From upper bounds and cumulative counts, in any order; those of one bound are added up, as of several routes.
    /// Nothing without a last bucket for everything (`le="+Inf"`) and one before it.
    pub fn new(buckets: impl IntoIterator<Item = (f64, f64)>) -> Option<Self> {
        let finite = |(bound, count): &(f64, f64)| !bound.is_nan() && count.is_finite();
        let mut all: Vec<_> = buckets.into_iter().filter(finite).collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        all.dedup_by(|next, kept| {
            let same = next.0.total_cmp(&kept.0).is_eq();
            if same {
                kept.1 += next.1;
            }
            same
        });
        while all.len() > MOST {
            let last = all.len() - 1;
            let mut at = 0..;
            all.retain(|_| at.next().is_some_and(|at| at % 2 == 1 || at == last));
        }
        if all.len() < 2 || all.last()?.0 != f64::INFINITY {
            return None;
        }
        let mut counts = [0.0; MOST];
        for (count, (_, counted)) in counts.iter_mut().zip(&all) {
            *count = *counted;
        }
        let bounds = all.iter().map(|(bound, _)| *bound).collect();
        Some(Self { bounds, counts }.rising())
    }

    /// How many values there are.
    pub fn count(&self) -> f64 {
        self.counts[self.bounds.len() - 1]
    }

    /// The bounds and the cumulative counts, in rising order.
    pub fn buckets(&self) -> Vec<(f64, f64)> {
        let counts = self.counts.iter().copied();
        self.bounds.iter().copied().zip(counts).collect()
    }

    /// The values that came after `earlier`. Nothing if that was another histogram: it had other bounds, or its counts
    /// have fallen, as they do when a server starts again.
    pub fn since(&self, earlier: &Self) -> Option<Self> {
        let mut window = self.clone();
        let falls = |(count, before): (&mut f64, &f64)| {
            *count -= before;
            *count < 0.0
        };
        let mut pairs = window.counts.iter_mut().zip(&earlier.counts);
        let fits = self.bounds == earlier.bounds && !pairs.any(falls);
        fits.then(|| window.rising())
    }

    /// With the bounds of `other`, if they are the same: then they take no memory of their own.
    pub(crate) fn sharing(mut self, other: Option<&Self>) -> Self {
        if let Some(other) = other.filter(|other| other.bounds == self.bounds) {
            self.bounds = Arc::clone(&other.bounds);
        }
        self
    }

    /// The value that a share of all values does not exceed, 0.99 for the 99th percentile; in the histogram's unit.
    /// Nothing if there are no values.
    ///
    /// As Prometheus' `histogram_quantile`: within a bucket values are taken to be spread evenly, the first one begins at
    /// zero, and what is above the last finite bound counts as that bound. It is as exact as its buckets are narrow.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let count = self.count();
        if count <= 0.0 {
            return None;
        }
        let rank = share.clamp(0.0, 1.0) * count;
        let at = self.counts.iter().position(|count| *count >= rank)?;
        let (bound, upto) = (self.bounds[at], self.counts[at]);
        let before = at.checked_sub(1);
        let before = before.map(|before| (self.bounds[before], self.counts[before]));
        if bound == f64::INFINITY {
            return before.map(|(bound, _)| bound);
        }
        let (low, below) = match before {
            Some(before) => before,
            None if bound <= 0.0 => return Some(bound),
            None => (0.0, 0.0),
        };
        if upto <= below {
            return Some(bound);
        }
        Some(low + (bound - low) * (rank - below) / (upto - below))
    }

    /// Sums over routes with different bounds may fall from bucket to bucket; Prometheus mends that likewise.
    fn rising(mut self) -> Self {
        let mut most = 0.0_f64;
        for count in &mut self.counts[..self.bounds.len()] {
            most = most.max(*count);
            *count = most;
        }
        self
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these numbers are exact")]
mod tests {
    use super::*;

    const END: f64 = f64::INFINITY;

    fn of(buckets: &[(f64, f64)]) -> Histogram {
        Histogram::new(buckets.iter().copied()).expect("a histogram")
    }

    #[test]
    fn a_quantile_is_interpolated_as_prometheus_does_it() {
        let histogram = of(&[
            (0.1, 10.0),
            (0.2, 30.0),
            (0.5, 90.0),
            (1.0, 99.0),
            (END, 100.0),
        ]);
        let quantile = |share| histogram.quantile(share).expect("values");
        for (share, expected) in [
            (0.0, 0.0),
            (0.05, 0.05),
            (0.1, 0.1),
            (0.2, 0.15),
            (0.5, 0.3),
            (0.9, 0.5),
            (0.99, 1.0),
            (0.995, 1.0),
            (1.0, 1.0),
        ] {
            let is = quantile(share);
            assert!(
                (is - expected).abs() < 1e-12,
                "{share}: {is}, not {expected}"
            );
        }
    }

    #[test]
    fn a_window_is_the_difference_of_two() {
        let before = of(&[(0.1, 100.0), (1.0, 100.0), (END, 100.0)]);
        let after = of(&[(0.1, 100.0), (1.0, 104.0), (END, 104.0)]);
        let window = after.since(&before).expect("the same, later");
        assert_eq!(window.count(), 4.0);
        assert_eq!(window.quantile(0.5), Some(0.55));
        assert_eq!(
            after.since(&after).and_then(|none| none.quantile(0.5)),
            None
        );
    }

    #[test]
    fn counts_that_fell_or_other_bounds_are_no_window() {
        let before = of(&[(0.1, 5.0), (END, 5.0)]);
        for after in [
            of(&[(0.1, 1.0), (END, 9.0)]),
            of(&[(0.2, 5.0), (END, 5.0)]),
            of(&[(0.1, 5.0), (0.2, 5.0), (END, 5.0)]),
        ] {
            assert_eq!(after.since(&before), None, "{after:?}");
        }
    }

    #[test]
    fn several_routes_are_added_up_in_any_order() {
        let routes = [
            (END, 2.0),
            (0.1, 1.0),
            (0.1, 3.0),
            (1.0, 2.0),
            (END, 4.0),
            (1.0, 4.0),
        ];
        let all = Histogram::new(routes).expect("a histogram");
        assert_eq!(all.buckets(), [(0.1, 4.0), (1.0, 6.0), (END, 6.0)]);
        let apart = of(&[(0.1, 5.0), (0.2, 1.0), (END, 6.0)]);
        assert_eq!(apart.buckets(), [(0.1, 5.0), (0.2, 5.0), (END, 6.0)]);
    }

    #[test]
    fn what_lacks_its_last_bucket_or_has_no_other_is_no_histogram() {
        assert_eq!(Histogram::new([(0.1, 1.0), (0.2, 1.0)]), None);
        assert_eq!(Histogram::new([(END, 1.0)]), None);
        assert_eq!(Histogram::new([]), None);
        let odd = [(f64::NAN, 1.0), (0.1, f64::NAN), (END, 1.0)];
        assert_eq!(Histogram::new(odd), None);
    }

    #[test]
    fn of_very_many_buckets_some_are_left_out_and_the_last_stays() {
        let many = (1..=1000).map(|n| (f64::from(n), f64::from(n)));
        let histogram = Histogram::new(many.chain([(END, 1000.0)])).expect("a histogram");
        assert!(histogram.buckets().len() <= MOST);
        assert_eq!(histogram.count(), 1000.0);
        let median = histogram.quantile(0.5).expect("values");
        assert!((median - 500.0).abs() < 1.0, "{median}");
    }

    #[test]
    fn a_first_bucket_at_or_below_zero_is_told_as_its_bound() {
        assert_eq!(of(&[(0.0, 4.0), (END, 4.0)]).quantile(0.5), Some(0.0));
        assert_eq!(
            of(&[(-1.0, 4.0), (0.0, 4.0), (END, 4.0)]).quantile(0.5),
            Some(-1.0)
        );
    }
}
