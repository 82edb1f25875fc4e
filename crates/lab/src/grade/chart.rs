//! A class as a picture: what became of each lab, and how the points are spread. An SVG that stands alone.

use std::fmt::Write as _;

use super::format::escape;
use super::score::Mark;
use super::sheet::Sheet;

const WIDTH: usize = 820;
const LEFT: usize = 310;
const ROW: usize = 30;
const BAR: usize = 20;

/// Letters of a lab's title that have room beside its bar.
const MOST_LETTERS: usize = 36;

/// Height of the tallest bar of the spread, and how many bars there are.
const TALL: usize = 120;
const BINS: usize = 10;

/// Colours that people tell apart who see few (Okabe and Ito's, and greys); text is in the reader's own.
const STYLE: &str = "\
text{font:13px system-ui,sans-serif;fill:#222}.h{font-weight:600;font-size:15px}.n{fill:#000;font-size:12px}\
.e{text-anchor:end}.m{text-anchor:middle}.bg{fill:#fff}.axis{stroke:#888}\
@media(prefers-color-scheme:dark){text{fill:#ddd}.bg{fill:#16181c}}";

/// The picture.
pub(super) fn svg(sheets: &[Sheet]) -> String {
    let mut body = String::new();
    let mut y = 34;
    text(
        &mut body,
        "h",
        20,
        y,
        &format!("{} submissions, lab by lab", sheets.len()),
    );
    y += 16;
    y = labs(&mut body, sheets, y);
    y = legend(&mut body, sheets, y + 12);
    y = spread(&mut body, sheets, y + 52);
    let height = y + 24;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">\n\
         <title>What became of {} submissions</title>\n<style>{STYLE}</style>\n\
         <rect class=\"bg\" width=\"{WIDTH}\" height=\"{height}\"/>\n{body}</svg>\n",
        sheets.len()
    )
}

/// A bar for each lab, as long as the class is large.
fn labs(body: &mut String, sheets: &[Sheet], mut y: usize) -> usize {
    let room = WIDTH - LEFT - 20;
    for (at, grade) in sheets
        .first()
        .map_or(&[][..], |s| &s.labs)
        .iter()
        .enumerate()
    {
        let mut title: String = grade.title.chars().take(MOST_LETTERS).collect();
        if title.len() < grade.title.len() {
            title.push('…');
        }
        let name = format!("lab {}  {title}", grade.lab);
        text(body, "e", LEFT - 12, y + 15, &name);
        let mut before = 0;
        for mark in Mark::ALL {
            let of_it = sheets.iter().filter(|sheet| sheet.labs[at].status == mark);
            let count = of_it.count();
            if count == 0 {
                continue;
            }
            // Both ends are rounded, so that segments meet.
            let x = |n: usize| LEFT + n * room / sheets.len();
            let (from, to) = (x(before), x(before + count));
            let _ = writeln!(
                body,
                "<rect x=\"{from}\" y=\"{y}\" width=\"{}\" height=\"{BAR}\" fill=\"{}\"><title>{}: {count}</title></rect>",
                to - from,
                colour(mark),
                mark.words()
            );
            if to - from > 18 {
                text(
                    body,
                    "n m",
                    usize::midpoint(from, to),
                    y + 14,
                    &count.to_string(),
                );
            }
            before += count;
        }
        y += ROW;
    }
    y
}

/// The colours that are in the picture.
fn legend(body: &mut String, sheets: &[Sheet], mut y: usize) -> usize {
    let mut x = LEFT;
    let is_there = |mark: &Mark| {
        let mut grades = sheets.iter().flat_map(|sheet| &sheet.labs);
        grades.any(|grade| grade.status == *mark)
    };
    for mark in Mark::ALL.into_iter().filter(is_there) {
        let width = 34 + mark.words().len() * 7;
        if x + width > WIDTH {
            x = LEFT;
            y += 20;
        }
        let _ = writeln!(
            body,
            "<rect x=\"{x}\" y=\"{y}\" width=\"12\" height=\"12\" fill=\"{}\"/>",
            colour(mark)
        );
        text(body, "", x + 18, y + 11, mark.words());
        x += width;
    }
    y
}

/// How many submissions have how much of the points, in tenths.
fn spread(body: &mut String, sheets: &[Sheet], y: usize) -> usize {
    text(body, "h", 20, y, "Points, in percent of all that there are");
    let mut bins = [0; BINS];
    for sheet in sheets {
        let share = sheet.points / sheet.max_points.max(f64::MIN_POSITIVE);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a share of ten"
        )]
        let bin = ((share * BINS as f64) as usize).min(BINS - 1);
        bins[bin] += 1;
    }
    let most = bins.iter().copied().max().unwrap_or(0).max(1);
    let step = (WIDTH - 60) / BINS;
    let base = y + 30 + TALL;
    for (at, count) in bins.into_iter().enumerate() {
        let x = 30 + at * step;
        let height = count * TALL / most;
        if count > 0 {
            let _ = writeln!(
                body,
                "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{height}\" fill=\"#0072b2\"/>",
                x + 4,
                base - height,
                step - 8
            );
            text(
                body,
                "m",
                x + step / 2,
                base - height - 5,
                &count.to_string(),
            );
        }
        let upper = if at + 1 == BINS { "100" } else { "" };
        let label = if upper.is_empty() {
            format!("{}–{}", at * 10, at * 10 + 9)
        } else {
            format!("{}–{upper}", at * 10)
        };
        text(body, "m", x + step / 2, base + 18, &label);
    }
    let _ = writeln!(
        body,
        "<line class=\"axis\" x1=\"30\" y1=\"{base}\" x2=\"{}\" y2=\"{base}\"/>",
        WIDTH - 30
    );
    base + 18
}

fn text(body: &mut String, class: &str, x: usize, y: usize, words: &str) {
    let _ = writeln!(
        body,
        "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>",
        escape(words)
    );
}

fn colour(mark: Mark) -> &'static str {
    match mark {
        Mark::Passed => "#009e73",
        Mark::Leaking => "#e69f00",
        Mark::Inconclusive => "#a6d96a",
        Mark::Holding => "#f0e442",
        Mark::ContractBroken => "#d55e00",
        Mark::BuildFailed => "#cc79a7",
        Mark::Stopped => "#56b4e9",
        Mark::Refused => "#999999",
        Mark::NotStarted => "#cccccc",
    }
}
