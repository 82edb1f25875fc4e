//! Charts: lines, points, bars and marks over two axes, as SVG for the page.
//!
//! A [`Chart`] is plain data, and [`Chart::svg`] a pure function of it. What the points mean is the caller's: growth over
//! requests, memory over time, latencies up to a crash. A chart with two quantities that have no unit in common is two
//! charts, one above the other.
//!
//! `plotters` draws; it knows colours only. So everything is drawn in a colour that stands for its part (`ink`) and gets a
//! class instead: the page's style says what `tone-first` looks like, in the light, in the dark and on paper. The font is
//! the page's, too.
//!
//! Both axes begin at zero unless told otherwise, so that what grows little looks as if it grew little.

mod axis;
mod draw;
mod ink;
mod legend;
mod scale;
mod unit;

pub use axis::{Axis, Begins};
pub use ink::Tone;
pub use unit::Unit;

/// A chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// What it shows, in a few words: its name for a screen reader.
    pub title: String,
    /// What is seen in it, in a sentence, for whoever cannot see it.
    pub description: String,
    /// From left to right.
    pub x: Axis,
    /// From bottom to top.
    pub y: Axis,
    /// What is drawn, the last on top.
    pub series: Vec<Series>,
    /// What happened at some places of the x-axis.
    pub marks: Vec<Mark>,
    /// Width and height in the SVG's own units; a text is 12 of them high. The page scales it.
    pub size: (u32, u32),
}

/// What is drawn of one quantity.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// What the legend calls it; without a name it is not in the legend.
    pub name: Option<String>,
    /// How it is told from the others.
    pub tone: Tone,
    /// Its values.
    pub shape: Shape,
}

/// Values, and how they are drawn. Those that are not finite are left out; a line has a gap there.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// A line through points, in their order; a point between two gaps is a small dot.
    Line(Vec<(f64, f64)>),
    /// A dot for each.
    Points(Vec<(f64, f64)>),
    /// A bar for each, between two values.
    Bars(Vec<Bar>),
}

/// A range of values at one place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bar {
    /// Where.
    pub x: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// An event: a line across the chart, with a word, which is left out where it would lie on another.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// Where.
    pub x: f64,
    /// The word; may be empty.
    pub label: String,
}

impl Chart {
    /// The size that suits a column of the page.
    pub const SIZE: (u32, u32) = (360, 224);

    /// The chart as an SVG that needs the page's style.
    pub fn svg(&self) -> String {
        draw::svg(self)
    }
}

impl Shape {
    /// All values, of a bar both ends.
    fn values(&self) -> Vec<(f64, f64)> {
        match self {
            Self::Line(points) | Self::Points(points) => points.clone(),
            Self::Bars(bars) => bars
                .iter()
                .flat_map(|bar| [(bar.x, bar.low), (bar.x, bar.high)])
                .collect(),
        }
    }
}
