//! What the series are called: a row or two above the chart.

use unicode_width::UnicodeWidthStr as _;

use super::Chart;
use super::ink::Tone;

/// An entry of the legend, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry<'a> {
    pub(super) name: &'a str,
    pub(super) tone: Tone,
    pub(super) kind: Kind,
    /// The left end of its sign, and the middle of its row.
    pub(super) at: (i32, i32),
}

/// What its sign looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Line,
    Point,
    Bar,
}

/// Widths, in the SVG's units: of a sign, from it to its word, of an average letter, between entries.
pub(super) const SIGN: i32 = 16;
pub(super) const TO_WORD: i32 = 6;
const LETTER: f64 = 6.3;
const BETWEEN: i32 = 16;
/// The height of a row.
const ROW: i32 = 18;

/// The entries, and how high they are together. What does not fit into the row begins another.
pub(super) fn legend(chart: &Chart, left: i32) -> (Vec<Entry<'_>>, i32) {
    let right = i32::try_from(chart.size.0).unwrap_or(i32::MAX);
    let (mut x, mut y) = (left, ROW / 2);
    let mut entries = Vec::new();
    for series in &chart.series {
        let Some(name) = series.name.as_deref() else {
            continue;
        };
        let width = SIGN + TO_WORD + width(name);
        if x > left && x + width > right {
            (x, y) = (left, y + ROW);
        }
        entries.push(Entry {
            name,
            tone: series.tone,
            kind: match series.shape {
                super::Shape::Line(_) => Kind::Line,
                super::Shape::Points(_) => Kind::Point,
                super::Shape::Bars(_) => Kind::Bar,
            },
            at: (x, y),
        });
        x += width + BETWEEN;
    }
    let height = if entries.is_empty() { 0 } else { y + ROW / 2 };
    (entries, height)
}

/// About how wide a text is: the font is the reader's.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a guess at the length of a few words"
)]
pub(super) fn width(text: &str) -> i32 {
    (LETTER * text.width() as f64).ceil() as i32
}
