//! Builds a server as a student would, with cargo.

use std::env;
use std::fs::File;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::program::Program;
use crate::repo::{Repo, Server};

/// What came of a build.
#[derive(Debug)]
pub(crate) enum Build {
    Ready {
        program: Program,
        took: Duration,
    },
    /// The student's code does not compile; the compiler has said why on stderr.
    Failed {
        took: Duration,
    },
}

/// Runs `cargo build --release --bin SERVER`; cargo's own progress is shown.
///
/// # Errors
/// When cargo cannot run, or fails for another reason than the code.
pub(crate) async fn compile(repo: &Repo, server: Server) -> Result<Build> {
    compile_with(&Program::free(cargo()), repo, server, None).await
}

/// The cargo that runs the lab, or the one in the PATH.
pub(crate) fn cargo() -> PathBuf {
    PathBuf::from(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// The same with this `cargo`, offline and with the versions of the lock file; what it says goes to the file `log`, or is
/// shown.
///
/// # Errors
/// When cargo cannot run, or fails for another reason than the code.
pub(crate) async fn compile_with(
    cargo: &Program,
    repo: &Repo,
    server: Server,
    log: Option<File>,
) -> Result<Build> {
    let started = Instant::now();
    let mut command = cargo.command(cargo.path())?;
    command
        .current_dir(repo.root())
        // `--bin`, as the alias in .cargo/config.toml: features are unified over the workspace.
        .args(["build", "--release", "--bin", server.program()])
        .args(["--message-format", "json-render-diagnostics"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    if let Some(target) = repo.target() {
        command.env("CARGO_TARGET_DIR", target);
    }
    if let Some(log) = log {
        command.args(["--offline", "--locked"]).stderr(log);
    }
    let mut cargo = cargo.spawn(command).context(
        "cannot run cargo: install Rust from https://rustup.rs, or put cargo into the PATH",
    )?;
    let stdout = cargo.take_stdout().context("cargo's output is piped")?;
    let mut lines = BufReader::new(stdout).lines();
    let mut program = None;
    let mut compiled = false;
    while let Some(line) = lines
        .next_line()
        .await
        .context("cannot read cargo's output")?
    {
        match serde_json::from_str(&line) {
            Ok(Message::Artifact { target, executable }) if target.name == server.program() => {
                program = executable.or(program);
            }
            Ok(Message::Finished) => compiled = true,
            _ => {}
        }
    }
    let status = cargo.wait().await.context("cannot wait for cargo")?;
    let took = started.elapsed();
    match program {
        Some(program) if status.success() => Ok(Build::Ready {
            program: Program::free(program),
            took,
        }),
        _ if compiled => Ok(Build::Failed { took }),
        _ => bail!(
            "cargo build --bin {} ended with {status}: what it says above is to be put right first",
            server.program()
        ),
    }
}

/// The lines of `--message-format json` that matter here: a build that fails before it finishes has another
/// reason than the code.
#[derive(Deserialize)]
#[serde(tag = "reason")]
enum Message {
    #[serde(rename = "compiler-artifact")]
    Artifact {
        target: Target,
        executable: Option<PathBuf>,
    },
    /// Cargo got as far as the compiler; what that had to say is on stderr.
    #[serde(rename = "build-finished")]
    Finished,
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}
