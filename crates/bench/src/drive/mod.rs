//! The driver beside the tools that the field uses, wrk and oha: how fast it is, whether its latencies are true, whether it
//! keeps a rate, and what memory it takes.

mod measure;
mod plain;
mod tables;
mod tool;

use std::process::Command;
use std::thread::available_parallelism;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;

use measure::{Asked, Bench};
pub use plain::Plain;
use tables::Beside;
use tool::Tool;

use crate::machine::first_line;
use crate::program::build;
use crate::record::Record;
use crate::workspace::Workspace;

const CONNECTIONS: [usize; 3] = [1, 8, 64];

const RATES: [u64; 4] = [1_000, 5_000, 10_000, 20_000];

const REQUESTS: [u64; 2] = [100_000, 1_000_000];

/// Measure the driver beside wrk and oha, those of them that are installed
#[derive(Args, Debug)]
pub struct Drive {
    /// Two rounds of a second, and memory after a tenth of the requests
    #[arg(long)]
    quick: bool,
}

impl Drive {
    /// Measures, and prints the tables.
    ///
    /// # Errors
    /// When a tool fails, or does not say what it should.
    pub fn run(&self, workspace: &Workspace) -> Result<()> {
        let [driver, leaky] = build(workspace, ["driver", "leaky-server"])?;
        let tools = Tool::installed(driver.clone());
        let (rounds, time, part) = if self.quick { (2, 1, 10) } else { (5, 2, 1) };
        let bench = Bench {
            driver,
            leaky,
            tools,
            rounds,
            time: Duration::from_secs(time),
        };
        let places = places();

        let mut tables = Vec::new();
        for (asked, name, title) in [
            (
                Asked::Leaky,
                "driver",
                "The driver beside others, on the lab's server (/healthz)",
            ),
            (
                Asked::Plain,
                "driver-plain",
                "The driver beside others, on a server that does nothing",
            ),
        ] {
            let mut rows = Vec::new();
            for (place, cores) in &places {
                for connections in CONNECTIONS {
                    eprintln!("{title}; connections: {connections}, {place}");
                    rows.push(Beside {
                        cores: place.clone(),
                        connections,
                        said: bench.side_by_side(asked, cores, connections)?,
                    });
                }
            }
            tables.push(tables::speed(name, title, &bench.tools, &rows)?);
        }
        let installed: Vec<&str> = bench.tools.iter().map(Tool::name).collect();
        for name in ["wrk", "oha"] {
            if !installed.contains(&name) {
                for table in &mut tables {
                    table.note(format!("{name} is not installed here."));
                }
            }
        }
        eprintln!("percentiles");
        let said = bench.side_by_side(Asked::Slow, &[], CONNECTIONS[1])?;
        tables.push(tables::percentiles(&bench.tools, &said)?);
        eprintln!("rates");
        tables.push(tables::rates(&RATES, &bench.paced(&RATES)?)?);
        eprintln!("memory");
        let peaks = REQUESTS
            .map(|requests| requests / part)
            .iter()
            .map(|&requests| Ok((requests, bench.peak_memory(requests)?)))
            .collect::<Result<Vec<_>>>()
            .context("of the driver's memory")?;
        tables.push(tables::memory(&peaks));

        let command = if self.quick {
            "just bench-driver --quick"
        } else {
            "just bench-driver"
        };
        Record::now(workspace, "driver", command, tables).finish(workspace)
    }
}

/// One processor and two, as far as there are and there is a tool to keep to them.
fn places() -> Vec<(String, Vec<usize>)> {
    if first_line(Command::new("taskset").arg("--version")).is_empty() {
        return vec![("all cores".to_owned(), Vec::new())];
    }
    let mut places = vec![("one core".to_owned(), vec![0])];
    if available_parallelism().is_ok_and(|cores| cores.get() > 1) {
        places.push(("two cores".to_owned(), vec![0, 1]));
    }
    places
}
