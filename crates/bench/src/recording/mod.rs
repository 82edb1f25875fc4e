//! `bench recording`: what it costs to record the heap, by heapshot and by others, against not recording at all.

mod instructions;
mod server;
mod side;

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::Args;
use driver::Load;
use heapdiff::terminal::thousands;

use crate::hammer::{answered, event_loop};
use crate::program::{Server, build};
use crate::ratio::{Ratio, median};
use crate::record::Record;
use crate::rounds::interleaved;
use crate::table::Table;
use crate::workspace::Workspace;

pub use server::serve;
use side::Side;

/// What recording costs: heapshot, exact and sampled, against dhat, jemalloc, heaptrack and valgrind
#[derive(Debug, Args)]
pub struct Recording {
    /// How often each side is measured
    #[arg(long, value_name = "N", default_value_t = 9)]
    rounds: usize,
    /// Which sides, beside the one that is not recorded; all that are here unless told
    #[arg(long, value_enum, value_name = "SIDES", value_delimiter = ',')]
    sides: Vec<Side>,
    /// A tenth of the requests, to see that it works
    #[arg(long)]
    quick: bool,
}

/// The programs of the measured server.
pub(crate) struct Programs {
    plain: PathBuf,
    heapshot: PathBuf,
    dhat: PathBuf,
    jemalloc: Option<PathBuf>,
}

/// A route, and what a side that is fast on it gets.
struct Route {
    /// What its table is called.
    name: &'static str,
    path: &'static str,
    /// Requests in a round.
    requests: u64,
    /// Requests of the shorter of the two runs in which instructions are counted.
    counted: u64,
    /// Whether it does little but allocate.
    allocates: bool,
}

const ROUTES: [Route; 3] = [
    Route {
        name: "healthz",
        path: "/healthz",
        requests: 3000,
        counted: 200,
        allocates: false,
    },
    Route {
        name: "lab1",
        path: "/bloatMyServer",
        requests: 1200,
        counted: 200,
        allocates: false,
    },
    Route {
        name: "blocks",
        path: "/manyBlocks",
        requests: 600,
        counted: 20,
        allocates: true,
    },
];

const CONNECTIONS: usize = 4;

/// What came of a route in a round.
#[derive(Clone, Copy, Debug)]
struct Served {
    per_second: f64,
    /// Of the server's processor time, in seconds per request; `None` where it runs inside of something else.
    cpu: Option<f64>,
}

impl Recording {
    /// Measures, prints the table, and leaves the record.
    ///
    /// # Errors
    /// When a program cannot be built, started or asked.
    pub fn run(&self, workspace: &Workspace) -> Result<()> {
        ensure!(self.rounds > 0, "--rounds wants at least one");
        let wanted = |side: &Side| {
            *side == Side::Plain || self.sides.is_empty() || self.sides.contains(side)
        };
        let with_jemalloc = wanted(&Side::Jemalloc) || wanted(&Side::JemallocProf);
        let programs = Programs::build(workspace, with_jemalloc)?;
        let (sides, missing): (Vec<Side>, Vec<Side>) = Side::ALL
            .into_iter()
            .filter(wanted)
            .partition(|side| side.is_here(&programs));
        let instructions = instructions::table(&programs, &sides)?;
        let runtime = event_loop()?;
        let measured = interleaved(self.rounds, &sides, |side, round| {
            eprintln!("round {} of {}: {}", round + 1, self.rounds, side.name());
            runtime
                .block_on(self.measure(&programs, *side))
                .with_context(|| side.name())
        })?;
        let mut tables = tables(&sides, &measured);
        if let Some(table) = tables.last_mut() {
            for side in missing {
                table.note(format!(
                    "Not measured, as it is not installed: {}.",
                    side.name()
                ));
            }
        }
        tables.extend(instructions);
        Record::now(workspace, "recording", "just bench-recording", tables).finish(workspace)
    }

    async fn measure(&self, programs: &Programs, side: Side) -> Result<Vec<Served>> {
        let folder = tempfile::tempdir().context("cannot make a folder")?;
        let mut server = Server::spawn(side.command(programs, folder.path())?)?;
        let process = (side != Side::Heaptrack).then(|| server.child().id());
        let mut results = Vec::new();
        for route in &ROUTES {
            let all = if self.quick {
                route.requests / 10
            } else {
                route.requests
            };
            let requests = side.share_of(all, route.allocates).max(CONNECTIONS as u64);
            send(&server, route.path, requests.div_ceil(4)).await?; // warms up
            let before = process.map(cpu_seconds).transpose()?;
            let per_second = send(&server, route.path, requests).await?;
            let after = process.map(cpu_seconds).transpose()?;
            #[expect(clippy::cast_precision_loss, reason = "some thousands")]
            let cpu = before
                .zip(after)
                .map(|(before, after)| (after - before) / requests as f64);
            results.push(Served { per_second, cpu });
        }
        Ok(results)
    }
}

/// Sends so many requests; how many per second were answered.
async fn send(server: &Server, path: &str, requests: u64) -> Result<f64> {
    let load = Load {
        requests,
        connections: CONNECTIONS,
        timeout: std::time::Duration::from_secs(300),
        ..Load::new(server.at(path))
    };
    answered(&load).await
}

