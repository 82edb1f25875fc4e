//! A server that the lab runs: started on a port of the system's choice, spoken to over HTTP like any
//! other, killed when dropped. Should the lab itself be killed, its end of the server's standard input
//! closes, and the server ends by itself. A server that is not trusted has its socket from the lab instead, and a
//! supervisor.

use std::env;
use std::fs::{self, File};
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use driver::Load;
use driver::series::{self, Health, Rest, Series, Snapshot};
use reqwest::redirect;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::ChildStdin;
use tokio::time::{Instant, sleep, timeout};

use crate::bounded;
use crate::child::Group;
use crate::program::Program;
use crate::repo::Server;

/// How long a server may take to start.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a connection may be idle and be used again: the server closes those that were idle for five seconds, and a
/// question that crosses with that has no answer.
const IDLE: Duration = Duration::from_secs(1);

/// How long a server that failed is given to say why.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// The heap ceiling of a server unless said, in bytes.
const CEILING: u64 = 1 << 30;

/// The exit code of a server whose heap came to its ceiling: heapshot's `EXIT_CODE`.
pub(crate) const AT_CEILING: i32 = 70;

/// Lines of its log that are shown, and characters of each.
const MOST_LINES: usize = 10;
const MOST_OF_A_LINE: usize = 300;

/// Longest line in which a server says where it listens, in bytes.
const MOST_OF_THE_FIRST_LINE: u64 = 4 << 10;

/// Longest snapshot, in bytes; the labs' have one or two megabytes.
pub(crate) const MOST_SNAPSHOT: u64 = 16 << 20;

/// A running server.
pub(crate) struct Running {
    process: Group,
    _stdin: Option<ChildStdin>,
    client: reqwest::Client,
    /// Its heap, as the driver looks at it.
    heap: series::Server,
    url: String,
    /// Where its snapshots go.
    folder: PathBuf,
    log: PathBuf,
}

impl Running {
    /// Starts `program`; its snapshots and its log go to `folder`.
    pub(crate) async fn start(program: &Program, server: Server, folder: &Path) -> Result<Self> {
        Self::start_within(program, server, folder, CEILING).await
    }

