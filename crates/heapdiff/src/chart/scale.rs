//! An axis for values that are known: its ends, and its ticks, which are round numbers of its unit; as `plotters` asks for
//! them.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

use super::unit::{Unit, suitable};
use crate::terminal::thousands;

/// An axis for values that are known.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scale {
    /// What is on the axis.
    pub(super) range: Range<f64>,
    /// Where it has ticks.
    pub(super) ticks: Vec<f64>,
    /// The size of the unit at the ticks, and its name.
    pub(super) unit: (f64, &'static str),
    /// Where the axis goes in powers: the units, of which each tick has its own.
    pub(super) powers: Option<&'static [(f64, &'static str)]>,
    /// What stands at zero.
    pub(super) zero: &'static str,
}

impl Scale {
    /// From a round number to a round number, with a tick at each power of ten; at 2 and 5 times one, too, where there
    /// are few.
    pub(super) fn in_powers(least: f64, most: f64, unit: Unit) -> Self {
        let units = unit.units();
        let start = 1.0 / round_up(1.0 / least);
        let end = round_up(most.max(start * 1.01));
        let first = start.log10().floor();
        let times: &[f64] = if end / start > 999.0 {
            &[1.0]
        } else {
            &[1.0, 2.0, 5.0]
        };
        let ticks = (0_u32..50).flat_map(|power| {
            let power = 10_f64.powf(first + f64::from(power));
            times.iter().map(move |times| times * power)
        });
        let within = start * (1.0 - 1e-9)..=end * (1.0 + 1e-9);
        Self {
            ticks: ticks.filter(|tick| within.contains(tick)).collect(),
            range: start..end,
            unit: suitable(end, units),
            powers: Some(units),
            zero: "0",
        }
    }

    /// What stands at a tick.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a round number, not negative"
    )]
    pub(super) fn label(&self, tick: f64) -> String {
        if tick == 0.0 {
            return self.zero.to_owned();
        }
        let own_unit = self.powers.map(|units| suitable(tick, units));
        let (size, unit) = own_unit.unwrap_or(self.unit);
        let amount = tick / size;
        let round = amount.round();
        let sign = if amount < 0.0 { "-" } else { "" };
        let number = if (amount - round).abs() < 1e-6 {
            thousands(round.abs() as u64)
        } else {
            let digits = format!("{:.3}", amount.abs());
            digits.trim_end_matches('0').to_owned()
        };
        let unit = if unit == " bytes" && number == "1" {
            " byte"
        } else {
            unit
        };
        format!("{sign}{number}{unit}")
    }
}

/// For plotters.
impl Ranged for Scale {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    #[expect(clippy::cast_possible_truncation, reason = "a place in the picture")]
    fn map(&self, value: &f64, (from, to): (i32, i32)) -> i32 {
        let Range { start, end } = self.range;
        let part = match self.powers {
            None => (value - start) / (end - start),
            Some(_) => (value.max(start) / start).ln() / (end / start).ln(),
        };
        from + (part * f64::from(to - from)).round() as i32
    }

    fn key_points<H: KeyPointHint>(&self, hint: H) -> Vec<f64> {
        if hint.weight().allow_light_points() {
            return Vec::new();
        }
        self.ticks.clone()
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

impl ValueFormatter<f64> for Scale {
    fn format(value: &f64) -> String {
        value.to_string() // plotters asks `format_ext`
    }

    fn format_ext(&self, value: &f64) -> String {
        self.label(*value)
    }
}

/// 1, 2 or 5, times a power of ten, and not less than `step`.
pub(super) fn round_up(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let of = |times: f64| times * power;
    [1.0, 2.0, 5.0]
        .map(of)
        .into_iter()
        .find(|round| *round >= step * (1.0 - 1e-9))
        .unwrap_or(10.0 * power)
}
