//! A server that the lab runs: started on a port of the system's choice, spoken to over HTTP like any
//! other, killed when dropped. Should the lab itself be killed, its end of the server's standard input
//! closes, and the server ends by itself.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use reqwest::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{ChildStdin, Command};
use tokio::time::{Instant, sleep, timeout};

use crate::child::Group;
use crate::repo::Server;

/// How long a server may take to start, or to come to rest.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a connection may be idle and be used again: the server closes those that were idle for five seconds, and a
/// question that crosses with that has no answer.
const IDLE: Duration = Duration::from_secs(1);

/// How long a server that failed is given to say why.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// The exit code of a server whose heap came to its ceiling: heapshot's `EXIT_CODE`.
const AT_CEILING: i32 = 70;

/// Lines of its log that are shown.
const MOST_LINES: usize = 10;

/// Readings of the live heap that differ by less are the same: asking allocates, too.
const AT_REST_BYTES: u64 = 4096;

/// A running server.
pub(crate) struct Running {
    process: Group,
    _stdin: ChildStdin,
    client: reqwest::Client,
    url: String,
    log: PathBuf,
}

/// What `/healthz` answers.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Health {
    pub(crate) requests: u64,
    pub(crate) in_flight: u64,
    pub(crate) live_bytes: u64,
    pub(crate) rss_bytes: Option<u64>,
}

/// What `/heapdump` answers.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Dump {
    pub(crate) path: PathBuf,
    pub(crate) requests: u64,
    pub(crate) live_bytes: u64,
    pub(crate) live_blocks: u64,
    pub(crate) pause_us: u64,
}

impl Running {
    /// Starts `program`; its snapshots and its log go to `folder`.
    pub(crate) async fn start(program: &Path, server: Server, folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let log = folder.join("server.log");
        let log_file =
            File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        // A copy: snapshots read names and lines from the program's file, which the next build replaces.
        let own = folder.join(server.program());
        fs::copy(program, &own).with_context(|| format!("cannot write {}", own.display()))?;
        let mut command = Command::new(&own);
        command
            .args([
                "--listen",
                "127.0.0.1:0",
                "--max-heap",
                "1GiB",
                "--at-limit",
                "exit",
                "--exit-with-stdin",
            ])
            .arg("--snapshots")
            .arg(folder)
            // A panic's message is what a student needs, and would be far above the end of a backtrace.
            .env("RUST_BACKTRACE", "0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log_file);
        // The student's own settings for servers started by hand are not meant for this one.
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("LEAKLAB_") {
                command.env_remove(name);
            }
        }
        let mut process =
            Group::spawn(command).with_context(|| format!("cannot start {}", program.display()))?;
        let stdin = process
            .take_stdin()
            .context("the server's input is piped")?;
        let mut stdout = BufReader::new(process.take_stdout().context("its output is piped")?);

        let mut line = String::new();
        let url = match timeout(PATIENCE, stdout.read_line(&mut line)).await {
            Ok(Ok(_)) => line
                .split_whitespace()
                .find(|word| word.starts_with("http://")),
            _ => None,
        };
        let Some(url) = url.map(str::to_owned) else {
            let words = last_words(&log).unwrap_or_else(|| "it said nothing".to_owned());
            bail!("{} did not start: {words}", server.program());
        };
        tokio::spawn(async move {
            // What it prints later is of no interest, but must not fill the pipe.
            let _ = tokio::io::copy(&mut stdout, &mut tokio::io::sink()).await;
        });
        let client = reqwest::Client::builder()
            .no_proxy()
            .pool_idle_timeout(IDLE)
            .build()
            .context("cannot make an HTTP client")?;
        Ok(Self {
            process,
            _stdin: stdin,
            client,
            url,
            log,
        })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn client(&self) -> &reqwest::Client {
        &self.client
    }

    /// The state of the server now.
    pub(crate) async fn health(&self) -> Result<Health> {
        self.get("/healthz").await
    }

    /// Takes a snapshot once the server is at rest: no request in flight and the live heap settled. Waits for another
    /// one that is under way: the student may be taking it in the panel.
    pub(crate) async fn snapshot_at_rest(&self, name: &str) -> Result<Dump> {
        let deadline = Instant::now() + PATIENCE;
        let mut before = self.health().await?;
        while Instant::now() < deadline {
            sleep(Duration::from_millis(10)).await;
            let now = self.health().await?;
            if now.in_flight == 0 && now.live_bytes.abs_diff(before.live_bytes) < AT_REST_BYTES {
                break;
            }
            before = now;
        }
        let path = format!("/heapdump?name={name}");
        loop {
            let (status, body) = self.ask(&path).await?;
            if status != StatusCode::CONFLICT || Instant::now() >= deadline {
                return self.read(&path, status, &body);
            }
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Why the server does not answer as it should, as far as it tells: how it ended, what it said.
    pub(crate) async fn last_words(&mut self) -> Option<String> {
        let deadline = Instant::now() + LAST_WORDS;
        let mut ended = self.process.ended();
        while ended.is_none() && Instant::now() < deadline {
            sleep(Duration::from_millis(10)).await;
            ended = self.process.ended();
        }
        let words = last_words(&self.log);
        match (ended, words) {
            (None, None) => None,
            (None, Some(words)) => Some(format!("the server said:\n{words}")),
            (Some(status), None) => {
                Some(format!("the server ended with {status} and said nothing"))
            }
            (Some(status), Some(words)) if status.code() == Some(AT_CEILING) => Some(format!(
                "the server's heap came to its ceiling, and the server ended, so that your machine has memory left:\n{words}"
            )),
            (Some(status), Some(words)) => {
                Some(format!("the server ended with {status}:\n{words}"))
            }
        }
    }

    pub(crate) async fn stop(self) {
        self.process.kill().await;
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        let (status, body) = self.ask(path).await?;
        self.read(path, status, &body)
    }

    async fn ask(&self, path: &str) -> Result<(StatusCode, Vec<u8>)> {
        let url = format!("{}{path}", self.url);
        let answer = self
            .client
            .get(&url)
            .timeout(PATIENCE * 4)
            .send()
            .await
            .with_context(|| format!("cannot ask {url}"))?;
        let status = answer.status();
        let body = answer
            .bytes()
            .await
            .with_context(|| format!("cannot read {url}"))?;
        Ok((status, body.to_vec()))
    }

    fn read<T: DeserializeOwned>(&self, path: &str, status: StatusCode, body: &[u8]) -> Result<T> {
        let url = format!("{}{path}", self.url);
        if !status.is_success() {
            bail!("{url} answered {status}: {}", String::from_utf8_lossy(body));
        }
        serde_json::from_slice(body).with_context(|| format!("{url} answered something else"))
    }
}

/// The end of a log, if there is anything in it.
fn last_words(log: &Path) -> Option<String> {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<_> = text.trim().lines().rev().take(MOST_LINES).collect();
    if lines.is_empty() {
        return None;
    }
    Some(lines.into_iter().rev().collect::<Vec<_>>().join("\n"))
}
