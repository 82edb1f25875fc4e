//! What an axis counts, and the sizes in which people are told of it.

/// What an axis counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Memory, in bytes: `64 MiB`.
    Bytes,
    /// Requests, blocks, anything that is counted: `1,200`.
    Count,
    /// A time, in seconds: `20 ms`, `3 s`, `5 min`.
    Seconds,
    /// How long ago, in seconds and negative: `-40 s`, `now`.
    Ago,
    /// `50 %`.
    Percent,
}

/// The sizes that a tick may be told in, the largest first.
const BYTES: &[(f64, &str)] = &[
    (1_152_921_504_606_846_976.0, " EiB"),
    (1_125_899_906_842_624.0, " PiB"),
    (1_099_511_627_776.0, " TiB"),
    (1_073_741_824.0, " GiB"),
    (1_048_576.0, " MiB"),
    (1024.0, " KiB"),
    (1.0, " bytes"),
];
const SECONDS: &[(f64, &str)] = &[
    (86_400.0, " d"),
    (3600.0, " h"),
    (60.0, " min"),
    (1.0, " s"),
    (1e-3, " ms"),
    (1e-6, " µs"),
];
const AGO: &[(f64, &str)] = &[(7200.0, " h"), (120.0, " min"), (1.0, " s")];
const PERCENT: &[(f64, &str)] = &[(1.0, " %")];
const COUNT: &[(f64, &str)] = &[(1e12, " T"), (1e9, " G"), (1e6, " M"), (1.0, "")];

impl Unit {
    /// The sizes that a tick may be told in, the largest first.
    pub(super) fn units(self) -> &'static [(f64, &'static str)] {
        match self {
            Self::Bytes => BYTES,
            Self::Count => COUNT,
            Self::Seconds => SECONDS,
            Self::Ago => AGO,
            Self::Percent => PERCENT,
        }
    }
}

/// The unit in which `value` is a number of at least one.
pub(super) fn suitable(value: f64, units: &'static [(f64, &'static str)]) -> (f64, &'static str) {
    let fits = |(size, _): &&(f64, &str)| value * (1.0 + 1e-9) >= *size;
    let unit = units.iter().find(fits).or(units.last());
    *unit.unwrap_or(&(1.0, ""))
}
