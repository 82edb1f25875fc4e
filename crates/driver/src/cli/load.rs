//! `driver URL…`: one load, and its report.

use std::future::Future;
use std::io::{self, Write};
use std::process::ExitCode;

use driver::{Bar, Load, Progress, Report, Stopped};

use super::{INTERRUPTED, Manner, refused};

#[derive(clap::Args)]
pub(crate) struct LoadArgs {
    /// Plain HTTP; several are asked in turn; {id}, {user}, {session}, {word} and {quantity} in path or query are filled
    /// from the seed: `http://127.0.0.1:3000/search?q={word}&user={user}`
    #[arg(required = true, value_name = "URL")]
    urls: Vec<String>,

    /// Requests to send in all
    #[arg(short = 'n', long, default_value_t = 1000, value_name = "N")]
    requests: u64,

    /// Open loop: so many requests per second in all, whether or not the server keeps up; latency counts
    /// from when a request should have been sent [default: closed loop, each connection sends its next
    /// request once the last is answered]
    #[arg(short, long, value_name = "R")]
    rate: Option<f64>,

    #[command(flatten)]
    manner: Manner,

    /// Print the report as one JSON object; times in microseconds (_us) or seconds (_s)
    #[arg(long)]
    json: bool,
}

/// Sends until all is sent or `stop` completes.
pub(crate) async fn main(args: &LoadArgs, stop: impl Future<Output = ()>) -> ExitCode {
    let load = Load {
        requests: args.requests,
        rate: args.rate,
        ..args.manner.load(&args.urls)
    };
    let progress = Progress::default();
    let bar = Bar::start(&progress, load.requests);
    let report = driver::run(&load, &progress, stop).await;
    drop(bar);
    match report {
        Ok(report) => {
            // A reader that has gone (`| head`) has seen all it wanted.
            let _ = print(&report, args.json);
            exit_code(&report)
        }
        Err(error) => refused(&error),
    }
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
        Some(Stopped::Interrupted) => ExitCode::from(INTERRUPTED),
        None if report.all_ok() => ExitCode::SUCCESS,
        Some(Stopped::ServerGone) | None => ExitCode::FAILURE,
    }
}
