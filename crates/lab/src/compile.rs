//! Builds a server as a student would, with cargo.

use std::env;
use std::future::pending;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::ChildStderr;

use crate::program::Program;
use crate::repo::{Repo, Server};

/// What came of a build.
#[derive(Debug)]
pub(crate) enum Build {
    Ready {
        program: Program,
        took: Duration,
    },
    /// The student's code does not compile; the compiler has said why.
    Failed {
        took: Duration,
    },
}

/// Where cargo and the compiler say what they have to say.
pub(crate) enum Output<'a> {
    /// On the lab's own stderr, as if the student had called cargo, its progress bar and all.
    Terminal,
    /// To this, and nowhere else.
    To(Listener<'a>),
}

/// Who is told what is said during a build.
pub(crate) type Listener<'a> = &'a mut dyn FnMut(Said);

/// What cargo and the compiler say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// A line of cargo's: what it builds, or why it cannot.
    Line(String),
    /// An error or a warning as the compiler prints it, in colour.
    Diagnostic { error: bool, rendered: String },
}

/// Runs `cargo build --release --bin SERVER`.
///
/// # Errors
/// When cargo cannot run, or fails for another reason than the code.
pub(crate) async fn compile(repo: &Repo, server: Server, output: &mut Output<'_>) -> Result<Build> {
    compile_with(&Program::free(cargo()), &[], repo, server, output).await
}

/// The cargo that runs the lab, or the one in the PATH.
pub(crate) fn cargo() -> PathBuf {
    PathBuf::from(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// The same with this `cargo`, which is told `flags`, too.
///
/// # Errors
/// When cargo cannot run, or fails for another reason than the code.
pub(crate) async fn compile_with(
    cargo: &Program,
    flags: &[&str],
    repo: &Repo,
    server: Server,
    output: &mut Output<'_>,
) -> Result<Build> {
    let started = Instant::now();
    let format = match output {
        Output::Terminal => "json-render-diagnostics",
        Output::To(_) => "json-diagnostic-rendered-ansi",
    };
    let mut command = cargo.command(cargo.path())?;
    command
        .current_dir(repo.root())
        // `--bin`, as the alias in .cargo/config.toml: features are unified over the workspace.
        .args(["build", "--release", "--bin", server.program()])
        .args(["--message-format", format])
        .args(flags)
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    if let Output::To(_) = output {
        command.stderr(Stdio::piped());
    }
    if let Some(target) = repo.target() {
        command.env("CARGO_TARGET_DIR", target);
    }
    let mut cargo = cargo.spawn(command).context(
        "cannot run cargo: install Rust from https://rustup.rs, or put cargo into the PATH",
    )?;
    let stdout = cargo.take_stdout().context("cargo's output is piped")?;
    let mut lines = BufReader::new(stdout).lines();
    let mut words = cargo
        .take_stderr()
        .map(|stderr| BufReader::new(stderr).lines());
    let mut program = None;
    let mut compiled = false;
    let mut last_words = Vec::new();
    loop {
        let line = tokio::select! {
            line = lines.next_line() => line,
            word = next_word(&mut words) => {
                if let Output::To(listener) = output {
                    last_words.push(word.clone());
                    listener(Said::Line(word));
                }
                continue;
            }
        };
        let Some(line) = line.context("cannot read cargo's output")? else {
            break;
        };
        match serde_json::from_str(&line) {
            Ok(Message::Artifact { target, executable }) if target.name == server.program() => {
                program = executable.or(program);
            }
            Ok(Message::Compiler { message }) => {
                if let Output::To(listener) = output
                    && let Some(said) = message.said()
                {
                    listener(said);
                }
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
        _ => {
            while let Some(words) = &mut words
                && let Ok(Some(word)) = words.next_line().await
            {
                last_words.push(word);
            }
            let failed = format!("cargo build --bin {} ended with {status}", server.program());
            match last_words.as_slice() {
                [] => bail!("{failed}: what it says above is to be put right first"),
                words => bail!(
                    "{failed}; this is to be put right first:\n{}",
                    words.join("\n")
                ),
            }
        }
    }
}

/// The next line on cargo's stderr; never ready where that is not read, or has ended.
async fn next_word(words: &mut Option<Lines<BufReader<ChildStderr>>>) -> String {
    if let Some(lines) = words
        && let Ok(Some(line)) = lines.next_line().await
    {
        return line;
    }
    *words = None;
    pending().await
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
    /// Comes only where cargo does not render it itself.
    #[serde(rename = "compiler-message")]
    Compiler { message: Diagnostic },
    /// Cargo got as far as the compiler, which has said what it had to say.
    #[serde(rename = "build-finished")]
    Finished,
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

#[derive(Deserialize)]
struct Diagnostic {
    message: String,
    level: String,
    rendered: Option<String>,
}

impl Diagnostic {
    /// As cargo would show it; the compiler's own count of its errors is left out, as cargo does.
    fn said(self) -> Option<Said> {
        let counts = ["aborting due to", "1 warning emitted"];
        if counts.iter().any(|count| self.message.starts_with(count))
            || self.message.ends_with("warnings emitted")
        {
            return None;
        }
        Some(Said::Diagnostic {
            error: self.level.starts_with("error"),
            rendered: self.rendered?,
        })
    }
}
