//! Runs a document from its first command to its last, or to the first that is not as the document says.

use std::fmt::Display;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::document::{Document, Step};
use crate::expectation::compare;
use crate::process::{self, Finished, Server};

/// How long a command may take: it may build the workspace on a slow machine.
const COMMAND: Duration = Duration::from_secs(600);

/// How long a server that listens may take for the rest of its greeting.
const GREETING: Duration = Duration::from_secs(10);

/// Commands that are not run, by their beginning, and why.
const SKIPPED: [(&str, &str); 4] = [
    ("cargo test", "this is that test"),
    ("git clone", "the workspace is here already"),
    ("cd ", "every command runs in the root"),
    ("just ", "just is a convenience that not everybody has"),
];

/// Addresses of servers that are started without one, by the first word of their first line.
const ADDRESSES: [(&str, &str); 2] = [
    ("leaky-server", "127.0.0.1:3000"),
    ("fixed-server", "127.0.0.1:3001"),
];

const HOST: &str = "127.0.0.1:";

/// A document on its way.
pub(crate) struct Session<'a> {
    document: &'a Document,
    /// Makes a bash in the right folder.
    bash: &'a dyn Fn() -> Command,
    /// Ended when the session is.
    servers: Vec<Server>,
    /// What the document calls an address, and what it is.
    addresses: Vec<(String, String)>,
}

impl<'a> Session<'a> {
    pub(crate) fn new(document: &'a Document, bash: &'a dyn Fn() -> Command) -> Self {
        Self {
            document,
            bash,
            servers: Vec::new(),
            addresses: Vec::new(),
        }
    }

    /// # Errors
    /// The first command that is not as the document says: where, what, and how it differs.
    pub(crate) fn run(mut self) -> Result<(), String> {
        let document = self.document;
        document.steps.iter().try_for_each(|step| self.step(step))
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        let Step { line, command, .. } = step;
        if let Some((_, why)) = SKIPPED.iter().find(|(start, _)| command.starts_with(start)) {
            eprintln!("  {line}: skipped, {why}: $ {command}");
            return Ok(());
        }
        eprintln!("  {line}: $ {command}");
        let started = Instant::now();
        let result = if step.background {
            self.start(step)
        } else {
            self.command(step)
        };
        eprintln!("  {:>80.1?}", started.elapsed());
        result
    }

    fn command(&self, step: &Step) -> Result<(), String> {
        let finished = process::run(self.bash(&self.real(&step.command)), COMMAND)
            .map_err(|error| self.failure(step, &error, "", ""))?;
        let Finished {
            status,
            stdout,
            stderr,
        } = finished;
        let compared = compare(&self.expected(step), &lines(&stdout));
        let seen = match &compared {
            Ok(()) => stdout.as_str(),
            Err(diff) => diff,
        };
        match (status, &compared) {
            (None, _) => {
                let why = format!("it did not end within {COMMAND:?}");
                Err(self.failure(step, &why, seen, &stderr))
            }
            (Some(status), _) if !status.success() => {
                let why = format!("it failed, {status}");
                Err(self.failure(step, &why, seen, &stderr))
            }
            (Some(_), Err(_)) => Err(self.failure(step, &DIFFERS, seen, &stderr)),
            (Some(_), Ok(())) => Ok(()),
        }
    }

    fn start(&mut self, step: &Step) -> Result<(), String> {
        let named = address_in(&step.command);
        let command = match named {
            Some(address) => step.command.replace(address, "127.0.0.1:0"),
            None => step.command.clone(),
        };
        let mut bash = (self.bash)();
        bash.env("LEAKLAB_LISTEN", "127.0.0.1:0");
        let mut server =
            Server::start(bash, &command).map_err(|error| self.failure(step, &error, "", ""))?;
        if !server.prints(COMMAND, |lines| {
            lines.iter().any(|line| address_in(line).is_some())
        }) {
            let why = "it did not say where it listens";
            return Err(self.failure(step, &why, &server.printed.join("\n"), &server.stderr()));
        }
        let first = server.printed.first().cloned().unwrap_or_default();
        let named = named.or_else(|| {
            let known = ADDRESSES.iter().find(|(name, _)| first.starts_with(name))?;
            Some(known.1)
        });
        if let (Some(named), Some(real)) = (named, address_in(&first)) {
            self.addresses.push((named.to_owned(), real.to_owned()));
        }
        let expected = self.expected(step);
        let greeted = expected.is_empty()
            || server.prints(GREETING, |lines| compare(&expected, lines).is_ok());
        if !greeted {
            let diff = compare(&expected, &server.printed)
                .err()
                .unwrap_or_default();
            return Err(self.failure(step, &DIFFERS, &diff, &server.stderr()));
        }
        self.servers.push(server);
        Ok(())
    }

    fn bash(&self, command: &str) -> Command {
        let mut bash = (self.bash)();
        bash.args(["-o", "pipefail", "-c", command]);
        bash
    }

    fn expected(&self, step: &Step) -> Vec<String> {
        step.expected.iter().map(|line| self.real(line)).collect()
    }

    /// A text of the document with the real addresses.
    fn real(&self, text: &str) -> String {
        self.addresses
            .iter()
            .fold(text.to_owned(), |text, (named, real)| {
                text.replace(named, real)
            })
    }

    fn failure(&self, step: &Step, why: &dyn Display, seen: &str, stderr: &str) -> String {
        let mut text = format!(
            "\n{}:{}: {why}\n\n    $ {}\n\n{}\n",
            self.document.name,
            step.line,
            step.command,
            indented(seen)
        );
        if !stderr.trim().is_empty() {
            text.push_str("\nstderr:\n\n");
            text.push_str(&indented(stderr));
            text.push('\n');
        }
        text
    }
}

const DIFFERS: &str = "it prints something else (- expected, + printed)";

/// The first `127.0.0.1:PORT` in a text.
fn address_in(text: &str) -> Option<&str> {
    text.match_indices(HOST).find_map(|(at, _)| {
        let port = &text[at + HOST.len()..];
        let digits = port
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(port.len());
        (digits > 0).then(|| &text[at..at + HOST.len() + digits])
    })
}

fn lines(text: &str) -> Vec<String> {
    text.trim_end().lines().map(str::to_owned).collect()
}

fn indented(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| format!("    {line}")).collect();
    lines.join("\n")
}
