//! `heapdiff compare`: the comparison of two snapshots as a table, as JSON or as a page.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::destination::Destination;
use super::{Common, Output, TOP, sources, warnings};
use crate::compare::{Comparison, compare};
use crate::error::Error;
use crate::limits::Limits;
use crate::profile::Profile;
use crate::sort::Sort;
use crate::{excerpt, files, json, page};

#[derive(Debug, Args)]
pub(super) struct Compare {
    /// The earlier snapshot
    before: PathBuf,
    /// The later snapshot
    after: PathBuf,
    /// What to sort by, largest first
    #[arg(long, value_enum, default_value_t, value_name = "COLUMN")]
    sort: SortArg,
    /// Look for source files in this folder; may be given more than once [default: the current folder]
    #[arg(long, value_name = "DIR")]
    source_root: Vec<PathBuf>,
    /// A table for people, a page for a browser, or JSON for programs
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    #[command(flatten)]
    destination: Destination,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum SortArg {
    /// Alloc. Size: bytes more, in bytes
    #[default]
    Alloc,
    /// Size Delta: growth first, in bytes
    Delta,
    /// # New: blocks more, in blocks
    New,
    /// Freed Size: bytes less, in bytes
    Freed,
    /// Churned: allocated and freed in between, in bytes
    Churn,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines for a terminal
    #[default]
    Table,
    /// One object, with all rows
    Json,
    /// One file for a browser: sortable, with flame graphs and source; needs no network
    Html,
}

impl Compare {
    /// The comparison; if it goes to a file, what the reader should know about the snapshots.
    pub(super) fn answer(
        self,
        limits: &Limits,
        output: Output,
        out: &mut dyn Write,
    ) -> Result<String, Error> {
        self.destination.check(self.format == Format::Html)?;
        let snapshots = [&self.before, &self.after];
        let (before, after) = files::read_pair_within(&self.before, &self.after, limits)?;
        let comparison = compare(&before, &after, &self.common.options())?;
        let notes = comparison.notes.clone();
        self.destination.deliver(
            out,
            |out| self.write([&before, &after], comparison, output, out),
            &snapshots,
            || warnings(&notes),
        )
    }

    fn write(
        &self,
        snapshots: [&Profile; 2],
        comparison: Comparison,
        output: Output,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let sources = sources(&self.source_root);
        let default = (self.format == Format::Table).then_some(TOP);
        let view = self.common.view(self.sort.into(), default);
        let text = match self.format {
            Format::Json => return json::write(&comparison, &view, out),
            Format::Html => {
                let find = |file: &str| sources.find(file);
                page::report(
                    snapshots,
                    comparison,
                    &view,
                    &self.common.options().in_app,
                    &find,
                )
            }
            Format::Table => {
                let screen = output.screen(self.common.width);
                excerpt::below_table(&comparison, &view, &sources, &screen)
            }
        };
        out.write_all(text.as_bytes())
    }
}

impl From<SortArg> for Sort {
    fn from(sort: SortArg) -> Self {
        match sort {
            SortArg::Alloc => Self::Alloc,
            SortArg::Delta => Self::Delta,
            SortArg::New => Self::New,
            SortArg::Freed => Self::Freed,
            SortArg::Churn => Self::Churn,
        }
    }
}
