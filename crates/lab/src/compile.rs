//! Builds a server as a student would, with cargo.

use std::env;
use std::ffi::OsString;
use std::future::pending;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use tokio::io::BufReader;
use tokio::process::ChildStderr;
use tokio::time::timeout;

use crate::bounded::{LastLines, Lines, ShortStrings, Start};
use crate::program::Program;
use crate::repo::{Repo, Server};

/// Longest line of cargo's own that is kept, in bytes.
const MOST_OF_A_LINE: usize = 4 << 10;

/// How long cargo's last lines are waited for once it has ended.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How a line begins in which cargo hands on what the compiler says.
const COMPILER_MESSAGE: &str = r#"{"reason":"compiler-message""#;

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
    let cargo = Cargo {
        program: Program::free(cargo()),
        flags: &[],
        env: Vec::new(),
    };
    compile_with(&cargo, repo, server, output).await
}

/// A cargo, and what it is told besides what to build.
pub(crate) struct Cargo<'a> {
    pub(crate) program: Program,
    pub(crate) flags: &'a [&'a str],
    pub(crate) env: Vec<(&'static str, OsString)>,
}

/// The cargo that runs the lab, or the one in the PATH.
pub(crate) fn cargo() -> PathBuf {
    PathBuf::from(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// The same with this `cargo`.
///
/// # Errors
/// When cargo cannot run, or fails for another reason than the code.
pub(crate) async fn compile_with(
    cargo: &Cargo<'_>,
    repo: &Repo,
    server: Server,
    output: &mut Output<'_>,
) -> Result<Build> {
    let started = Instant::now();
    let format = match output {
        Output::Terminal => "json-render-diagnostics",
        Output::To(_) => "json-diagnostic-rendered-ansi",
    };
    let mut command = cargo.program.command(cargo.program.path())?;
    command
        .current_dir(repo.root())
        // `--bin`, as the alias in .cargo/config.toml: features are unified over the workspace.
        .args(["build", "--release", "--bin", server.program()])
        .args(["--message-format", format])
        .args(cargo.flags)
        .envs(cargo.env.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    if let Output::To(_) = output {
        command.stderr(Stdio::piped());
    }
    if let Some(target) = repo.target() {
        command.env("CARGO_TARGET_DIR", target);
    }
    let mut cargo = cargo.program.spawn(command).context(
        "cannot run cargo: install Rust from https://rustup.rs, or put cargo into the PATH",
    )?;
    let stdout = cargo.take_stdout().context("cargo's output is piped")?;
    let mut lines = Lines::new(BufReader::new(stdout), ShortStrings::default());
    let mut words = cargo
        .take_stderr()
        .map(|stderr| Lines::new(BufReader::new(stderr), Start::new(MOST_OF_A_LINE)));
    let mut program = None;
    let mut compiled = false;
    let mut last_words = LastLines::default();
    loop {
        let line = tokio::select! {
            line = lines.next() => line,
            word = next_word(&mut words) => {
                if let (Some(word), Output::To(listener)) = (word, &mut *output) {
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
            Err(_) if line.starts_with(COMPILER_MESSAGE) => {
                if let Output::To(listener) = output {
                    listener(Said::Diagnostic {
                        error: true,
                        rendered: "a message of the compiler is too long to be shown\n".to_owned(),
                    });
                }
            }
            _ => {}
        }
    }
    let status = cargo.wait().await.context("cannot wait for cargo")?;
    // The pipe may still hold what cargo said last. Another process may keep the pipe open, so nothing waits for its end.
    let rest = async {
        while words.is_some() {
            if let (Some(word), Output::To(listener)) = (next_word(&mut words).await, &mut *output)
            {
                last_words.push(word.clone());
                listener(Said::Line(word));
            }
        }
    };
    let _ = timeout(LAST_WORDS, rest).await;
    let took = started.elapsed();
    match program {
        Some(program) if status.success() => Ok(Build::Ready {
            program: Program::free(program),
            took,
        }),
        _ if compiled => Ok(Build::Failed { took }),
        _ => {
            let failed = format!("cargo build --bin {} ended with {status}", server.program());
            match last_words.text() {
                None => bail!("{failed}: what it says above is to be put right first"),
                Some(words) => bail!("{failed}; this is to be put right first:\n{words}"),
            }
        }
    }
}

/// The next line on cargo's stderr, or its end; never ready once that has ended.
async fn next_word(words: &mut Option<Lines<BufReader<ChildStderr>, Start>>) -> Option<String> {
    let Some(lines) = words else {
        return pending().await;
    };
    let word = lines.next().await.ok().flatten();
    if word.is_none() {
        *words = None;
    }
    word
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
