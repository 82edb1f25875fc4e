//! `heapdiff`: reads the command line and has it answered.
#![forbid(unsafe_code)]

use std::io;
use std::process::ExitCode;

use clap::Parser;
use heapdiff::cli::{Cli, Output};
use printable::printable;

fn main() -> ExitCode {
    match Cli::parse().run(Output::of_stdout(), &mut io::stdout().lock()) {
        Ok(exit) => ExitCode::from(exit as u8),
        Err(error) => {
            eprintln!("heapdiff: {}", printable(&error.to_string()));
            ExitCode::from(2)
        }
    }
}
