//! What each part of a chart is drawn with: a colour that nothing else has, and the class that takes its place.

use plotters::style::RGBColor;

/// How a series is told from the others, by colour and by the kind of its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// What the chart is about.
    First,
    /// What is shown beside it.
    Second,
    /// What was reckoned, and not measured.
    Trend,
    /// A third and a fourth of a kind.
    Third,
    /// See [`Third`](Self::Third).
    Fourth,
    /// What must not be reached.
    Limit,
}

/// A part of a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    /// The lines behind everything.
    Grid,
    /// The axes.
    Axis,
    /// Whatever is written.
    Text,
    /// Lines of marks.
    Mark,
    Line(Tone),
    Point(Tone),
    Bar(Tone),
}

const TONES: [Tone; 6] = [
    Tone::First,
    Tone::Second,
    Tone::Trend,
    Tone::Third,
    Tone::Fourth,
    Tone::Limit,
];

impl Ink {
    fn all() -> impl Iterator<Item = Self> {
        let series = TONES.into_iter();
        let series = series.flat_map(|tone| [Self::Line(tone), Self::Point(tone), Self::Bar(tone)]);
        [Self::Grid, Self::Axis, Self::Text, Self::Mark]
            .into_iter()
            .chain(series)
    }

    /// The colour that stands for it.
    pub(super) fn color(self) -> RGBColor {
        let [part, tone] = match self {
            Self::Grid => [1, 0],
            Self::Axis => [2, 0],
            Self::Text => [3, 0],
            Self::Mark => [4, 0],
            Self::Line(tone) => [5, tone.number()],
            Self::Point(tone) => [6, tone.number()],
            Self::Bar(tone) => [7, tone.number()],
        };
        RGBColor(0, part, tone)
    }

    fn class(self) -> String {
        match self {
            Self::Grid => "chart-grid".to_owned(),
            Self::Axis => "chart-axis".to_owned(),
            Self::Text => "chart-text".to_owned(),
            Self::Mark => "chart-mark".to_owned(),
            Self::Line(tone) => format!("chart-line {}", tone.class()),
            Self::Point(tone) => format!("chart-point {}", tone.class()),
            Self::Bar(tone) => format!("chart-bar {}", tone.class()),
        }
    }
}

impl Tone {
    fn number(self) -> u8 {
        match self {
            Self::First => 0,
            Self::Second => 1,
            Self::Trend => 2,
            Self::Third => 3,
            Self::Fourth => 4,
            Self::Limit => 5,
        }
    }

    fn class(self) -> &'static str {
        match self {
            Self::First => "tone-first",
            Self::Second => "tone-second",
            Self::Trend => "tone-trend",
            Self::Third => "tone-third",
            Self::Fourth => "tone-fourth",
            Self::Limit => "tone-limit",
        }
    }
}

/// Puts classes where the colours are, and takes out what the page's style says. In texts quotation marks are escaped,
/// so that nothing in one can be taken for an attribute.
pub(super) fn classes_for_colors(drawn: &str) -> String {
    let mut svg = drawn
        .replace(" opacity=\"1\"", "")
        .replace(" stroke=\"none\"", "")
        .replace(" font-family=\"sans-serif\"", "");
    for ink in Ink::all() {
        let RGBColor(red, green, blue) = ink.color();
        let class = format!("class=\"{}\"", ink.class());
        for attribute in ["stroke", "fill"] {
            let color = format!("{attribute}=\"#{red:02X}{green:02X}{blue:02X}\"");
            svg = svg.replace(&color, &class);
        }
    }
    svg
}
