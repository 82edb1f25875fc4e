//! Numbers and texts as people read them on a terminal.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::verdict::Rate;

/// `1234567` as `1,234,567`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 request`, `1,234 requests`.
pub(crate) fn count(number: u64, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {thing}{plural}", thousands(number))
}

/// With a sign, but for zero: `+1,234`, `-5`, `0`.
pub fn signed(number: i64) -> String {
    let sign = match number {
        ..0 => "-",
        0 => "",
        1.. => "+",
    };
    format!("{sign}{}", thousands(number.unsigned_abs()))
}

/// An estimate with its standard error, `≈ +1,234,567 ± 30,000`; exact if that is 0, and then without both.
pub(crate) fn estimated(number: &str, error: f64) -> String {
    if error == 0.0 {
        return number.to_owned();
    }
    format!("≈ {number} ± {}", error_bar(error))
}

/// The same of an amount of memory: `≈ 64.5 MiB ± 512.0 KiB`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a root of what has 128 bits"
)]
pub(crate) fn estimated_amount(bytes: u64, error: f64) -> String {
    if error == 0.0 {
        return amount(bytes);
    }
    format!("≈ {} ± {}", amount(bytes), amount(error.ceil() as u64))
}

/// A standard error to two digits: more would say nothing.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a root of what has 128 bits"
)]
pub(crate) fn error_bar(error: f64) -> String {
    let unit = 10_f64.powf((error.max(1.0).log10().floor() - 1.0).max(0.0));
    thousands(((error / unit).ceil() * unit) as u64)
}

/// A large amount of memory: `12.3 MiB`.
#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
pub(crate) fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}

/// The same with a sign.
pub(crate) fn signed_mebibytes(bytes: i64) -> String {
    let sign = if bytes < 0 { "-" } else { "+" };
    format!("{sign}{}", mebibytes(bytes.unsigned_abs()))
}

/// An amount of memory in the unit that suits it: `980 bytes`, `12.3 KiB`, `124.1 MiB`.
#[expect(clippy::cast_precision_loss, reason = "four digits are shown")]
pub fn amount(bytes: u64) -> String {
    match bytes {
        ..0x400 => count(bytes, "byte"),
        0x400..0x10_0000 => format!("{:.1} KiB", bytes as f64 / 1024.0),
        0x10_0000..0x4000_0000 => mebibytes(bytes),
        _ => format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30)),
    }
}

/// The same with a sign, but for zero: `+12.3 KiB`.
pub(crate) fn signed_amount(bytes: i64) -> String {
    let sign = match bytes {
        ..0 => "-",
        0 => "",
        1.. => "+",
    };
    format!("{sign}{}", amount(bytes.unsigned_abs()))
}

/// A rate, as exact as is useful: `+83,886`, `+16`, `+0.25`, `-3.5`.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a quotient of numbers below 2^63"
)]
pub fn rate(rate: f64) -> String {
    if rate.abs() >= 100.0 || (rate - rate.round()).abs() < 0.005 {
        signed(rate.round() as i64)
    } else {
        format!("{rate:+.2}")
    }
}

/// `36 to 84`, if the rate is not exact.
pub(crate) fn between(of: Rate) -> Option<String> {
    let (low, high) = (rate(of.low), rate(of.high));
    let bare = |text: &str| text.trim_start_matches('+').to_owned();
    (low != high).then(|| format!("{} to {}", bare(&low), bare(&high)))
}

/// How many columns a text takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// The beginning of a text, ending in `…` if it had to be cut to `columns`.
pub(crate) fn cut_end(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let kept = take(text.chars(), columns.saturating_sub(1));
    kept.into_iter().chain(['…']).take(columns).collect()
}

/// The end of a text, beginning with `…` if it had to be cut to `columns`.
pub(crate) fn cut_start(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let kept = take(text.chars().rev(), columns.saturating_sub(1));
    ['…']
        .into_iter()
        .chain(kept.into_iter().rev())
        .take(columns)
        .collect()
}

fn take(chars: impl Iterator<Item = char>, columns: usize) -> Vec<char> {
    let mut left = columns;
    chars
        .take_while(|c| {
            let enough = left.checked_sub(c.width().unwrap_or(0));
            left = enough.unwrap_or(0);
            enough.is_some()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_easy_to_read() {
        assert_eq!(
            ["0", "999", "1,000", "18,446,744,073,709,551,615"],
            [0, 999, 1000, u64::MAX]
                .map(thousands)
                .each_ref()
                .map(String::as_str)
        );
        assert_eq!([signed(-1234), signed(0), signed(5)], ["-1,234", "0", "+5"]);
        assert_eq!(
            [rate(83_886.08), rate(16.0), rate(0.25), rate(-3.5)],
            ["+83,886", "+16", "+0.25", "-3.50"]
        );
    }

    #[test]
    fn an_error_has_two_digits() {
        let bars = [0.2, 7.1, 99.5, 1234.0, 524_288.0].map(error_bar);
        assert_eq!(bars, ["1", "8", "100", "1,300", "530,000"]);
        assert_eq!(estimated("+5,000", 1234.0), "≈ +5,000 ± 1,300");
        assert_eq!(estimated("+5,000", 0.0), "+5,000");
    }

    #[test]
    fn amounts_have_the_unit_that_suits_them() {
        assert_eq!(
            [0, 1, 4440, 67_226_608, 5 << 30].map(amount),
            ["0 bytes", "1 byte", "4.3 KiB", "64.1 MiB", "5.0 GiB"]
        );
    }

    #[test]
    fn texts_are_cut_to_columns_not_bytes() {
        assert_eq!(cut_end("Vec<Arc<Redundant>>", 8), "Vec<Arc…");
        assert_eq!(cut_start("leaky-server/src/lab1.rs:21", 10), "…ab1.rs:21");
        assert_eq!(cut_end("漢字漢字", 5), "漢字…");
        assert_eq!(
            (cut_end("abc", 0), cut_start("abc", 1)),
            (String::new(), "…".to_owned())
        );
    }
}
