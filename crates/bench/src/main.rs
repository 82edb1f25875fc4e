//! `bench`: measures, and shows what was measured.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use anyhow::Result;
use bench::cold::Cold;
use bench::compare::{Compare, Limit, Measured};
use bench::drive::{Drive, Plain};
use bench::labs::{Handlers, Labs, Worker};
use bench::recording::Recording;
use bench::snapshot::Snapshot;
use bench::{Workspace, publish};
use clap::{Parser, Subcommand};

/// Measurements of the lab and its tools, each a ratio of one run
#[derive(Parser)]
#[command(name = "bench")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Labs(Labs),
    Cold(Cold),
    Compare(Compare),
    #[command(name = "driver")]
    Drive(Drive),
    Snapshot(Snapshot),
    Recording(Recording),
    /// Put what was measured into the documentation: docs/benchmarks, and the tables made from it
    Publish,
    /// The process in which criterion measures the handlers of a lab
    #[command(hide = true)]
    Handlers(Handlers),
    /// What a comparison is measured against
    #[command(hide = true)]
    Limit(Limit),
    /// The process that runs another one and says what it took
    #[command(hide = true)]
    Measured(Measured),
    /// The process that those handlers are in
    #[command(hide = true)]
    Worker(Worker),
    /// A server that does next to nothing
    #[command(hide = true)]
    Plain(Plain),
}

fn main() -> ExitCode {
    match run(&Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let error = format!("{error:#}");
            eprintln!("bench: {}", printable::printable_lines(&error));
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> Result<()> {
    let workspace = Workspace::find()?;
    match command {
        Command::Labs(labs) => labs.run(&workspace),
        Command::Cold(cold) => cold.run(&workspace),
        Command::Compare(compare) => compare.run(&workspace),
        Command::Limit(limit) => limit.run(),
        Command::Measured(measured) => measured.run(),
        Command::Drive(drive) => drive.run(&workspace),
        Command::Snapshot(snapshot) => snapshot.run(&workspace),
        Command::Recording(recording) => recording.run(&workspace),
        Command::Handlers(handlers) => handlers.run(&workspace),
        Command::Worker(worker) => worker.run(&workspace),
        Command::Plain(plain) => plain.run(),
        Command::Publish => {
            let names = publish::collect(&workspace)?;
            publish::write(&workspace)?;
            println!("published: {}", names.join(", "));
            Ok(())
        }
    }
}
