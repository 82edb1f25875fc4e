//! The command `driver`: parses its arguments, runs the load, prints the report. All else is the library's.
#![forbid(unsafe_code)]

use std::future::Future;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use driver::{Bar, Load, Progress, Report, Stopped};

/// Hammers a server with GET requests and reports how fast and how well it answered.
///
/// Exit code: 0 every request succeeded (2xx), 1 some failed, 2 bad arguments, 130 interrupted.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Plain HTTP; {id}, {user}, {session}, {word} and {quantity} in its path or query are filled from
    /// the seed: `http://127.0.0.1:3000/search?q={word}&user={user}`
    url: String,

    /// Requests to send in all
    #[arg(short = 'n', long, default_value_t = 1000, value_name = "N")]
    requests: u64,

    /// Connections, each with one request in flight at the most
    #[arg(short, long, default_value_t = 8, value_name = "C")]
    connections: usize,

    /// Open loop: so many requests per second in all, whether or not the server keeps up; latency counts
    /// from when a request should have been sent [default: closed loop, each connection sends its next
    /// request once the last is answered]
    #[arg(short, long, value_name = "R")]
    rate: Option<f64>,

    /// Fixes what the placeholders of the URL become
    #[arg(long, default_value_t = 0, value_name = "S")]
    seed: u64,

    /// How long a request may take, with its unit: 500ms, 30s, 2m
    #[arg(long, default_value = "30s", value_name = "TIME", value_parser = humantime::parse_duration)]
    timeout: Duration,

    /// Print the report as one JSON object; times in microseconds (_us) or seconds (_s)
    #[arg(long)]
    json: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args = Args::parse();
    match drive(&args).await {
        Ok(report) => {
            // A reader that has gone (`| head`) has seen all it wanted.
            let _ = print(&report, args.json);
            exit_code(&report)
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

async fn drive(args: &Args) -> Result<Report, driver::LoadError> {
    let load = Load {
        url: args.url.clone(),
        requests: args.requests,
        connections: args.connections,
        rate: args.rate,
        seed: args.seed,
        timeout: args.timeout,
    };
    let stop = interruption()?;
    let progress = Progress::default();
    let _bar = Bar::start(&progress, load.requests);
    driver::run(&load, &progress, stop).await
}

fn print(report: &Report, json: bool) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    if json {
        serde_json::to_writer(&mut stdout, report)?;
        writeln!(stdout)
    } else {
        write!(stdout, "{report}")
    }
}

fn exit_code(report: &Report) -> ExitCode {
    match report.stopped {
        Some(Stopped::Interrupted) => ExitCode::from(130),
        None if report.all_ok() => ExitCode::SUCCESS,
        Some(Stopped::ServerGone) | None => ExitCode::FAILURE,
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
