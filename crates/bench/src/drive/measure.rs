//! What is measured: how fast each tool is, whether their percentiles agree, whether the driver keeps its rate, and what
//! memory it takes.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use std::{env, fs, thread};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;

use super::tool::{Job, Said, Tool, output, pinned};
use crate::child::Child;
use crate::program::Server;
use crate::rounds::interleaved;

/// Programs, and how thoroughly.
pub(super) struct Bench {
    pub(super) driver: PathBuf,
    pub(super) leaky: PathBuf,
    pub(super) tools: Vec<Tool>,
    pub(super) rounds: usize,
    /// How long a tool works in one round.
    pub(super) time: Duration,
}

/// Who is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// The lab's server, whose heap is recorded: what the driver is for.
    Leaky,
    /// One that costs next to nothing.
    Plain,
    /// One whose latency is known.
    Slow,
}

/// The driver at a rate.
pub(super) struct Paced {
    /// Requests per second, sent over elapsed.
    pub(super) achieved: f64,
    pub(super) p50: f64,
    pub(super) p99: f64,
}

/// As many connections as of most who use such tools.
const CONNECTIONS: usize = 8;

/// How many of them keep even the largest rate, whatever else the machine does.
const PACED_CONNECTIONS: &str = "64";

impl Bench {
    /// What each tool says, round by round, asking over so many connections from `cores`, where the server is, too.
    pub(super) fn side_by_side(
        &self,
        asked: Asked,
        cores: &[usize],
        connections: usize,
    ) -> Result<Vec<Vec<Said>>> {
        let scratch = tempfile::tempdir()?;
        let server = self.start(asked, cores, &scratch)?;
        let url = server.at(asked.path());
        let mut job = Job {
            url: &url,
            connections,
            time: self.time,
            cores,
            requests: 2000,
        };
        // The server's first requests are slower than others, and the driver must be told how many make up the time.
        let first = Tool::Driver(self.driver.clone()).run(&job)?;
        job.requests = requests_in(first.rate, self.time);
        interleaved(self.rounds, &self.tools, |tool, _| tool.run(&job))
    }

    /// The driver's at each rate, round by round.
    pub(super) fn paced(&self, rates: &[u64]) -> Result<Vec<Vec<Paced>>> {
        let scratch = tempfile::tempdir()?;
        let server = self.start(Asked::Plain, &[], &scratch)?;
        interleaved(self.rounds, rates, |rate, _| {
            let requests = rate * self.time.as_secs().max(1);
            let mut command = pinned(&self.driver, &[]);
            command.args(["--json", "-c", PACED_CONNECTIONS]);
            command.args(["--rate", &rate.to_string(), "-n", &requests.to_string()]);
            let text = output(command.arg(server.url()))?;
            paced(&text).with_context(|| format!("cannot read what the driver says:\n{text}"))
        })
    }

    /// The driver's peak of resident memory in bytes, with so many requests. `None` where the system does not tell.
    pub(super) fn peak_memory(&self, requests: u64) -> Result<Option<u64>> {
        let scratch = tempfile::tempdir()?;
        let server = self.start(Asked::Plain, &[], &scratch)?;
        let mut command = pinned(&self.driver, &[]);
        command.args(["-c", &CONNECTIONS.to_string(), "-n", &requests.to_string()]);
        command.arg(server.url()).stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut driver = Child::spawn(&mut command)?;
        let mut peak = None;
        loop {
            // The peak only grows, and the last look is short before the end.
            peak = high_water_mark(driver.id()).max(peak);
            if let Some(status) = driver.process().try_wait()? {
                ensure!(status.success(), "the driver failed: {status}");
                return Ok(peak);
            }
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn start(&self, asked: Asked, cores: &[usize], scratch: &TempDir) -> Result<Server> {
        let workers = cores.len().max(1).to_string();
        let program = match asked {
            Asked::Leaky => self.leaky.clone(),
            Asked::Plain | Asked::Slow => env::current_exe()?,
        };
        let mut command = pinned(&program, cores);
        match asked {
            Asked::Leaky => {
                command.args(["--listen", "127.0.0.1:0", "--exit-with-stdin"]);
                command.arg("--snapshots").arg(scratch.path());
            }
            Asked::Plain => drop(command.arg("plain")),
            Asked::Slow => drop(command.args(["plain", "--slow"])),
        }
        Server::spawn({
            command.args(["--workers", &workers]);
            command
        })
    }
}

impl Asked {
    fn path(self) -> &'static str {
        match self {
            Self::Leaky => "/healthz",
            Self::Plain | Self::Slow => "/",
        }
    }
}

fn requests_in(rate: f64, time: Duration) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a number of requests that were measured"
    )]
    let requests = (rate * time.as_secs_f64()) as u64;
    requests.max(100)
}

fn paced(text: &str) -> Option<Paced> {
    let report: Value = serde_json::from_str(text).ok()?;
    let number = |value: &Value| value.as_f64();
    Some(Paced {
        achieved: number(&report["requests"])? / number(&report["elapsed_s"])?,
        p50: number(&report["latency_us"]["p50"])? / 1e3,
        p99: number(&report["latency_us"]["p99"])? / 1e3,
    })
}

/// Of a process; `None` once it has ended, or where there is no `/proc`.
fn high_water_mark(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::{high_water_mark, paced};

    #[test]
    fn a_rate_is_what_was_sent_over_the_time_that_it_took() {
        let text = r#"{"requests": 1500, "ok": 1, "elapsed_s": 1.5, "latency_us": {"p50": 250, "p99": 4000}}"#;
        let paced = paced(text).unwrap();
        assert_eq!((paced.achieved, paced.p50, paced.p99), (1000.0, 0.25, 4.0));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_memory_of_this_process_is_known() {
        assert!(high_water_mark(std::process::id()).unwrap() > 100 << 10);
    }
}
