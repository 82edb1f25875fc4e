//! The programs that are measured: built for release, as users run them, and started on ports of the system's choice.

use std::env;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, Result, ensure};

use crate::child::Child;
use crate::workspace::Workspace;

/// Builds programs of the workspace for release; their paths, in the order of the names.
///
/// # Errors
/// When cargo fails; it has said why.
pub fn build<const N: usize>(workspace: &Workspace, names: [&str; N]) -> Result<[PathBuf; N]> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["build", "--release", "--quiet"])
        .current_dir(workspace.root());
    for name in names {
        cargo.args(["--bin", name]);
    }
    let status = cargo.status().context("cannot run cargo")?;
    ensure!(
        status.success(),
        "cargo could not build {}",
        names.join(", ")
    );
    let release = workspace.target().join("release");
    Ok(names.map(|name| release.join(name)))
}

/// A running server, which ends when this is dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    url: String,
}

impl Server {
    /// Starts one of the workspace's servers on a port of the system's choice, with its snapshots in `folder`.
    ///
    /// # Errors
    /// When it does not say where it listens.
    pub fn start<A: AsRef<OsStr>>(
        program: &Path,
        folder: &Path,
        args: impl IntoIterator<Item = A>,
    ) -> Result<Self> {
        let mut command = Command::new(program);
        command
            .args([
                "--listen",
                "127.0.0.1:0",
                "--exit-with-stdin",
                "--snapshots",
            ])
            .arg(folder)
            .args(args);
        Self::spawn(command)
    }

    /// Starts any command that prints, as the first thing on its standard output, a line with `http://ADDRESS` in it.
    /// Its standard input is a pipe that closes when this process ends; settings of the user's own for the
    /// workspace's servers are not handed on.
    ///
    /// # Errors
    /// When it does not.
    pub fn spawn(mut command: Command) -> Result<Self> {
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("LEAKLAB_") {
                command.env_remove(name);
            }
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = Child::spawn(&mut command)
            .with_context(|| format!("cannot start {}", command.get_program().display()))?;
        let stdout = child.process().stdout.take().context("it is piped")?;
        let mut lines = BufReader::new(stdout).lines();
        let url = loop {
            let line = lines.next().with_context(|| {
                format!(
                    "{} ended before it listened",
                    command.get_program().display()
                )
            })??;
            let url = line
                .split_whitespace()
                .find(|word| word.starts_with("http://"));
            if let Some(url) = url {
                break url.trim_end_matches('/').to_owned();
            }
        };
        // What it prints later is of no interest, but must not fill the pipe.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Ok(Self { child, url })
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The URL of a path.
    #[must_use]
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// Ends it as its user would, by closing its standard input, and waits; how it ended.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn end(mut self) -> Result<ExitStatus> {
        let process = self.child.process();
        drop(process.stdin.take());
        process.wait().context("cannot wait for the server")
    }

    /// Its process.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }
}
