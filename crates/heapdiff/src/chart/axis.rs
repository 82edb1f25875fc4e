//! An axis as it is asked for: what it counts, and where it begins and ends.

use super::scale::{Scale, round_up};
use super::unit::Unit;

/// What is along an axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// What it counts.
    pub unit: Unit,
    /// What stands beside it: `requests`. The unit is at its ticks.
    pub name: Option<String>,
    /// Where it begins.
    pub begins: Begins,
    /// Values that are on it whatever is drawn: the ends of a window, or what another chart of the same scale reaches.
    pub holds: Vec<f64>,
}

/// Where an axis begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begins {
    /// At zero.
    AtZero,
    /// At the smallest value: for the time of day and the like, where zero means nothing.
    AtLeast,
    /// At a round number below the smallest, and goes on in powers of ten: for what is usually small and sometimes ten
    /// times as large. All values must be above zero.
    InPowers,
}

impl Axis {
    /// An axis that begins at zero.
    pub fn of(unit: Unit, name: Option<&str>) -> Self {
        Self {
            unit,
            name: name.map(str::to_owned),
            begins: Begins::AtZero,
            holds: Vec::new(),
        }
    }

    /// The time up to now, from so many seconds ago.
    pub fn last(seconds: f64) -> Self {
        Self {
            unit: Unit::Ago,
            name: None,
            begins: Begins::AtLeast,
            holds: vec![-seconds, 0.0],
        }
    }

    /// The axis for these values, with about so many ticks. It ends where the values do, or at a tick, if `rounded`.
    pub(super) fn scale(
        &self,
        values: impl Iterator<Item = f64>,
        ticks: f64,
        rounded: bool,
    ) -> Scale {
        let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
        let values = values.chain(self.holds.iter().copied());
        for value in values.filter(|value| value.is_finite()) {
            (least, most) = (least.min(value), most.max(value));
        }
        if self.begins == Begins::InPowers && 0.0 < least && least <= most {
            return Scale::in_powers(least, most, self.unit);
        }
        if least > most {
            (least, most) = (0.0, 0.0);
        }
        if self.begins == Begins::AtZero {
            least = least.min(0.0);
        }
        if most <= least {
            most = least + least.abs().max(1.0); // anything, or nothing could be drawn
        }
        let units = self.unit.units();
        let largest = most.abs().max(least.abs());
        let fits = |(size, _): &&(f64, &str)| largest >= *size;
        let (begins, name) = *units
            .iter()
            .find(fits)
            .or(units.last())
            .unwrap_or(&(1.0, ""));
        // two minutes are where minutes begin to be handier than seconds, and not their size
        let size = if self.unit == Unit::Ago {
            begins.max(2.0) / 2.0
        } else {
            begins
        };
        let unit = (size, name);
        let mut step = unit.0 * round_up((most - least) / unit.0 / ticks);
        if self.unit != Unit::Seconds && unit.0 <= 1.0 {
            step = step.max(1.0); // there is no half byte, and no half request
        }
        if rounded {
            most = step * (most / step - 1e-9).ceil();
        }
        let range = least..most;
        let first = (least / step - 1e-9).ceil();
        let ticks = (0_u32..50)
            .map(|at| step * (first + f64::from(at)))
            .take_while(|tick| *tick <= most + step * 1e-9)
            .collect();
        let zero = if self.unit == Unit::Ago { "now" } else { "0" };
        Scale {
            range,
            ticks,
            unit,
            powers: None,
            zero,
        }
    }
}

#[cfg(test)]
mod tests {
    use plotters::coord::ranged1d::Ranged;

    use super::*;

    fn labels(unit: Unit, most: f64) -> Vec<String> {
        let scale = Axis::of(unit, None).scale([most].into_iter(), 4.0, true);
        scale.ticks.iter().map(|tick| scale.label(*tick)).collect()
    }

    #[test]
    fn ticks_are_round_numbers_of_the_unit_that_suits() {
        assert_eq!(
            labels(Unit::Bytes, 67_395_805.0),
            ["0", "20 MiB", "40 MiB", "60 MiB", "80 MiB"]
        );
        assert_eq!(
            labels(Unit::Bytes, 1_500_000.0),
            ["0", "0.5 MiB", "1 MiB", "1.5 MiB"]
        );
        assert_eq!(
            labels(Unit::Bytes, 800.0),
            ["0", "200 bytes", "400 bytes", "600 bytes", "800 bytes"]
        );
        assert_eq!(labels(Unit::Bytes, 2.0), ["0", "1 byte", "2 bytes"]);
        assert_eq!(
            labels(Unit::Count, 12_800.0),
            ["0", "5,000", "10,000", "15,000"]
        );
        assert_eq!(
            labels(Unit::Count, 3_200_000.0),
            ["0", "1 M", "2 M", "3 M", "4 M"]
        );
        assert_eq!(
            labels(Unit::Seconds, 0.035),
            ["0", "10 ms", "20 ms", "30 ms", "40 ms"]
        );
        assert_eq!(
            labels(Unit::Seconds, 7200.0),
            ["0", "0.5 h", "1 h", "1.5 h", "2 h"]
        );
    }

