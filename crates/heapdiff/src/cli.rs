//! The command line of `heapdiff`: what can be asked, and what is answered.

mod export;
mod flamegraph;

use std::io;
use std::path::PathBuf;

use anstream::{AutoStream, ColorChoice};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::compare::compare;
use crate::error::Error;
use crate::group::{GroupBy, Options};
use crate::in_app::InApp;
use crate::inventory::inventory;
use crate::sort::Sort;
use crate::terminal::Screen;
use crate::view::View;
use crate::{excerpt, files, json, terminal};

/// Reads DHAT heap snapshots and compares them.
///
/// Reads what heapshot, dhat-rs and `valgrind --tool=dhat` write (DHAT file version 2, modes heap and rust-heap).
/// Exit codes: 0 answered, 2 wrong usage or a snapshot that cannot be read.
#[derive(Debug, Parser)]
#[command(name = "heapdiff", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Says what grew, shrank and churned between two snapshots
    Compare(Compare),
    /// Says what a snapshot holds
    Show(Show),
    /// Draws what a snapshot holds, or what grew and shrank between two, as a flame graph
    Flamegraph(flamegraph::Flamegraph),
    /// Writes snapshots in the format of another tool
    Export(export::Export),
}

#[derive(Debug, Args)]
struct Compare {
    /// The earlier snapshot
    before: PathBuf,
    /// The later snapshot
    after: PathBuf,
    /// What to sort by, largest first
    #[arg(long, value_enum, default_value_t, value_name = "COLUMN")]
    sort: SortArg,
    /// Look for the source of the top row in this folder; may be given more than once [default: the current folder]
    #[arg(long, value_name = "DIR")]
    source_root: Vec<PathBuf>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct Show {
    /// The snapshot
    snapshot: PathBuf,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct Common {
    /// What a row stands for
    #[arg(long, value_enum, default_value_t, value_name = "WHAT")]
    by: ByArg,
    /// Only rows whose type, function or file contains this text, whatever its case
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// At most so many rows [default: 10 in a table, all in JSON]
    #[arg(long, value_name = "N")]
    top: Option<usize>,
    /// Exactly these crates are your code, separated by commas [default: all but std, registry crates and the profiler]
    #[arg(long, value_name = "CRATE,…", value_delimiter = ',')]
    in_app: Vec<String>,
    /// A table for people, or JSON for programs
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// How many columns the table may take [default: the terminal's, or 120]
    #[arg(long, value_name = "COLUMNS")]
    width: Option<usize>,
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

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum ByArg {
    /// A line of your code, and the type allocated there
    #[default]
    Site,
    /// A type, wherever it was allocated
    Type,
    /// A whole call stack
    Stack,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Format {
    #[default]
    Table,
    Json,
}

/// What a standard output is, as far as tables care.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    /// The terminal's columns, if it is one.
    pub width: Option<usize>,
    /// Whether it takes colours.
    pub color: bool,
}

impl Output {
    /// What this process's is.
    pub fn of_stdout() -> Self {
        let stdout = io::stdout();
        Self {
            width: terminal_size::terminal_size_of(&stdout).map(|(width, _)| usize::from(width.0)),
            color: AutoStream::choice(&stdout) != ColorChoice::Never,
        }
    }

    /// As a screen: `width` columns if that is given, else the terminal's, else 120.
    pub fn screen(self, width: Option<usize>) -> Screen {
        Screen {
            width: width.or(self.width).unwrap_or(120),
            color: self.color,
        }
    }
}

impl Cli {
    /// The answer, ready to print.
    ///
    /// # Errors
    /// A snapshot that cannot be read, a file that cannot be written; see [`Error`].
    pub fn answer(self, output: Output) -> Result<String, Error> {
        match self.command {
            Command::Compare(asked) => asked.answer(output),
            Command::Show(asked) => asked.answer(output),
            Command::Flamegraph(asked) => asked.answer(),
            Command::Export(asked) => asked.answer(),
        }
    }
}

impl Compare {
    fn answer(self, output: Output) -> Result<String, Error> {
        let (before, after) = (files::read(&self.before)?, files::read(&self.after)?);
        let comparison = compare(&before, &after, &self.common.options())?;
        let view = self.common.view(self.sort.into());
        let screen = output.screen(self.common.width);
        Ok(match self.common.format {
            Format::Json => json::render(&comparison, &view),
            Format::Table => {
                let roots = if self.source_root.is_empty() {
                    vec![PathBuf::from(".")]
                } else {
                    self.source_root
                };
                excerpt::below_table(&comparison, &view, &roots, &screen)
            }
        })
    }
}

impl Show {
    fn answer(self, output: Output) -> Result<String, Error> {
        let profile = files::read(&self.snapshot)?;
        let inventory = inventory(&profile, &self.common.options());
        let view = self.common.view(Sort::default());
        Ok(match self.common.format {
            Format::Json => json::render_inventory(&inventory, &view),
            Format::Table => {
                terminal::render_inventory(&inventory, &view, &output.screen(self.common.width))
            }
        })
    }
}

impl Common {
    fn options(&self) -> Options {
        Options {
            by: self.by.into(),
            in_app: in_app(&self.in_app),
        }
    }

    fn view(&self, sort: Sort) -> View {
        let default = match self.format {
            Format::Table => Some(10),
            Format::Json => None,
        };
        View {
            sort,
            filter: self.filter.clone(),
            top: self.top.or(default),
        }
    }
}

/// `--in-app`, as rules.
fn in_app(crates: &[String]) -> InApp {
    if crates.is_empty() {
        InApp::default()
    } else {
        InApp::only(crates)
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

impl From<ByArg> for GroupBy {
    fn from(by: ByArg) -> Self {
        match by {
            ByArg::Site => Self::Site,
            ByArg::Type => Self::Type,
            ByArg::Stack => Self::Stack,
        }
    }
}
