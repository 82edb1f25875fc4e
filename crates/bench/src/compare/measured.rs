//! A process that runs one other, and says how long that took and how much memory it had at most. The system tells the
//! largest of all children's; so there must be but one.

use std::ffi::OsString;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clap::Args;
use nix::sys::resource::{UsageWho, getrusage};
use serde::{Deserialize, Serialize};

/// Run a program, and say what it took
#[derive(Args, Debug)]
pub struct Measured {
    /// The program and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<OsString>,
}

/// What one run took.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Run {
    /// From its start to its end, in seconds.
    pub(super) seconds: f64,
    /// Its largest resident memory, in bytes.
    pub(super) peak: u64,
}

impl Measured {
    /// Runs it, and prints what it took as JSON.
    ///
    /// # Errors
    /// When it cannot be started, or fails.
    pub fn run(&self) -> Result<()> {
        let (program, arguments) = self.words.split_first().context("no program is given")?;
        let mut command = Command::new(program);
        command.args(arguments).stdout(Stdio::null());
        let start = Instant::now();
        let status = command
            .status()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let seconds = start.elapsed().as_secs_f64();
        ensure!(
            status.success(),
            "{} ended with {status}",
            program.display()
        );
        let usage = getrusage(UsageWho::RUSAGE_CHILDREN).context("no usage is known")?;
        let peak = u64::try_from(usage.max_rss()).unwrap_or(0) * 1024;
        println!("{}", serde_json::to_string(&Run { seconds, peak })?);
        Ok(())
    }
}

impl Run {
    /// Of a program and its arguments. `bench` is this program, which runs it in a process of its own.
    pub(super) fn of(bench: &std::path::Path, words: &[OsString]) -> Result<Self> {
        let output = Command::new(bench)
            .arg("measured")
            .arg("--")
            .args(words)
            .stderr(Stdio::inherit())
            .output()
            .context("cannot start bench")?;
        ensure!(
            output.status.success(),
            "bench measured ended with {}",
            output.status
        );
        serde_json::from_slice(&output.stdout).context("bench measured says something else")
    }
}