    #[test]
    fn an_axis_in_powers_has_round_ends_and_each_tick_a_unit_of_its_own() {
        let axis = Axis {
            begins: Begins::InPowers,
            ..Axis::of(Unit::Seconds, None)
        };
        let labels = |values: [f64; 3]| {
            let scale = axis.scale(values.into_iter(), 4.0, true);
            let labels = scale.ticks.iter().map(|tick| scale.label(*tick));
            labels.collect::<Vec<_>>()
        };
        assert_eq!(
            labels([0.000_165, 0.001, 0.034]),
            [
                "100 µs", "200 µs", "500 µs", "1 ms", "2 ms", "5 ms", "10 ms", "20 ms", "50 ms"
            ]
        );
        assert_eq!(
            labels([0.000_165, 0.1, 1.2]),
            ["100 µs", "1 ms", "10 ms", "100 ms", "1 s"]
        );
        let scale = axis.scale([0.001, 0.1].into_iter(), 4.0, true);
        let at = |value| scale.map(&value, (0, 100));
        assert_eq!([at(0.001), at(0.01), at(0.1), at(0.0)], [0, 50, 100, 0]);
    }

    #[test]
    fn every_amount_has_a_few_ticks_and_is_within() {
        for power in 0..160 {
            let most = 1.3_f64.powi(power); // up to 2^61
            for unit in [Unit::Bytes, Unit::Count, Unit::Seconds, Unit::Percent] {
                let scale = Axis::of(unit, None).scale([most].into_iter(), 4.0, true);
                assert!(
                    (2..=6).contains(&scale.ticks.len()),
                    "{most}: {:?}",
                    scale.ticks
                );
                assert!(scale.range.start == 0.0 && scale.range.end >= most * (1.0 - 1e-9));
                let mut labels: Vec<_> =
                    scale.ticks.iter().map(|tick| scale.label(*tick)).collect();
                labels.dedup();
                assert_eq!(labels.len(), scale.ticks.len(), "{labels:?}");
            }
        }
    }

    #[test]
    fn two_axes_that_hold_the_same_are_of_one_scale() {
        let scale = |values: &[f64]| {
            let axis = Axis {
                holds: vec![67e6],
                ..Axis::of(Unit::Bytes, None)
            };
            axis.scale(values.iter().copied(), 4.0, true)
        };
        assert_eq!(scale(&[1.0]), scale(&[67e6, 3.0]));
        assert!(scale(&[]).range.end >= 67e6);
    }

    #[test]
    fn an_axis_of_nothing_is_an_axis() {
        for values in [vec![], vec![0.0], vec![f64::NAN, f64::INFINITY]] {
            let scale = Axis::of(Unit::Bytes, None).scale(values.into_iter(), 4.0, true);
            assert_eq!(scale.range, 0.0..1.0);
        }
    }

    #[test]
    fn a_time_may_begin_where_its_values_do() {
        let axis = Axis {
            begins: Begins::AtLeast,
            ..Axis::of(Unit::Seconds, None)
        };
        let scale = axis.scale([130.0, 190.0].into_iter(), 4.0, false);
        assert_eq!(scale.range, 130.0..190.0);
        assert!(scale.ticks.iter().all(|tick| scale.range.contains(tick)));
        let window = Axis::last(300.0).scale([-7.0].into_iter(), 4.0, false);
        let labels: Vec<_> = window.ticks.iter().map(|at| window.label(*at)).collect();
        assert_eq!(window.range, -300.0..0.0);
        assert_eq!(labels, ["-4 min", "-2 min", "now"]);
        let minute = Axis::last(60.0).scale([].into_iter(), 4.0, false);
        let labels: Vec<_> = minute.ticks.iter().map(|at| minute.label(*at)).collect();
        assert_eq!(labels, ["-60 s", "-40 s", "-20 s", "now"]);
        assert_eq!(
            axis.scale([5.0].into_iter(), 4.0, false).range,
            5.0..10.0,
            "one value is no range"
        );
    }
}
