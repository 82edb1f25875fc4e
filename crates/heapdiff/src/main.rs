//! `heapdiff`: reads the command line, asks the library, prints its answer.
#![forbid(unsafe_code)]

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use heapdiff::cli::{Cli, Exit, Output};

fn main() -> ExitCode {
    match Cli::parse().answer(Output::of_stdout()) {
        Ok(answer) => print(&answer.text, answer.exit),
        Err(error) => {
            eprintln!("heapdiff: {error}");
            ExitCode::from(2)
        }
    }
}

/// Prints the answer; a reader who has seen enough (`| head`) is no failure.
fn print(answer: &str, exit: Exit) -> ExitCode {
    let mut stdout = io::stdout().lock();
    match stdout
        .write_all(answer.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let _ = writeln!(
                io::stderr(),
                "heapdiff: cannot write the answer: {error}; is the disk full?"
            );
            ExitCode::from(2)
        }
        _ => ExitCode::from(exit as u8),
    }
}
