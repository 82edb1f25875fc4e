//! `bench`: measures, and shows what was measured.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use anyhow::Result;
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
    /// Put what was measured into the documentation: docs/benchmarks, and the tables made from it
    Publish,
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    let workspace = Workspace::find()?;
    match command {
        Command::Publish => {
            let names = publish::collect(&workspace)?;
            publish::write(&workspace)?;
            println!("published: {}", names.join(", "));
            Ok(())
        }
    }
}
