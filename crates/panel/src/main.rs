//! The panel as a program; all of it is in the library, for the lab runs it, too.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::Parser;

/// The Memory panel for Rust services: takes heap snapshots of running servers, and compares them in a browser.
#[derive(Debug, Parser)]
#[command(name = "panel", version)]
struct Cli {
    #[command(flatten)]
    options: panel::Options,
}

fn main() -> ExitCode {
    panel::main(&Cli::parse().options)
}
