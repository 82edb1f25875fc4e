//! Lays out rows of a name, numbers and a place for a given width: all in one line where it fits, else the place
//! on a line of its own, else without the columns that can be missed.

use std::fmt::Write as _;

use super::Screen;
use super::number::{cut_end, cut_start, width};
use super::style::{BOLD, DIM, Paint};

/// A column of numbers.
pub(super) struct Column {
    pub(super) head: &'static str,
    /// Which to drop first when it gets narrow: the higher, the sooner; 0 stays.
    pub(super) rank: u8,
}

/// A number, ready to print.
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) paint: Paint,
}

/// A row.
pub(super) struct Line {
    pub(super) name: String,
    pub(super) paint: Paint,
    pub(super) cells: Vec<Cell>,
    pub(super) place: Place,
    /// What is printed below, line by line.
    pub(super) below: Vec<Place>,
}

/// A function and its file; either may be empty.
#[derive(Default)]
pub(super) struct Place {
    pub(super) function: String,
    pub(super) file: String,
}

/// A table, printed.
pub(super) struct Printed {
    pub(super) text: String,
    /// The heads of the columns that did not fit.
    pub(super) dropped: Vec<&'static str>,
}

const GAP: usize = 2;
/// A name is not squeezed below this before columns are dropped.
const NAME: usize = 22;
/// Longer names and functions are cut: generic arguments of libraries have no end.
const LONGEST_NAME: usize = 56;
const LONGEST_FUNCTION: usize = 48;
/// From this rank on a column is dropped for the sake of one line a row.
const LUXURY: u8 = 6;

pub(super) fn print(
    heads: (&str, &str),
    columns: &[Column],
    lines: &[Line],
    screen: &Screen,
) -> Printed {
    let layout = Layout::of(heads, columns, lines, screen.width);
    let mut out = String::new();
    let kept = || {
        layout
            .kept
            .iter()
            .map(|at| (&columns[*at], layout.widths[*at], *at))
    };

    let mut head = cut_end(heads.0, layout.name);
    pad(&mut head, layout.name);
    for (column, width, _) in kept() {
        let _ = write!(head, "{:GAP$}{:>width$}", "", column.head);
    }
    if layout.inline {
        let _ = write!(head, "{:GAP$}{}", "", heads.1);
    }
    let _ = writeln!(out, "{}", screen.paint(BOLD, head.trim_end()));

    for line in lines {
        let mut name = cut_end(&line.name, layout.name);
        pad(&mut name, layout.name);
        out.push_str(&screen.paint(line.paint, &name));
        for (_, width, at) in kept() {
            let cell = &line.cells[at];
            let _ = write!(
                out,
                "{:GAP$}{}",
                "",
                screen.paint(cell.paint, &format!("{:>width$}", cell.text))
            );
        }
        if layout.inline {
            let left = screen.width.saturating_sub(layout.used + GAP);
            let _ = write!(out, "{:GAP$}{}", "", line.place.fit(left, screen));
        }
        let end = out.trim_end().len();
        out.truncate(end);
        out.push('\n');
        let place = (!layout.inline && !line.place.is_empty()).then_some(&line.place);
        let below: Vec<&Place> = place.into_iter().chain(&line.below).collect();
        for (at, place) in below.iter().enumerate() {
            let lead = if at + 1 < below.len() {
                "  │ "
            } else {
                "  └ "
            };
            let left = screen.width.saturating_sub(width(lead));
            let _ = writeln!(
                out,
                "{}{}",
                screen.paint(DIM, lead),
                place.fit(left, screen)
            );
        }
    }
    let dropped = (0..columns.len())
        .filter(|at| !layout.kept.contains(at))
        .map(|at| columns[at].head)
        .collect();
    Printed { text: out, dropped }
}

struct Layout {
    name: usize,
    widths: Vec<usize>,
    kept: Vec<usize>,
    inline: bool,
    used: usize,
}

impl Layout {
    fn of(heads: (&str, &str), columns: &[Column], lines: &[Line], screen: usize) -> Self {
        let widest = |of: &dyn Fn(&Line) -> usize| lines.iter().map(of).max().unwrap_or(0);
        let widths: Vec<usize> = columns
            .iter()
            .enumerate()
            .map(|(at, column)| width(column.head).max(widest(&|line| width(&line.cells[at].text))))
            .collect();
        let name = widest(&|line| width(&line.name))
            .max(width(heads.0))
            .min(LONGEST_NAME);
        let place = widest(&|line| line.place.width()).max(width(heads.1));
        let mut kept: Vec<usize> = (0..columns.len()).collect();
        let numbers = |kept: &[usize]| kept.iter().map(|at| widths[*at] + GAP).sum::<usize>();

        let has_places = lines.iter().any(|line| !line.place.is_empty());
        let fits = |kept: &[usize]| has_places && name + numbers(kept) + GAP + place <= screen;
        let without_luxury: Vec<usize> = kept
            .iter()
            .copied()
            .filter(|at| columns[*at].rank < LUXURY)
            .collect();
        for kept in [&kept, &without_luxury] {
            if fits(kept) {
                return Self {
                    name,
                    used: name + numbers(kept),
                    kept: kept.clone(),
                    widths,
                    inline: true,
                };
            }
        }
        let is_empty = |at: usize| lines.iter().all(|line| line.cells[at].text == "0");
        while name.min(NAME) + numbers(&kept) > screen {
            let droppable = kept.iter().copied().filter(|at| columns[*at].rank > 0);
            let Some(drop) = droppable.max_by_key(|at| (is_empty(*at), columns[*at].rank)) else {
                break;
            };
            kept.retain(|at| *at != drop);
        }
        let name = name
            .min(screen.saturating_sub(numbers(&kept)))
            .max(name.min(8));
        Self {
            name,
            used: name + numbers(&kept),
            widths,
            kept,
            inline: false,
        }
    }
}

impl Place {
    fn is_empty(&self) -> bool {
        self.function.is_empty() && self.file.is_empty()
    }

    fn width(&self) -> usize {
        let gap = if self.function.is_empty() || self.file.is_empty() {
            0
        } else {
            GAP
        };
        width(&self.function).min(LONGEST_FUNCTION) + gap + width(&self.file)
    }

    /// Both if they fit; the file keeps its end (name and line), the function its beginning.
    fn fit(&self, columns: usize, screen: &Screen) -> String {
        let file = cut_start(&self.file, columns);
        let left = columns.saturating_sub(width(&file) + GAP);
        if self.function.is_empty() || left < 8 && !file.is_empty() {
            return screen.paint(DIM, &file);
        }
        let function = cut_end(&self.function, if file.is_empty() { columns } else { left });
        if file.is_empty() {
            function
        } else {
            format!("{function}{:GAP$}{}", "", screen.paint(DIM, &file))
        }
    }
}

fn pad(text: &mut String, columns: usize) {
    for _ in width(text)..columns {
        text.push(' ');
    }
}
