//! Numbers of charts as people read them.

use heapdiff::terminal::{amount, thousands};

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "not negative; too much becomes the most there is"
)]
fn whole(number: f64) -> u64 {
    number.round() as u64
}

pub(super) fn bytes(bytes: f64) -> String {
    amount(whole(bytes))
}

/// A number of requests, or of requests a second: `1,234`, `0.4`.
pub(super) fn count(number: f64) -> String {
    if number >= 10.0 || number.fract() == 0.0 {
        thousands(whole(number))
    } else {
        format!("{number:.1}")
    }
}

pub(super) fn percent(number: f64) -> String {
    format!("{} %", count(number))
}

/// Three digits or so: `375 µs`, `2.1 ms`, `1.3 s`.
pub(super) fn seconds(seconds: f64) -> String {
    match seconds {
        ..0.001 => format!("{:.0} µs", seconds * 1e6),
        0.001..0.1 => format!("{:.1} ms", seconds * 1e3),
        0.1..1.0 => format!("{:.0} ms", seconds * 1e3),
        _ => format!("{seconds:.1} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_read_them() {
        assert_eq!(count(0.0), "0");
        assert_eq!(count(0.44), "0.4");
        assert_eq!(count(1234.4), "1,234");
        assert_eq!(seconds(0.000_375), "375 µs");
        assert_eq!(seconds(0.0021), "2.1 ms");
        assert_eq!(seconds(0.25), "250 ms");
        assert_eq!(seconds(2.5), "2.5 s");
        assert_eq!(percent(12.34), "12 %");
    }
}
