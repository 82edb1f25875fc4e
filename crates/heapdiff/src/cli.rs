//! The command line of `heapdiff`: what can be asked, and what is answered.

mod compare;
mod destination;
mod export;
mod flamegraph;
mod verdict;

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::PathBuf;

use anstream::{AutoStream, ColorChoice};
use bytesize::ByteSize;
use clap::{Args, Parser, Subcommand, ValueEnum};

use self::destination::print;
use crate::error::Error;
use crate::group::{GroupBy, Options};
use crate::in_app::InApp;
use crate::inventory::inventory;
use crate::limits::Limits;
use crate::note::Note;
use crate::sort::Sort;
use crate::source::Finder;
use crate::terminal::Screen;
use crate::view::View;
use crate::{files, json, terminal};

/// Reads DHAT heap snapshots and compares them.
///
/// Reads what heapshot, dhat-rs and `valgrind --tool=dhat` write (DHAT file version 2, modes heap and rust-heap).
/// Exit codes: 0 answered, 2 wrong usage or a snapshot that cannot be read. Of `verdict`: 0 no leak, 1 leak,
/// 2 bad input, 3 inconclusive.
#[derive(Debug, Parser)]
#[command(name = "heapdiff", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Limit the memory for each snapshot, the file included, as in 8GiB [default: 6 times the file's size plus 64 MiB, and
    /// no file above 4 GiB]
    #[arg(long, global = true, value_name = "SIZE")]
    max_memory: Option<ByteSize>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Says what grew, shrank and churned between two snapshots
    Compare(compare::Compare),
    /// Says from a series of snapshots whether the program leaks, and where
    ///
    /// Warm up, then take a snapshot at rest each time the requests have doubled: n, 2n, 4n, 8n. A leak grows in each
    /// doubling, in proportion; a cache, a pool or a static does not.
    ///
    /// Exit codes: 0 no leak, 1 leak, 2 wrong usage or bad input, 3 inconclusive (the notes say what to do).
    Verdict(verdict::Verdict),
    /// Says what a snapshot holds
    Show(Show),
    /// Draws what a snapshot holds, or what grew and shrank between two, as a flame graph
    Flamegraph(flamegraph::Flamegraph),
    /// Writes snapshots in the format of another tool
    Export(export::Export),
}

#[derive(Debug, Args)]
struct Show {
    /// The snapshot
    snapshot: PathBuf,
    /// A table for people, or JSON for programs
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    #[default]
    Table,
    Json,
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
    /// How many columns the table may take [default: the terminal's, or 120]
    #[arg(long, value_name = "COLUMNS")]
    width: Option<usize>,
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

/// How the program exits when nothing went wrong. (What went wrong is an [`Error`], and 2.)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It was answered; of a verdict, there is no leak.
    Answered = 0,
    /// There is a leak.
    Leak = 1,
    /// There may be a leak.
    Inconclusive = 3,
}

impl Cli {
    /// Answers: to `out`, which `output` is about, or to a file.
    ///
    /// # Errors
    /// A snapshot that cannot be read, an answer that cannot be written; see [`Error`].
    pub fn run(self, output: Output, out: &mut dyn Write) -> Result<Exit, Error> {
        let mut exit = Exit::Answered;
        let limits = self
            .max_memory
            .map_or_else(Limits::default, |most| Limits::of_memory(most.as_u64()));
        let said = match self.command {
            Command::Compare(asked) => asked.answer(&limits, output, out)?,
            Command::Verdict(asked) => {
                let (said, found) = asked.answer(&limits, output, out)?;
                exit = found;
                said
            }
            Command::Show(asked) => return asked.answer(&limits, output, out).map(|()| exit),
            Command::Flamegraph(asked) => asked.answer(&limits)?,
            Command::Export(asked) => asked.answer(&limits)?,
        };
        print(out, |out| out.write_all(said.as_bytes()))?;
        Ok(exit)
    }
}

impl Show {
    fn answer(self, limits: &Limits, output: Output, out: &mut dyn Write) -> Result<(), Error> {
        let profile = files::read_within(&self.snapshot, limits)?;
        let inventory = inventory(&profile, &self.common.options());
        let view = self.common.view(
            Sort::default(),
            (self.format == Format::Table).then_some(TOP),
        );
        print(out, |out| match self.format {
            Format::Json => json::write_inventory(&inventory, &view, out),
            Format::Table => {
                let screen = output.screen(self.common.width);
                let table = terminal::render_inventory(&inventory, &view, &screen);
                out.write_all(table.as_bytes())
            }
        })
    }
}

/// Rows in a table, unless asked otherwise.
const TOP: usize = 10;

impl Common {
    fn options(&self) -> Options {
        Options {
            by: self.by.into(),
            in_app: in_app(&self.in_app),
        }
    }

    /// Rows in that order, so many unless the user has said how many.
    fn view(&self, sort: Sort, default: Option<usize>) -> View {
        View {
            sort,
            filter: self.filter.clone(),
            top: self.top.or(default),
        }
    }
}

/// `--source-root`, the current folder unless it is given.
fn sources(roots: &[PathBuf]) -> Finder {
    match roots {
        [] => Finder::new([PathBuf::from(".")]),
        roots => Finder::new(roots.to_vec()),
    }
}

/// What the reader should know about the snapshots, a line each: said where the answer itself goes to a file.
fn warnings(notes: &[Note]) -> String {
    notes.iter().fold(String::new(), |mut out, note| {
        let _ = writeln!(out, "warning: {note}");
        out
    })
}

/// `--in-app`, as rules.
fn in_app(crates: &[String]) -> InApp {
    if crates.is_empty() {
        InApp::default()
    } else {
        InApp::only(crates)
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
