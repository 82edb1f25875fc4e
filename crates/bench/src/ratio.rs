//! One side against another: the median of a ratio that is taken in each round, and its spread.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The ratio of two sides that took turns.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ratio {
    /// Median of the rounds' ratios.
    pub median: f64,
    /// The smallest of them.
    pub low: f64,
    /// The largest of them.
    pub high: f64,
    /// How many rounds there were.
    pub rounds: usize,
}

impl Ratio {
    /// What `of` is of `to`, each with a value for each round. Only the two values of one round meet, as they were measured
    /// one right after the other. `None` without a round, or when a ratio is no number.
    #[must_use]
    pub fn of(of: &[f64], to: &[f64]) -> Option<Self> {
        let mut ratios: Vec<f64> = of.iter().zip(to).map(|(of, to)| of / to).collect();
        if ratios.iter().any(|ratio| !ratio.is_finite()) {
            return None;
        }
        ratios.sort_unstable_by(f64::total_cmp);
        Some(Self {
            median: median_of_sorted(&ratios)?,
            low: *ratios.first()?,
            high: *ratios.last()?,
            rounds: ratios.len(),
        })
    }
}

/// As `0.94 [0.91–0.97]`; with a precision, which counts decimals, as that says.
impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Three digits, however small it is.
        let decimals = f.precision().unwrap_or(match self.median.abs() {
            large if large >= 100.0 => 0,
            tens if tens >= 10.0 => 1,
            small if small < 0.1 => 3,
            _ => 2,
        });
        let Self {
            median, low, high, ..
        } = self;
        write!(
            f,
            "{median:.decimals$} [{low:.decimals$}–{high:.decimals$}]"
        )
    }
}

/// The median; `None` of nothing. Of two in the middle the mean.
#[must_use]
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    median_of_sorted(&sorted)
}

fn median_of_sorted(sorted: &[f64]) -> Option<f64> {
    let half = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        sorted.get(half).copied()
    } else {
        Some(f64::midpoint(
            *sorted.get(half.checked_sub(1)?)?,
            sorted[half],
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::{Ratio, median};

    #[test]
    fn a_drift_that_both_sides_share_is_not_in_the_ratio() {
        let ratio = Ratio::of(&[5.0, 10.0, 20.0], &[10.0, 20.0, 40.0]).unwrap();
        assert_eq!(ratio.to_string(), "0.50 [0.50–0.50]");
    }

    #[test]
    fn it_has_three_digits() {
        let text = |of: f64| {
            Ratio::of(&[of, 2.0 * of, 4.0 * of], &[1.0; 3])
                .unwrap()
                .to_string()
        };
        assert_eq!(text(0.004), "0.008 [0.004–0.016]");
        assert_eq!(text(0.3), "0.60 [0.30–1.20]");
        assert_eq!(text(30.0), "60.0 [30.0–120.0]");
        assert_eq!(text(300.0), "600 [300–1200]");
    }

    #[test]
    fn what_is_no_number_is_no_ratio() {
        assert_eq!(Ratio::of(&[], &[]), None);
        assert_eq!(Ratio::of(&[1.0], &[0.0]), None);
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0, 1.0]), Some(2.0));
        assert_eq!(median(&[3.0, 1.0, 9.0]), Some(3.0));
    }
}
