//! Has plotters draw a chart.

use std::error::Error;

use plotters::coord::Shift;
use plotters::element::{Circle, PathElement, Text};
use plotters::prelude::{ChartBuilder, DrawingArea, IntoDrawingArea as _, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color as _, IntoFont as _, ShapeStyle, TextStyle};

use super::ink::{Ink, Tone, classes_for_colors};
use super::legend::{Entry, Kind, SIGN, TO_WORD, legend, width};
use super::{Bar, Chart, Mark, Shape};
use crate::xml::{escaped, plain};

/// Around the plot, in the SVG's units. A label at the end of the x-axis reaches over it.
const LEFT: i32 = 74;
const RIGHT: i32 = 24;
/// Where the legend begins.
const INDENT: i32 = 8;
const ABOVE: i32 = 12;
const LABELS: i32 = 22;
const NAME: i32 = 18;
/// How large a dot is, one that stands for a line, and how broad a bar.
const DOT: u32 = 4;
const SPECK: u32 = 2;
const BROAD: u32 = 9;
/// What plotters takes for a text that is 12 units high.
const FONT: f64 = 12.0 * 1.24;
/// Units between the ticks of an axis.
const BETWEEN: (f64, f64) = (60.0, 40.0);

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// # Panics
/// Never: memory takes all that is drawn.
pub(super) fn svg(chart: &Chart) -> String {
    let mut drawn = String::new();
    draw(chart, &mut drawn).expect("memory takes all that is drawn");
    let inside = drawn.split_once('>').map_or("", |(_, inside)| inside);
    let (width, height) = chart.size;
    format!(
        "<svg class=\"chart\" role=\"img\" viewBox=\"0 0 {width} {height}\" xmlns=\"http://www.w3.org/2000/svg\">\
         <title>{}</title><desc>{}</desc>{}",
        escaped(&chart.title),
        escaped(&chart.description),
        classes_for_colors(inside)
    )
}

fn draw(chart: &Chart, svg: &mut String) -> Result<(), Box<dyn Error>> {
    let root = SVGBackend::with_string(svg, chart.size).into_drawing_area();
    let (entries, legend_height) = legend(chart, INDENT);
    for entry in &entries {
        draw_entry(&root, entry)?;
    }
    let left_of = |whole: u32, taken: i32| f64::from(whole) - f64::from(taken);
    let below = if chart.x.name.is_some() { NAME } else { 0 } + LABELS;
    let wide = left_of(chart.size.0, LEFT + RIGHT).max(1.0);
    let high = left_of(chart.size.1, legend_height + ABOVE + below).max(1.0);
    let values = chart.series.iter().map(|series| series.shape.values());
    let values: Vec<(f64, f64)> = values.flatten().collect();
    let across = values.iter().map(|(x, _)| *x);
    let across = across.chain(chart.marks.iter().map(|mark| mark.x));
    let x = chart.x.scale(across, (wide / BETWEEN.0).max(1.0), false);
    let up = values.iter().map(|(_, y)| *y);
    let y = chart.y.scale(up, (high / BETWEEN.1).max(1.0), true);

    let floor = y.range.start;
    let mut plot = ChartBuilder::on(&root)
        .margin_top(legend_height + ABOVE)
        .margin_right(RIGHT)
        .x_label_area_size(below)
        .y_label_area_size(LEFT)
        .build_cartesian_2d(x, y.clone())?;
    let text = text(Pos::new(HPos::Left, VPos::Top));
    plot.configure_mesh()
        .disable_x_mesh()
        .max_light_lines(0)
        .bold_line_style(stroke(Ink::Grid, 1))
        .axis_style(stroke(Ink::Axis, 1))
        .label_style(text.clone())
        .axis_desc_style(text.clone())
        .x_desc(plain(chart.x.name.as_deref().unwrap_or_default()))
        .draw()?;
    for Mark { x, .. } in chart.marks.iter().filter(|mark| mark.x.is_finite()) {
        let ends = [(*x, y.range.start), (*x, y.range.end)];
        plot.draw_series([PathElement::new(ends, stroke(Ink::Mark, 1))])?;
    }
    let place = |mark: &Mark| plot.backend_coord(&(mark.x, y.range.end));
    for (word, at, side) in words(chart, place) {
        let style = self::text(Pos::new(side, VPos::Top));
        root.draw(&Text::new(plain(word), at, style))?;
    }
    for series in &chart.series {
        let tone = series.tone;
        match &series.shape {
            Shape::Line(points) => {
                for points in points.split(|at| !finite(at)) {
                    if let [alone] = points
                        && alone.1 >= floor
                    {
                        plot.draw_series([Circle::new(*alone, SPECK, fill(Ink::Point(tone)))])?;
                    }
                    for line in above_floor(points, floor) {
                        plot.draw_series([PathElement::new(line, stroke(Ink::Line(tone), 2))])?;
                    }
                }
            }
            Shape::Points(points) => {
                let points = points.iter().copied().filter(finite);
                plot.draw_series(points.map(|at| Circle::new(at, DOT, fill(Ink::Point(tone)))))?;
            }
            Shape::Bars(bars) => {
                let bars = bars
                    .iter()
                    .map(|Bar { x, low, high }| [(*x, low.max(floor)), (*x, high.max(floor))]);
                let bars = bars.filter(|ends| ends.iter().all(finite));
                plot.draw_series(
                    bars.map(|ends| PathElement::new(ends, stroke(Ink::Bar(tone), BROAD))),
                )?;
            }
        }
    }
    root.present()?;
    Ok(())
}

