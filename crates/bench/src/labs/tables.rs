//! The comparison as tables.

use heapdiff::terminal::{rate, thousands};

use super::LEVELS;
use super::estimate::Estimate;
use super::figures::Measured;
use super::http::CONNECTIONS;
use super::side::Side;
use crate::table::Table;

/// All of them, the one for the README first.
pub(super) fn all(measured: &[Measured]) -> Vec<Table> {
    vec![
        headline(measured),
        handlers(measured),
        throughput(measured),
        memory(measured),
    ]
}

fn headline(measured: &[Measured]) -> Table {
    let last = LEVELS.len() - 1;
    let mut table = Table::new(
        "headline",
        &format!(
            "Leaky against fixed, after {} requests",
            thousands(LEVELS[last] as u64)
        ),
        &[
            "lab",
            "bytes kept per request",
            "of the fixed one",
            "time of a request",
            "requests/s over HTTP",
            "slowest request",
        ],
    );
    for lab in measured {
        let slowest = match Side::BOTH.map(|side| lab.worst(side)) {
            [Some(leaky), Some(fixed)] => format!("{:.1} ×", leaky.seconds / fixed.seconds),
            _ => none(),
        };
        table.row([
            name(lab),
            bytes(lab.bytes_per_request(Side::Leaky)),
            bytes(lab.bytes_per_request(Side::Fixed)),
            times(lab.handler(last)),
            times(lab.throughput(last)),
            slowest,
        ]);
    }
    table.note(
        "Ratios are leaky ÷ fixed, with their 95 % confidence interval. Time: the handler alone, in process and unrecorded. Over HTTP: the whole server as it is shipped, which records its heap.",
    );
    table
}

fn handlers(measured: &[Measured]) -> Table {
    let mut table = by_level(
        measured,
        "handlers",
        "What a request takes: the handler alone, without network and recorder",
        |lab, level, side| lab.handler_seconds(level, side).map_or_else(none, time),
        Measured::handler,
    );
    table.note("Of each round the mean of criterion's samples, and of the rounds the median; the ratio with its 95 % confidence interval (bootstrap over rounds and samples).");
    table
}

fn throughput(measured: &[Measured]) -> Table {
    let title =
        format!("Requests per second of the whole server, over HTTP on {CONNECTIONS} connections");
    let mut table = by_level(
        measured,
        "throughput",
        &title,
        |lab, level, side| lab.per_second(level, side).map_or_else(none, count),
        Measured::throughput,
    );
    let turned_away: Vec<String> = measured
        .iter()
        .filter_map(|lab| Some(format!("lab {} with {}", lab.lab.number, lab.lab.busy?)))
        .collect();
    if !turned_away.is_empty() {
        table.note(format!(
            "Who is turned away counts as answered: {}.",
            turned_away.join(", ")
        ));
    }
    table
}

/// A row each lab; for each level one figure of both sides, and their ratio.
fn by_level(
    measured: &[Measured],
    table: &str,
    title: &str,
    figure: impl Fn(&Measured, usize, Side) -> String,
    ratio: impl Fn(&Measured, usize) -> Option<Estimate>,
) -> Table {
    let heads = LEVELS.iter().flat_map(|level| {
        let after = thousands(*level as u64);
        [
            format!("after {after}: leaky"),
            "fixed".to_owned(),
            "leaky ÷ fixed".to_owned(),
        ]
    });
    let heads: Vec<String> = heads.collect();
    let heads: Vec<&str> = std::iter::once("lab")
        .chain(heads.iter().map(String::as_str))
        .collect();
    let mut table = Table::new(table, title, &heads);
    for lab in measured {
        let cells = (0..LEVELS.len()).flat_map(|level| {
            let [leaky, fixed] = Side::BOTH.map(|side| figure(lab, level, side));
            [leaky, fixed, times(ratio(lab, level))]
        });
        table.row(std::iter::once(name(lab)).chain(cells));
    }
    table
}

fn memory(measured: &[Measured]) -> Table {
    let mut table = Table::new(
        "memory",
        "What is kept, and the slowest request",
        &[
            "lab",
            "kept per request: leaky",
            "fixed",
            "slowest request: leaky",
            "fixed",
        ],
    );
    for lab in measured {
        let [leaky, fixed] = Side::BOTH.map(|side| {
            lab.worst(side).map_or_else(none, |worst| {
                format!("{} (the {})", time(worst.seconds), ordinal(worst.request))
            })
        });
        table.row([
            name(lab),
            bytes(lab.bytes_per_request(Side::Leaky)),
            bytes(lab.bytes_per_request(Side::Fixed)),
            leaky,
            fixed,
        ]);
    }
    table.note(format!(
        "Kept: growth of the live heap, in bytes, between {} and {} requests; less than 64 KiB in all is nothing, and a list that doubles counts with its room. Slowest: of the handler alone on its way to {}, the first hundred left out; the median of the rounds.",
        thousands(LEVELS[1] as u64),
        thousands(LEVELS[2] as u64),
        thousands(LEVELS[2] as u64),
    ));
    table
}

fn name(measured: &Measured) -> String {
    format!("{} {}", measured.lab.number, measured.lab.title)
}

fn times(estimate: Option<Estimate>) -> String {
    estimate.map_or_else(none, |estimate| estimate.to_string())
}

fn bytes(per_request: Option<f64>) -> String {
    per_request.map_or_else(none, |bytes| match bytes {
        0.0 => "0".to_owned(),
        some => rate(some),
    })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "requests per second"
)]
fn count(per_second: f64) -> String {
    thousands(per_second.round() as u64)
}

/// A time in seconds, with three digits.
pub(super) fn time(seconds: f64) -> String {
    let (number, unit) = match seconds {
        short if short < 1e-3 => (seconds * 1e6, "µs"),
        middling if middling < 1.0 => (seconds * 1e3, "ms"),
        _ => (seconds, "s"),
    };
    let decimals = match number {
        small if small < 10.0 => 2,
        tens if tens < 100.0 => 1,
        _ => 0,
    };
    format!("{number:.decimals$} {unit}")
}

fn ordinal(number: usize) -> String {
    let ending = match (number % 10, number % 100) {
        (1, rest) if rest != 11 => "st",
        (2, rest) if rest != 12 => "nd",
        (3, rest) if rest != 13 => "rd",
        _ => "th",
    };
    format!("{}{ending}", thousands(number as u64))
}

fn none() -> String {
    "–".to_owned()
}

#[cfg(test)]
mod tests {
    use super::{ordinal, time};

    #[test]
    fn times_have_three_digits() {
        let times = [1.234e-6, 0.000_123_4, 0.012_34, 1.234].map(time);
        assert_eq!(times, ["1.23 µs", "123 µs", "12.3 ms", "1.23 s"]);
    }

    #[test]
    fn ordinals_are_english() {
        let ordinals = [1, 2, 3, 4, 11, 112, 1_021].map(ordinal);
        assert_eq!(
            ordinals,
            ["1st", "2nd", "3rd", "4th", "11th", "112th", "1,021st"]
        );
    }
}
