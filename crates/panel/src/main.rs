//! The panel as a program; all of it is in the library, for the lab runs it, too.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::Parser;

/// The Memory panel for Rust services, in a browser: how running servers are, heap snapshots of them, and comparisons.
#[derive(Debug, Parser)]
#[command(name = "panel", version)]
struct Cli {
    #[command(flatten)]
    options: panel::Options,
}

fn main() -> ExitCode {
    panel::main(&Cli::parse().options)
}
