//! The chart of live bytes against requests: a line through the snapshots, in Braille dots.

use bytesize::ByteSize;

use super::model::Point;

/// Columns of a label at the left, with the axis behind it.
const LABEL: usize = 10;

/// Dots in a cell, across and down.
const DOTS: (usize, usize) = (2, 4);

/// The chart in so many columns and rows, of which the last two are the axis. Its right end is after `end` requests; its
/// foot is no bytes at all: noise shall look like noise.
pub(super) fn chart(points: &[Point], end: u64, columns: usize, rows: usize) -> Vec<String> {
    let width = columns.saturating_sub(LABEL + 1).max(1);
    let height = rows.saturating_sub(2).max(1);
    let (dots_x, dots_y) = (width * DOTS.0, height * DOTS.1);
    let end = points
        .iter()
        .map(|point| point.requests)
        .fold(end, u64::max);
    let top = points.iter().map(|point| point.live_bytes).max();
    let top = top.unwrap_or_default();
    let x = |requests: f64| scaled(requests / float(end.max(1)), dots_x);
    let y = |bytes: f64| scaled(bytes / float(top.max(1)), dots_y);
    let mut cells = vec![vec![0_u8; width]; height];
    let mut dot = |x: usize, y: usize| {
        let row = height - 1 - y / DOTS.1;
        cells[row][x / DOTS.0] |= braille(x % DOTS.0, DOTS.1 - 1 - y % DOTS.1);
    };
    for pair in points.windows(2) {
        let at = |point: Point| (float(point.requests), float(point.live_bytes));
        let ((x0, y0), (x1, y1)) = (at(pair[0]), at(pair[1]));
        let (from, to) = (x(x0), x(x1));
        let mut before = y(y0);
        for across in from..=to {
            let part = float_of(across - from) / float_of((to - from).max(1));
            let now = y(y0 + (y1 - y0) * part);
            for up in before.min(now)..=before.max(now) {
                dot(across, up);
            }
            before = now;
        }
    }
    let mut rows: Vec<Vec<char>> = cells
        .iter()
        .map(|row| row.iter().map(|bits| glyph(*bits)).collect())
        .collect();
    for point in points {
        let (x, y) = (x(float(point.requests)), y(float(point.live_bytes)));
        rows[height - 1 - y / DOTS.1][x / DOTS.0] = '●';
    }
    let mut lines: Vec<String> = rows
        .into_iter()
        .enumerate()
        .map(|(row, cells)| {
            let label = match row {
                _ if points.is_empty() => String::new(),
                0 => bytes(top),
                row if row == height - 1 => bytes(0),
                _ => String::new(),
            };
            let axis = if label.is_empty() { '│' } else { '┤' };
            let line: String = cells.into_iter().collect();
            format!("{label:>LABEL$}{axis}{}", line.trim_end())
        })
        .collect();
    lines.push(format!("{:LABEL$}└{}", "", "─".repeat(width)));
    let last = format!("{end} requests");
    let gap = width.saturating_sub(last.len() + 1);
    lines.push(format!("{:LABEL$} 0{:gap$}{last}", "", ""));
    lines
}

/// An amount of memory, short.
fn bytes(bytes: u64) -> String {
    ByteSize::b(bytes).display().si().to_string()
}

/// Where a part of the whole is among so many dots.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "from 0 to the number of dots"
)]
fn scaled(part: f64, dots: usize) -> usize {
    let last = dots.saturating_sub(1);
    ((part.clamp(0.0, 1.0) * float_of(last)).round() as usize).min(last)
}

/// The bit of a dot in a Braille cell, from the left and from the top.
fn braille(x: usize, y: usize) -> u8 {
    const BITS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
    BITS[x][y]
}

fn glyph(bits: u8) -> char {
    match bits {
        0 => ' ',
        bits => char::from_u32(0x2800 + u32::from(bits)).unwrap_or(' '),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a dot's place is far coarser")]
fn float(number: u64) -> f64 {
    number as f64
}

#[expect(clippy::cast_precision_loss, reason = "a number of dots")]
fn float_of(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(values: &[(u64, u64)]) -> Vec<Point> {
        let point = |&(requests, live_bytes)| Point {
            requests,
            live_bytes,
        };
        values.iter().map(point).collect()
    }

    #[test]
    fn a_leak_is_a_straight_line_to_the_upper_right() {
        let leak = points(&[
            (0, 100_000),
            (100, 8_500_000),
            (200, 16_900_000),
            (400, 33_600_000),
        ]);
        insta::assert_snapshot!(chart(&leak, 800, 60, 8).join("\n"));
    }

    #[test]
    fn what_stops_is_level_and_noise_is_no_hill() {
        let bounded = points(&[
            (0, 100_000),
            (100, 350_000),
            (200, 350_420),
            (400, 350_110),
            (800, 350_300),
        ]);
        insta::assert_snapshot!(chart(&bounded, 800, 60, 8).join("\n"));
        let level = chart(&bounded[1..], 800, 60, 8);
        assert_eq!(level.iter().filter(|row| row.contains('●')).count(), 1);
    }

    #[test]
    fn no_size_and_no_points_are_too_few() {
        for (columns, rows) in [(0, 0), (1, 1), (12, 3), (300, 100)] {
            assert!(chart(&[], 0, columns, rows).len() >= 3);
            assert!(chart(&points(&[(5, 0)]), 0, columns, rows).len() >= 3);
        }
    }
}
