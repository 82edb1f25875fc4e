//! `bench`: measures, and shows what was measured.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use anyhow::Result;
use bench::labs::{Handlers, Labs, Worker};
use bench::recording::Recording;
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
    Recording(Recording),
    /// Put what was measured into the documentation: docs/benchmarks, and the tables made from it
    Publish,
    /// The process in which criterion measures the handlers of a lab
    #[command(hide = true)]
    Handlers(Handlers),
    /// The process that those handlers are in
    #[command(hide = true)]
    Worker(Worker),
}

fn main() -> ExitCode {
    match run(&Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> Result<()> {
    let workspace = Workspace::find()?;
    match command {
        Command::Labs(labs) => labs.run(&workspace),
        Command::Recording(recording) => recording.run(&workspace),
        Command::Handlers(handlers) => handlers.run(&workspace),
        Command::Worker(worker) => worker.run(&workspace),
        Command::Publish => {
            let names = publish::collect(&workspace)?;
            publish::write(&workspace)?;
            println!("published: {}", names.join(", "));
            Ok(())
        }
    }
}
