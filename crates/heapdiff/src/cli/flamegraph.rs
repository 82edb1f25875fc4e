//! `heapdiff flamegraph`: the picture of one snapshot or of two.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{in_app, warnings};
use crate::compare::compare;
use crate::error::Error;
use crate::files;
use crate::flamegraph::svg::Picture;
use crate::flamegraph::{Count, folded, svg};
use crate::group::{GroupBy, Options};
use crate::inventory::inventory;
use crate::limits::Limits;
use crate::note::Note;
use crate::view::View;

#[derive(Debug, Args)]
pub(super) struct Flamegraph {
    /// The snapshot; the earlier one of two
    snapshot: PathBuf,
    /// The later snapshot: draws what grew and what shrank in between
    after: Option<PathBuf>,
    /// Write to this file, whole or not at all [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// What a frame's width counts
    #[arg(long, value_enum, default_value_t, value_name = "WHAT")]
    count: CountArg,
    /// A picture for a browser, or lines for other tools
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Only stacks with this text in their type or in any frame's function or file, whatever its case
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Exactly these crates are your code, separated by commas [default: as for compare]
    #[arg(long, value_name = "CRATE,…", value_delimiter = ',')]
    in_app: Vec<String>,
    /// How wide the picture is [default: as wide as its window]
    #[arg(long, value_name = "PIXELS", value_parser = clap::value_parser!(u32).range(100..=100_000))]
    width: Option<u32>,
    /// The picture's headline [default: which snapshots it is about]
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum CountArg {
    /// Live bytes
    #[default]
    Bytes,
    /// Live blocks
    Blocks,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Format {
    /// A picture to search and to zoom in
    #[default]
    Svg,
    /// Folded stacks, `a;b;c BYTES`; of two snapshots `a;b;c BEFORE AFTER`
    Folded,
}

impl Flamegraph {
    /// The picture; if it goes to a file, what the reader should know about the snapshots.
    pub(super) fn answer(self, limits: &Limits) -> Result<String, Error> {
        let (drawn, notes) = self.draw(limits)?;
        let Some(output) = &self.output else {
            return Ok(drawn);
        };
        let snapshots: Vec<&PathBuf> = [&self.snapshot].into_iter().chain(&self.after).collect();
        files::write(output, &snapshots, |out| out.write_all(drawn.as_bytes()))?;
        Ok(warnings(&notes))
    }

    fn draw(&self, limits: &Limits) -> Result<(String, Vec<Note>), Error> {
        let options = Options {
            by: GroupBy::Stack,
            in_app: in_app(&self.in_app),
        };
        let view = View {
            filter: self.filter.clone(),
            ..View::default()
        };
        let picture = Picture {
            title: self.title.clone(),
            width: self.width.map(|width| width as usize),
            count: self.count.into(),
            bare: false,
        };
        let snapshot = files::read_within(&self.snapshot, limits)?;
        let Some(after) = &self.after else {
            let inventory = inventory(&snapshot, &options);
            let drawn = match self.format {
                Format::Svg => svg::of_inventory(&inventory, &view, &picture),
                Format::Folded => folded::of_inventory(&inventory, &view, picture.count),
            };
            return Ok((drawn, Vec::new()));
        };
        let comparison = compare(&snapshot, &files::read_within(after, limits)?, &options)?;
        let drawn = match self.format {
            Format::Svg => svg::of_comparison(&comparison, &view, &picture),
            Format::Folded => folded::of_comparison(&comparison, &view, picture.count),
        };
        Ok((drawn, comparison.notes))
    }
}

impl From<CountArg> for Count {
    fn from(count: CountArg) -> Self {
        match count {
            CountArg::Bytes => Self::Bytes,
            CountArg::Blocks => Self::Blocks,
        }
    }
}
