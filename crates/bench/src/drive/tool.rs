//! The tools that hammer a server: the lab's driver, and those that the field uses. How each is called, and what it says.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::machine::first_line;

/// Who asks.
#[derive(Clone, Debug)]
pub(super) enum Tool {
    Driver(PathBuf),
    Wrk,
    Oha,
}

/// What it is to do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Job<'a> {
    pub(super) url: &'a str,
    pub(super) connections: usize,
    pub(super) time: Duration,
    /// The processors it may use; all if empty.
    pub(super) cores: &'a [usize],
    /// How many requests the driver sends in `time`, which knows no times.
    pub(super) requests: u64,
}

/// What it says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Said {
    /// Successful requests per second.
    pub(super) rate: f64,
    /// Half of the requests took no longer, in milliseconds.
    pub(super) p50: f64,
    /// 99 % took no longer, in milliseconds.
    pub(super) p99: f64,
}

impl Tool {
    /// Those that are installed; the driver is the first.
    pub(super) fn installed(driver: PathBuf) -> Vec<Self> {
        let mut tools = vec![Self::Driver(driver)];
        tools.extend([Self::Wrk, Self::Oha].into_iter().filter(Self::is_there));
        tools
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Driver(_) => "driver",
            Self::Wrk => "wrk",
            Self::Oha => "oha",
        }
    }

    /// Does the job, and reads what the tool says of it.
    pub(super) fn run(&self, job: &Job<'_>) -> Result<Said> {
        let (connections, seconds) = (job.connections.to_string(), job.time.as_secs_f64());
        let mut command;
        match self {
            Self::Driver(path) => {
                command = pinned(path, job.cores);
                let requests = job.requests.to_string();
                command.args(["--json", "-c", &connections, "-n", &requests]);
            }
            Self::Wrk => {
                command = pinned(Path::new("wrk"), job.cores);
                let threads = job.cores.len().clamp(1, job.connections).to_string();
                let time = format!("{}s", seconds.ceil());
                command.args(["--latency", "-t", &threads, "-c", &connections, "-d", &time]);
            }
            Self::Oha => {
                command = pinned(Path::new("oha"), job.cores);
                let time = format!("{seconds}s");
                command.args(["--no-tui", "--output-format", "json"]);
                command.args(["-c", &connections, "-z", &time]);
            }
        }
        let text = output(command.arg(job.url))?;
        let said = match self {
            Self::Driver(_) => driver(&text),
            Self::Wrk => wrk(&text),
            Self::Oha => oha(&text),
        };
        said.with_context(|| format!("cannot read what {} says:\n{text}", self.name()))
    }

    fn is_there(&self) -> bool {
        // wrk has no option that succeeds and does nothing, but it says what it is.
        !first_line(
            Command::new(self.name())
                .arg("--version")
                .stderr(Stdio::null()),
        )
        .is_empty()
    }
}

/// A command that keeps to some processors.
pub(super) fn pinned(program: &Path, cores: &[usize]) -> Command {
    if cores.is_empty() {
        return Command::new(program);
    }
    let list: Vec<String> = cores.iter().map(ToString::to_string).collect();
    let mut command = Command::new("taskset");
    command.arg("-c").arg(list.join(",")).arg(program);
    command
}

/// What a command prints, if it succeeds.
pub(super) fn output(command: &mut Command) -> Result<String> {
    let name = command.get_program().display().to_string();
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot run {name}"))?;
    ensure!(
        output.status.success(),
        "{command:?} failed: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn driver(text: &str) -> Option<Said> {
    let report: Value = serde_json::from_str(text).ok()?;
    let latency = |name: &str| Some(report["latency_us"][name].as_f64()? / 1e3);
    Some(Said {
        rate: report["requests_per_second"].as_f64()?,
        p50: latency("p50")?,
        p99: latency("p99")?,
    })
}

fn oha(text: &str) -> Option<Said> {
    let report: Value = serde_json::from_str(text).ok()?;
    let latency = |name: &str| Some(report["latencyPercentiles"][name].as_f64()? * 1e3);
    Some(Said {
        rate: report["summary"]["requestsPerSec"].as_f64()?,
        p50: latency("p50")?,
        p99: latency("p99")?,
    })
}

fn wrk(text: &str) -> Option<Said> {
    let after = |name: &str| {
        let line = text
            .lines()
            .map(str::trim)
            .find(|line| line.starts_with(name))?;
        Some(line[name.len()..].trim())
    };
    Some(Said {
        rate: after("Requests/sec:")?.parse().ok()?,
        p50: milliseconds(after("50%")?)?,
        p99: milliseconds(after("99%")?)?,
    })
}

/// Reads `5.23ms`, as wrk writes it.
fn milliseconds(text: &str) -> Option<f64> {
    let unit = text.find(|c: char| c.is_ascii_alphabetic())?;
    let factor = match &text[unit..] {
        "us" => 1e-3,
        "ms" => 1.0,
        "s" => 1e3,
        "m" => 60e3,
        _ => return None,
    };
    Some(text[..unit].parse::<f64>().ok()? * factor)
}

#[cfg(test)]
mod tests {
    use super::{Said, driver, milliseconds, oha, wrk};

    const SAID: Said = Said {
        rate: 1000.5,
        p50: 5.5,
        p99: 52.0,
    };

    #[test]
    fn what_each_says_is_read_in_milliseconds() {
        let text = "  Latency Distribution\n     50%    5.50ms\n     90%    6.00ms\n     99%   52.00ms\n  \
                    2001 requests in 2.00s, 120.00KB read\nRequests/sec:   1000.50\n";
        assert_eq!(wrk(text), Some(SAID));
        let text = r#"{"requests_per_second": 1000.5, "latency_us": {"p50": 5500, "p99": 52000}}"#;
        assert_eq!(driver(text), Some(SAID));
        let text = r#"{"summary": {"requestsPerSec": 1000.5}, "latencyPercentiles": {"p50": 0.0055, "p99": 0.052}}"#;
        assert_eq!(oha(text), Some(SAID));
    }

    #[test]
    fn wrk_has_a_unit_for_each_size() {
        assert_eq!(milliseconds("250.00us"), Some(0.25));
        assert_eq!(milliseconds("1.50s"), Some(1500.0));
        assert_eq!(milliseconds("1.50"), None);
    }

    #[test]
    fn a_driver_that_saw_no_answer_says_nothing() {
        assert_eq!(
            driver(r#"{"requests_per_second": 0.0, "latency_us": null}"#),
            None
        );
    }
}
