//! `cargo lab doctor`: watches any server with `/metrics` and `/heapdump` for a while, and says in words what it sees, by
//! what, and what to do next.
//!
//! ```text
//! watch ─▶ Observation ─▶ judge ─▶ findings ─▶ words or JSON, and an exit code
//! ```

mod finding;
mod judge;
mod observation;
mod shots;
mod watch;
mod words;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use driver::Load;
use driver::series::Server;
use heapdiff::InApp;
use panel::ServerConfig;
use panel::metrics::Scraper;
use redact::Secret;
use serde::Serialize;

use self::finding::{Finding, Told};
use self::observation::Observation;
use self::watch::Watch;
use crate::cli::Format;
use crate::repo::Repo;
use crate::say::{self, code};

/// What the command can be told.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The server; its /metrics and its /heapdump are below it
    #[arg(value_name = "URL")]
    url: String,

    /// How long to watch, with its unit: 30s, 5m. A load of the doctor's own takes about so long at the most, and less where that is enough
    #[arg(long = "for", value_name = "TIME", default_value = "30s", value_parser = time)]
    time: Duration,

    /// Send requests to this path of it, with the driver's placeholders; given several times, in turn. Without it, the
    /// traffic is what there is
    #[arg(long, value_name = "/PATH", value_parser = path)]
    drive: Vec<String>,

    /// Connections of that load
    #[arg(short, long, value_name = "C", default_value_t = 8, value_parser = connections, requires = "drive")]
    connections: usize,

    /// Secret that its /metrics and /heapdump want. Everyone on this machine can read a command line, so prefer the variable
    #[arg(
        long,
        env = "LEAKLAB_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN"
    )]
    token: Option<Secret>,

    /// Where it takes snapshots: a path, or a URL of another port of it; {name} becomes the snapshot's name
    #[arg(
        long,
        default_value = "/heapdump?name={name}&wait=false",
        value_name = "ROUTE"
    )]
    heapdump: String,

    /// The crates that are yours: what is blamed lies in them [default: those that are no library]
    #[arg(long, value_name = "CRATE")]
    in_app: Vec<String>,

    /// Where the snapshots go, as doctor-0.json and so on [default: .lab/doctor]
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,

    /// What to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What `--format json` prints; `docs/formats.md` tells its keys.
#[derive(Serialize)]
struct Report<'a> {
    url: &'a str,
    watched_s: f64,
    requests: Option<u64>,
    driven: bool,
    findings: Vec<Told>,
    exit_code: u8,
}

/// Shorter shows nothing, longer is Prometheus' business.
fn time(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    let range = Duration::from_secs(2)..=Duration::from_secs(24 * 3600);
    if range.contains(&time) {
        Ok(time)
    } else {
        Err("from 2s to 24h".to_owned())
    }
}

fn path(text: &str) -> Result<String, String> {
    if text.starts_with('/') {
        Ok(text.to_owned())
    } else {
        Err("a path of the server begins with a slash".to_owned())
    }
}

fn connections(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(connections @ 1..=1000) => Ok(connections),
        _ => Err("from 1 to 1000".to_owned()),
    }
}

/// Watches, and prints what was seen. The exit code is that of `heapdiff verdict`.
///
/// # Errors
/// When the server cannot be watched.
pub(crate) async fn doctor(repo: &Repo, options: &Options) -> Result<ExitCode> {
    let watch = options.watch(repo)?;
    if options.format == Format::Text {
        let what = match options.drive.as_slice() {
            [] => format!(
                "under the traffic that there is, for {}",
                humantime::format_duration(options.time)
            ),
            paths => format!(
                "under requests to {}, for {} at the most",
                redact::command_line(&paths.join(", ")),
                humantime::format_duration(options.time)
            ),
        };
        anstream::eprintln!("watching {} {what} …", options.url);
    }
    let seen = watch.watch().await.with_context(|| options.url.clone())?;
    let findings = judge::judge(&seen);
    let exit = exit(&findings);
    let told: Vec<Told> = findings
        .iter()
        .map(|found| found.told(&options.url))
        .collect();
    match options.format {
        Format::Json => println!(
            "{}",
            serde_json::to_string(&options.report(&seen, told, exit))?
        ),
        Format::Text => say(&seen, &findings, &told, &options.url),
    }
    Ok(ExitCode::from(exit))
}

impl Options {
    fn watch(&self, repo: &Repo) -> Result<Watch> {
        let mut config = ServerConfig::new(&self.url)?;
        let mut server = Server::new(&self.url)?.with_heapdump(&self.heapdump)?;
        if let Some(token) = &self.token {
            config = config.with_token(token.expose())?;
            server = server.with_token(token.expose())?;
        }
        let base = config.url().trim_end_matches('/').to_owned();
        let urls = self.drive.iter().map(|path| format!("{base}{path}"));
        let folder = self.to.clone();
        let folder = folder.unwrap_or_else(|| repo.root().join(".lab/doctor"));
        Ok(Watch {
            scraper: Scraper::new(config)?,
            server,
            time: self.time,
            drive: (!self.drive.is_empty()).then(|| Load {
                urls: urls.collect(),
                connections: self.connections,
                ..Load::new("")
            }),
            shown: shown(repo, &folder),
            folder,
            in_app: match self.in_app.as_slice() {
                [] => InApp::default(),
                crates => InApp::only(crates),
            },
        })
    }

    fn report(&self, seen: &Observation, findings: Vec<Told>, exit_code: u8) -> Report<'_> {
        Report {
            url: &self.url,
            watched_s: seconds(seen),
            requests: requests(seen),
            driven: seen.driven,
            findings,
            exit_code,
        }
    }
}

/// The folder as somebody in the root would type it.
fn shown(repo: &Repo, folder: &Path) -> String {
    repo.short(folder).display().to_string()
}

/// A leak is told before all else; then that it is not known.
fn exit(findings: &[Finding]) -> u8 {
    let codes = || findings.iter().map(Finding::exit);
    if codes().any(|code| code == 1) {
        1
    } else {
        codes().max().unwrap_or(0)
    }
}

fn seconds(seen: &Observation) -> f64 {
    match seen.samples.as_slice() {
        [first, .., last] => last.at - first.at,
        _ => 0.0,
    }
}

fn requests(seen: &Observation) -> Option<u64> {
    let (first, last) = (seen.samples.first()?, seen.samples.last()?);
    Some(last.requests?.saturating_sub(first.requests?))
}

fn say(seen: &Observation, findings: &[Finding], told: &[Told], url: &str) {
    let requests = requests(seen).map_or_else(
        || "requests unknown".to_owned(),
        |requests| format!("{} requests", heapdiff::terminal::thousands(requests)),
    );
    let whose = if seen.driven {
        "with the doctor's own"
    } else {
        "from others"
    };
    say::note(&format!(
        "{url}, watched for {:.0} s, {requests} {whose}\n",
        seconds(seen)
    ));
    for (finding, told) in findings.iter().zip(told) {
        match finding {
            Finding::Fine { .. } => say::good(&format!("✔ {}", told.says)),
            _ if finding.exit() == 1 => say::bad(&format!("✘ {}", told.says)),
            _ => say::note(&format!("! {}", told.says)),
        }
        for line in &told.evidence {
            say::note(&format!("    {line}"));
        }
        say::note(&format!("  → {}\n", code(&told.next)));
    }
}