/// The words of marks, with their places and what end of them is there: to the right of the mark, or to its left where the
/// chart ends or another word stands. What has no room is left out, the older of two rather than the newer.
fn words(chart: &Chart, place: impl Fn(&Mark) -> (i32, i32)) -> Vec<(&str, (i32, i32), HPos)> {
    let end = i32::try_from(chart.size.0).unwrap_or(i32::MAX);
    let mut taken: Vec<(i32, i32)> = Vec::new();
    let mut words = Vec::new();
    let marks = chart.marks.iter().rev();
    for mark in marks.filter(|mark| mark.x.is_finite() && !mark.label.is_empty()) {
        let ((x, y), wide) = (place(mark), width(&mark.label));
        let right = (x + TO_WORD, x + TO_WORD + wide);
        let left = (x - TO_WORD - wide, x - TO_WORD);
        let free = |(from, to): (i32, i32)| {
            let apart = |other: &(i32, i32)| to + TO_WORD < other.0 || from > other.1 + TO_WORD;
            taken.iter().all(apart)
        };
        let (from_to, word) = if right.1 <= end && free(right) {
            (right, (mark.label.as_str(), (right.0, y), HPos::Left))
        } else if free(left) && (left.0 >= LEFT || taken.is_empty()) {
            (left, (mark.label.as_str(), (left.1, y), HPos::Right))
        } else {
            continue;
        };
        taken.push(from_to);
        words.push(word);
    }
    words
}

fn draw_entry(root: &Area<'_>, entry: &Entry<'_>) -> Result<(), Box<dyn Error>> {
    let (x, y) = entry.at;
    let tone: Tone = entry.tone;
    match entry.kind {
        Kind::Line => {
            let line = [(x, y), (x + SIGN, y)];
            root.draw(&PathElement::new(line, stroke(Ink::Line(tone), 2)))?;
        }
        Kind::Point => root.draw(&Circle::new((x + SIGN / 2, y), DOT, fill(Ink::Point(tone))))?,
        Kind::Bar => {
            let middle = x + SIGN / 2;
            let bar = [(middle, y - 6), (middle, y + 6)];
            root.draw(&PathElement::new(bar, stroke(Ink::Bar(tone), BROAD)))?;
        }
    }
    let style = text(Pos::new(HPos::Left, VPos::Center));
    let at = (x + SIGN + TO_WORD, y);
    root.draw(&Text::new(plain(entry.name), at, style))?;
    Ok(())
}

/// The parts of a line without gaps that are not below the chart.
fn above_floor(points: &[(f64, f64)], floor: f64) -> Vec<Vec<(f64, f64)>> {
    let mut lines: Vec<Vec<(f64, f64)>> = vec![Vec::new()];
    for (at, &point) in points.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| points[before]);
        let crossing = before
            .filter(|before| (before.1 < floor) != (point.1 < floor))
            .map(|(x, y)| x + (point.0 - x) * (floor - y) / (point.1 - y));
        if let (Some(x), Some(line)) = (crossing, lines.last_mut()) {
            line.push((x, floor));
        }
        if point.1 < floor {
            lines.push(Vec::new());
        } else if let Some(line) = lines.last_mut() {
            line.push(point);
        }
    }
    lines.retain(|line| line.len() > 1);
    lines
}

fn finite(point: &(f64, f64)) -> bool {
    point.0.is_finite() && point.1.is_finite()
}

fn stroke(ink: Ink, width: u32) -> ShapeStyle {
    ink.color().stroke_width(width)
}

fn fill(ink: Ink) -> ShapeStyle {
    ink.color().filled()
}

fn text(pos: Pos) -> TextStyle<'static> {
    ("sans-serif", FONT)
        .into_font()
        .color(&Ink::Text.color())
        .pos(pos)
}

#[cfg(test)]
mod tests;
