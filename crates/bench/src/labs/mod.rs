//! The instructor's comparison: for each lab the leaky server against the fixed one, as what it leaks accumulates. The
//! handlers alone, by criterion, and the whole servers over HTTP.

mod course;
mod estimate;
mod figures;
mod handlers;
mod http;
mod report;
mod side;
mod tables;
mod worker;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Args;

use course::Lab;
use figures::Measured;
pub use handlers::{Handlers, bench};
use http::Programs;
use side::Side;
pub use worker::Worker;

use crate::program::build;
use crate::record::Record;
use crate::workspace::Workspace;

/// Requests that have gone before, where it is measured what one more costs.
const LEVELS: [usize; 3] = [0, 1_000, 10_000];

/// Compare the leaky server with the fixed one, lab by lab, as what it leaks accumulates
#[derive(Args, Debug)]
pub struct Labs {
    /// Two rounds and short ones: under three minutes
    #[arg(long)]
    quick: bool,

    /// Only this lab; may be given several times
    #[arg(long, value_name = "N")]
    lab: Vec<u32>,

    /// The page [default: labs.html beside the record]
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

/// How thoroughly is measured.
#[derive(Clone, Copy, Debug)]
struct Pace {
    /// Rounds of the handlers…
    rounds: usize,
    /// …and of the whole servers, each of which leaks anew.
    servers: usize,
    /// How long criterion measures one side in one round.
    criterion: Duration,
}

impl Labs {
    /// Measures, prints the tables and writes the page.
    ///
    /// # Errors
    /// When a server answers what it should not, or something cannot be written.
    pub fn run(&self, workspace: &Workspace) -> Result<()> {
        let began = Instant::now();
        let pace = if self.quick {
            Pace {
                rounds: 2,
                servers: 1,
                criterion: Duration::from_millis(40),
            }
        } else {
            Pace {
                rounds: 5,
                servers: 5,
                criterion: Duration::from_millis(500),
            }
        };
        let labs = if self.lab.is_empty() {
            Lab::all(workspace.root())?
        } else {
            let one = |number: &u32| Lab::read(workspace.root(), *number);
            self.lab.iter().map(one).collect::<Result<_>>()?
        };
        let programs = Programs(build(workspace, Side::BOTH.map(Side::program))?);
        let scratch = tempfile::tempdir().context("cannot make a temporary folder")?;

        let mut measured = Vec::with_capacity(labs.len());
        for lab in labs {
            eprint!("lab {}: handlers", lab.number);
            let levels = handlers::measure(scratch.path(), workspace.root(), &lab, &pace)?;
            eprint!(", over HTTP");
            let http = http::measure(&programs, scratch.path(), &lab, &pace)?;
            eprintln!(" ({} s)", began.elapsed().as_secs());
            measured.push(Measured { lab, levels, http });
        }

        let command = if self.quick {
            "just bench --quick"
        } else {
            "just bench"
        };
        let record = Record::now(workspace, "labs", command, tables::all(&measured));
        record.finish(workspace)?;
        let path = self
            .report
            .clone()
            .unwrap_or_else(|| workspace.results().join("labs.html"));
        report::write(&path, &record, &measured)?;
        println!(
            "page:    {} ({} s)",
            path.display(),
            began.elapsed().as_secs()
        );
        Ok(())
    }
}
