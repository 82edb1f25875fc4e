//! `driver series URL… --to DIR`: a row for each snapshot, and what to do with them next.

use std::fs;
use std::future::Future;
use std::io::{self, Write};
use std::ops::ControlFlow::Continue;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use driver::Report;
use driver::series::{Event, Rest, Schedule, Series, SeriesError, Server, Snapshot, Step};
use redact::Secret;
use serde::Serialize;

use super::table::Table;
use super::{INTERRUPTED, Manner, complain, refused};

/// Takes snapshots of a server's heap under load: after N requests, and each time they have doubled, at rest.
///
/// The server must have a route that takes snapshots: docs/formats.md, "What a server must offer".
/// Exit code: 0 all snapshots are there, 1 a request failed or a snapshot could not be had, 2 bad arguments, 130 interrupted.
#[derive(clap::Args)]
pub(crate) struct SeriesArgs {
    /// What the load asks for, as `driver URL` does; several, of one server, are asked in turn
    #[arg(required = true, value_name = "URL")]
    urls: Vec<String>,

    /// Folder for the snapshots, 0100-requests.json and so on; made if it is not there
    #[arg(long, value_name = "DIR")]
    to: PathBuf,

    /// Requests before the first snapshot: the warm-up [default: 100, or twice what the server has served]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    first: Option<u64>,

    /// How often they then double, with a snapshot each time
    #[arg(long, default_value_t = 3, value_name = "K", value_parser = clap::value_parser!(u32).range(2..=40))]
    doublings: u32,

    #[command(flatten)]
    manner: Manner,

    /// Secret that the server's /heapdump wants. Everyone on this machine can read a command line, so prefer the variable
    #[arg(
        long,
        env = "LEAKLAB_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN"
    )]
    token: Option<Secret>,

    /// Where the server takes snapshots: a path, or a URL of another port of it; {name} becomes the snapshot's name. It
    /// answers an object with `url`, or the snapshot itself
    #[arg(
        long,
        default_value = "/heapdump?name={name}&wait=false",
        value_name = "ROUTE"
    )]
    heapdump: String,

    /// Print what came of it as one JSON object
    #[arg(long)]
    json: bool,
}

/// What `--json` prints; `docs/formats.md` tells the keys.
#[derive(Default, Serialize)]
struct Outcome {
    snapshots: Vec<Snapshot>,
    loads: Vec<Report>,
    notes: Vec<String>,
    /// The command to run next; null where the series is not whole.
    next: Option<String>,
}

/// Requests before the first snapshot unless said: enough for the smallest leaks of one request in ten.
const LEAST: u64 = 100;

/// Takes them until all are there or `stop` completes.
pub(crate) async fn main(args: &SeriesArgs, stop: impl Future<Output = ()>) -> ExitCode {
    let taken = tokio::select! {
        taken = take(args) => taken,
        // Dropped, the series ends what it has begun, and leaves no half file.
        () = stop => {
            eprintln!("interrupted");
            return ExitCode::from(INTERRUPTED);
        }
    };
    match taken {
        Ok(outcome) => {
            // A reader that has gone (`| head`) has seen all it wanted.
            let _ = conclude(&outcome, args.json);
            match outcome.next {
                Some(_) => ExitCode::SUCCESS,
                None => ExitCode::FAILURE,
            }
        }
        Err(error) if error.is_usage() => refused(&error),
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

async fn take(args: &SeriesArgs) -> Result<Outcome, SeriesError> {
    let mut server = Server::of(&args.urls)?.with_heapdump(&args.heapdump)?;
    if let Some(token) = &args.token {
        server = server.with_token(token.expose())?;
    }
    let load = args.manner.load(&args.urls);
    let mut series = Series::new(server.clone(), load, &args.to)?;
    fs::create_dir_all(&args.to).map_err(|source| SeriesError::Write {
        path: args.to.clone(),
        source,
    })?;
    let first = match args.first {
        Some(first) => first,
        None => LEAST.max(2 * series.served().await?),
    };
    let schedule = Schedule {
        first,
        doublings: args.doublings,
    };

    let mut outcome = Outcome::default();
    let mut table = Table::new(args.json);
    for target in schedule.targets() {
        let mut see = |event: Event<'_>| {
            table.show(&event);
            Continue(())
        };
        let step = series
            .step(target, &schedule.name(target), &mut see)
            .await?;
        match step {
            Step::Taken(stretch) => {
                outcome.loads.push(stretch.report);
                outcome.remark(stretch.rest, target, &server);
            }
            Step::Failed(report) => {
                outcome.loads.push(report);
                break;
            }
            Step::Stopped => break,
        }
    }
    if let Some(last) = series.finish().await? {
        table.show(&Event::Snapshot(&last));
    }
    outcome.snapshots = table.end();
    if outcome.loads.iter().all(Report::all_ok) {
        let counts: Vec<_> = schedule.targets().collect();
        outcome.next = Some(next(&args.to, &outcome.snapshots, &counts));
    }
    Ok(outcome)
}

impl Outcome {
    /// Says once if a snapshot was not known to be at rest.
    fn remark(&mut self, rest: Rest, target: u64, server: &Server) {
        let note = match rest {
            Rest::Settled => return,
            Rest::Unsettled => format!(
                "after {target} requests the server did not come to rest: what was under way is in the snapshot"
            ),
            Rest::Unseen => format!(
                "{} does not tell requests, in_flight and live_bytes: after each load the server was let be for {} s instead",
                server.healthz(),
                Rest::UNSEEN.as_secs_f64()
            ),
        };
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}

/// What the table does not show: what failed, what to know, what to do next.
fn conclude(outcome: &Outcome, json: bool) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    if json {
        serde_json::to_writer(&mut stdout, outcome)?;
        return writeln!(stdout);
    }
    if let Some(report) = outcome.loads.iter().find(|report| !report.all_ok()) {
        writeln!(
            stdout,
            "not every request was answered; the series ends here\n{report}"
        )?;
    }
    for note in &outcome.notes {
        writeln!(stdout, "note: {note}")?;
    }
    match &outcome.next {
        Some(next) => writeln!(stdout, "next: {next}"),
        None => Ok(()),
    }
}

/// The command that judges these snapshots. Their requests are in them, or else said.
fn next(folder: &Path, snapshots: &[Snapshot], counts: &[u64]) -> String {
    let mut words = vec!["heapdiff verdict".to_owned()];
    if snapshots.iter().any(|snapshot| snapshot.requests.is_none()) {
        let counts: Vec<_> = counts.iter().map(u64::to_string).collect();
        words.push(format!("--requests {}", counts.join(",")));
    }
    let is_ours = |path: &Path| snapshots.iter().any(|snapshot| snapshot.path == path);
    let alone = fs::read_dir(folder).is_ok_and(|entries| {
        let names = entries
            .flatten()
            .map(|entry| folder.join(entry.file_name()));
        names
            .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
            .all(|path| is_ours(&path))
    });
    if alone {
        words.push(format!("{}/*.json", quoted(folder)));
    } else {
        words.extend(snapshots.iter().map(|snapshot| quoted(&snapshot.path)));
    }
    words.join(" ")
}

/// As a shell reads it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let text = text.trim_end_matches('/');
    let plain = |c: char| c.is_alphanumeric() || "-_./+:@%,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::quoted;

    #[test]
    fn a_path_is_what_a_shell_reads_back() {
        assert_eq!(quoted(Path::new("heap/a-1.json")), "heap/a-1.json");
        assert_eq!(quoted(Path::new("heap/")), "heap");
        assert_eq!(quoted(Path::new("my heap's")), r"'my heap'\''s'");
    }
}