/// Processor time of all threads of a process so far, in seconds.
fn cpu_seconds(process: u32) -> Result<f64> {
    let tasks = format!("/proc/{process}/task");
    let mut nanos = 0;
    for task in fs::read_dir(&tasks).with_context(|| format!("cannot read {tasks}"))? {
        let text = fs::read_to_string(task?.path().join("schedstat")).unwrap_or_default();
        let spent = text
            .split(' ')
            .next()
            .and_then(|text| text.parse::<u64>().ok());
        nanos += spent.unwrap_or(0);
    }
    #[expect(clippy::cast_precision_loss, reason = "a time")]
    Ok(nanos as f64 / 1e9)
}

impl Programs {
    fn build(workspace: &Workspace, with_jemalloc: bool) -> Result<Self> {
        let names = ["recorded_plain", "recorded_heapshot", "recorded_dhat"];
        let [plain, heapshot, dhat] = build(workspace, names)?;
        Ok(Self {
            plain,
            heapshot,
            dhat,
            jemalloc: with_jemalloc.then(|| build_jemalloc(workspace)).flatten(),
        })
    }
}

/// jemalloc is C: it is built here alone, by a feature of this crate, and done without where that fails.
fn build_jemalloc(workspace: &Workspace) -> Option<PathBuf> {
    let name = "recorded_jemalloc";
    let status = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args([
            "build",
            "--release",
            "--quiet",
            "-p",
            "bench",
            "--features",
            "jemalloc",
            "--bin",
            name,
        ])
        .current_dir(workspace.root())
        .status();
    let built = workspace.target().join("release").join(name);
    (status.is_ok_and(|status| status.success()) && built.is_file()).then_some(built)
}

/// One for each route.
fn tables(sides: &[Side], measured: &[Vec<Vec<Served>>]) -> Vec<Table> {
    let tables = ROUTES.iter().enumerate();
    let mut tables: Vec<Table> = tables
        .map(|(at, route)| table(at, route, sides, measured))
        .collect();
    if let Some(table) = tables.last_mut() {
        table.note(format!(
            "One worker, {CONNECTIONS} connections. /bloatMyServer is lab 1's route, /manyBlocks makes 20,000 small blocks and frees \
             them. Processor time: the server's own for a request, of the plain server's and of that with dhat alone; the client and \
             the network are not in it."
        ));
    }
    tables
}

fn table(at: usize, route: &Route, sides: &[Side], measured: &[Vec<Vec<Served>>]) -> Table {
    let mut table = Table::new(
        route.name,
        &format!("What it costs to record the heap: {}", route.path),
        &[
            "recorded by",
            "requests per second",
            "of plain",
            "processor time, of plain",
            "of dhat",
        ],
    );
    let speeds = |rounds: &[Vec<Served>]| rounds.iter().map(|round| round[at].per_second).collect();
    let cpus = |rounds: &[Vec<Served>]| -> Option<Vec<f64>> {
        rounds.iter().map(|round| round[at].cpu).collect()
    };
    let measured_of = |wanted: Side| {
        let place = sides.iter().position(|side| *side == wanted)?;
        measured.get(place)
    };
    let cell = |of: Option<Ratio>| of.map_or_else(|| "—".to_owned(), |of| of.to_string());
    for (side, rounds) in sides.iter().zip(measured) {
        let speed: Vec<f64> = speeds(rounds);
        let cpu_of = |base: Side| {
            let base = cpus(measured_of(base)?)?;
            Ratio::of(&cpus(rounds)?, &base)
        };
        table.row([
            side.name().to_owned(),
            per_second(median(&speed)),
            cell(measured_of(Side::Plain).and_then(|plain| Ratio::of(&speed, &speeds(plain)))),
            cell(cpu_of(Side::Plain)),
            cell(cpu_of(Side::Dhat)),
        ]);
    }
    table
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "requests per second"
)]
fn per_second(median: Option<f64>) -> String {
    median.map_or_else(|| "—".to_owned(), |median| thousands(median.round() as u64))
}

#[cfg(test)]
mod tests {
    use super::{ROUTES, Served, Side, tables};

    #[test]
    fn each_side_is_told_against_the_plain_one() {
        let rounds = |per_second: f64, cpu: Option<f64>| {
            vec![vec![Served { per_second, cpu }; ROUTES.len()]; 3]
        };
        let measured = [rounds(1000.0, Some(1.0)), rounds(250.0, None)];
        let tables = tables(&[Side::Plain, Side::Heaptrack], &measured);
        assert_eq!(tables.len(), ROUTES.len());
        for table in tables {
            let one = "1.00 [1.00–1.00]";
            assert_eq!(table.rows[0][1..], ["1,000", one, one, "—"]);
            assert_eq!(table.rows[1][1..], ["250", "0.25 [0.25–0.25]", "—", "—"]);
        }
    }

    #[test]
    fn this_process_has_used_some_time() {
        assert!(super::cpu_seconds(std::process::id()).unwrap() > 0.0);
    }
}
