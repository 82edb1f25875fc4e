//! The command `driver`: parses its arguments, runs a load or a series, prints what came of it. All else is the library's.
#![forbid(unsafe_code)]

mod cli;

use std::future::Future;
use std::io;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Hammers a server with GET requests and reports how fast and how well it answered.
///
/// Exit code: 0 every request succeeded (2xx, or --accept), 1 some failed, 2 bad arguments, 130 interrupted.
#[derive(Parser)]
#[command(
    version,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true
)]
struct Args {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    load: cli::load::LoadArgs,
}

#[derive(Subcommand)]
enum Command {
    Series(cli::series::SeriesArgs),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args = Args::parse();
    let stop = match interruption() {
        Ok(stop) => stop,
        Err(error) => return cli::refused(&error),
    };
    match args.command {
        None => cli::load::main(&args.load, stop).await,
        Some(Command::Series(series)) => cli::series::main(&series, stop).await,
    }
}

/// Completes on Ctrl-C or SIGTERM, which are caught from now on.
#[cfg(unix)]
fn interruption() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Completes on Ctrl-C.
#[cfg(not(unix))]
fn interruption() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        // Without a handler Ctrl-C ends the process as it always does.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    })
}