    /// The same with a heap ceiling of so many bytes, at which it ends.
    pub(crate) async fn start_within(
        program: &Program,
        server: Server,
        folder: &Path,
        ceiling: u64,
    ) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let log = folder.join("server.log");
        let log_file =
            File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        // One that is not trusted is a copy already. In its folder it could be replaced.
        let program = if program.is_confined() || program.folder() == folder {
            program.clone()
        } else {
            program.copy_to(folder)?
        };
        let socket = program
            .is_confined()
            .then(|| TcpListener::bind("127.0.0.1:0"))
            .transpose()
            .context("cannot find a free port")?;
        // A server that is not trusted could name another's address.
        let own_url = socket.as_ref().map(url_of).transpose()?;
        let own = program.path().to_path_buf();
        let mut command = program.command(&own)?;
        command
            .args(["--max-heap", &ceiling.to_string(), "--at-limit", "exit"])
            .arg("--snapshots")
            .arg(folder)
            // A panic's message is what a student needs, and would be far above the end of a backtrace.
            .env("RUST_BACKTRACE", "0")
            .stdout(Stdio::piped())
            .stderr(log_file);
        match socket {
            // It needs no network of its own. Its supervisor ends it with the lab.
            Some(socket) => command
                .args(["--listen", "stdin"])
                .stdin(Stdio::from(OwnedFd::from(socket))),
            None => command
                .args(["--listen", "127.0.0.1:0", "--exit-with-stdin"])
                .stdin(Stdio::piped()),
        };
        // The student's own settings for servers started by hand are not meant for this one.
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("LEAKLAB_") {
                command.env_remove(name);
            }
        }
        let mut process = program
            .spawn(command)
            .with_context(|| format!("cannot start {}", own.display()))?;
        let stdin = process.take_stdin();
        let mut stdout = BufReader::new(process.take_stdout().context("its output is piped")?);

        let said = address(&mut stdout).await;
        let Some(url) = said.map(|url| own_url.unwrap_or(url)) else {
            process.kill().await;
            let words = last_words(&log).unwrap_or_else(|| "it said nothing".to_owned());
            bail!("{} did not start: {words}", server.program());
        };
        tokio::spawn(async move {
            // What it prints later is of no interest, but must not fill the pipe.
            let _ = tokio::io::copy(&mut stdout, &mut tokio::io::sink()).await;
        });
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none()) // an answer must not send the lab elsewhere
            .pool_idle_timeout(IDLE)
            .build()
            .context("cannot make an HTTP client")?;
        Ok(Self {
            process,
            _stdin: stdin,
            client,
            heap: series::Server::new(&url)?.with_most_bytes(MOST_SNAPSHOT),
            url,
            folder: folder.to_owned(),
            log,
        })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn client(&self) -> &reqwest::Client {
        &self.client
    }

    /// Its heap, for whoever puts another load on it.
    pub(crate) fn heap(&self) -> &series::Server {
        &self.heap
    }

    /// How it ended, and what it said last; `None` if it is still there after `patience`.
    pub(crate) async fn ended(&mut self, patience: Duration) -> Option<(ExitStatus, String)> {
        let status = timeout(patience, self.process.wait()).await.ok()?.ok()?;
        Some((status, last_words(&self.log).unwrap_or_default()))
    }

    /// The state of the server now.
    pub(crate) async fn health(&self) -> Result<Health> {
        let health = self.heap.health().await?;
        health.with_context(|| format!("{}/healthz answers something else", self.url))
    }

    /// A series of snapshots under the load that asks for `routes` in turn.
    pub(crate) fn series(&self, routes: &[String], load: &Load) -> Result<Series> {
        let urls = routes.iter().map(|route| format!("{}{route}", self.url));
        let load = Load {
            urls: urls.collect(),
            ..load.clone()
        };
        Ok(Series::new(self.heap.clone(), load, &self.folder)?)
    }

    /// Takes a snapshot once the server is at rest: no request in flight and the live heap settled. Waits for another
    /// one that is under way: the student may be taking it in the panel.
    pub(crate) async fn snapshot_at_rest(&self, name: &str) -> Result<Snapshot> {
        Rest::of(&self.heap).await?;
        let taken = self.heap.take(name).await?;
        Ok(self.heap.fetch(taken, &self.folder).await?)
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
}

/// Where a server says in its first line that it listens.
async fn address(stdout: &mut (impl AsyncBufRead + Unpin)) -> Option<String> {
    let mut line = String::new();
    let mut start = stdout.take(MOST_OF_THE_FIRST_LINE);
    timeout(PATIENCE, start.read_line(&mut line))
        .await
        .ok()?
        .ok()?;
    let url = line
        .strip_suffix('\n')? // a longer line is no address
        .split_whitespace()
        .find(|word| word.starts_with("http://"))?;
    Some(url.to_owned())
}

fn url_of(socket: &TcpListener) -> Result<String> {
    let address = socket.local_addr();
    let address = address.context("cannot tell the address of a socket")?;
    Ok(format!("http://{address}"))
}

/// The end of a log, if there is anything in it.
fn last_words(log: &Path) -> Option<String> {
    bounded::end_of_file(log, MOST_LINES, MOST_OF_A_LINE)
}

#[cfg(test)]
mod tests {
    use tokio::io::{BufReader, repeat};

    use super::address;

    #[tokio::test]
    async fn an_address_stands_in_a_first_line_that_ends() {
        let mut good = &b"listening on http://127.0.0.1:1 now\nmore"[..];
        assert_eq!(address(&mut good).await.unwrap(), "http://127.0.0.1:1");
        for mut bad in [
            &b"nothing\nhttp://x\n"[..],
            b"http://127.0.0.1:1",
            b"\xff http://x\n",
        ] {
            assert_eq!(address(&mut bad).await, None);
        }
    }

    #[tokio::test]
    async fn a_first_line_without_end_is_none() {
        assert_eq!(address(&mut BufReader::new(repeat(b'x'))).await, None);
    }
}
