//! A table of texts, which a terminal, Markdown and a page show alike.

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_width::UnicodeWidthStr;

/// What a measurement has to say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// What it is called where it is asked for: `recording`.
    pub name: String,
    /// What is in it, in a line.
    pub title: String,
    /// The columns' heads. The first column holds names, the others figures.
    pub head: Vec<String>,
    /// A cell for each head.
    pub rows: Vec<Vec<String>>,
    /// What must be known to read it, below it.
    pub notes: Vec<String>,
}

impl Table {
    /// An empty one.
    #[must_use]
    pub fn new(name: &str, title: &str, head: &[&str]) -> Self {
        Self {
            name: name.to_owned(),
            title: title.to_owned(),
            head: head.iter().map(ToString::to_string).collect(),
            ..Self::default()
        }
    }

    /// Adds a row.
    ///
    /// # Panics
    /// When it has not a cell for each head.
    pub fn row<C: Into<String>>(&mut self, cells: impl IntoIterator<Item = C>) {
        let cells: Vec<String> = cells.into_iter().map(Into::into).collect();
        assert_eq!(cells.len(), self.head.len(), "a cell for each head");
        self.rows.push(cells);
    }

    /// Adds a note.
    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// As Markdown, the title above it in bold and the notes below.
    #[must_use]
    pub fn markdown(&self) -> String {
        let line = |cells: &[String]| {
            let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
            format!("| {} |\n", cells.join(" | "))
        };
        let ruler: Vec<String> = (0..self.head.len())
            .map(|column| if column == 0 { "---" } else { "---:" }.to_owned())
            .collect();
        let mut text = format!("**{}**\n\n", self.title);
        text += &line(&self.head);
        text += &line(&ruler);
        for row in &self.rows {
            text += &line(row);
        }
        for note in &self.notes {
            text += "\n";
            text += note;
            text += "\n";
        }
        text
    }
}

/// For a terminal.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths: Vec<usize> = (0..self.head.len())
            .map(|column| {
                std::iter::once(&self.head)
                    .chain(&self.rows)
                    .map(|row| row[column].width())
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        writeln!(f, "{}\n", self.title)?;
        for row in std::iter::once(&self.head).chain(&self.rows) {
            let mut line = String::new();
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                let room = " ".repeat(width - cell.width());
                // Names begin where their column begins, figures end where it ends.
                let cells = if column == 0 {
                    ["  ", cell, &room]
                } else {
                    ["  ", &room, cell]
                };
                line += &cells.concat();
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        for note in &self.notes {
            writeln!(f, "\n  {note}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    fn example() -> Table {
        let mut table = Table::new("example", "Two sides", &["", "ratio"]);
        table.row(["plain", "1"]);
        table.row(["it | that", "0.94 [0.91–0.97]"]);
        table.note("Requests per second.");
        table
    }

    #[test]
    fn in_a_terminal_figures_stand_below_each_other() {
        assert_eq!(
            example().to_string(),
            "Two sides\n\n                        ratio\n  plain                     1\n  it | that  0.94 [0.91–0.97]\n\n  Requests per second.\n"
        );
    }

    #[test]
    fn in_markdown_a_bar_in_a_cell_is_no_border() {
        assert_eq!(
            example().markdown(),
            "**Two sides**\n\n|  | ratio |\n| --- | ---: |\n| plain | 1 |\n| it \\| that | 0.94 [0.91–0.97] |\n\nRequests per second.\n"
        );
    }
}
