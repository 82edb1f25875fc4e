//! Plays a load to a server until it ends or the load does, as often as asked. What is seen in it is `facts`' affair.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use driver::{Call, ErrorKind, Load, Progress};
use serde::Serialize;
use tokio::time::{Instant, sleep};

use crate::catalog::Lab;
use crate::course;
use crate::program::Program;
use crate::repo::Server;
use crate::running::{AT_CEILING, Running};

/// Longer than a server takes to write the snapshot of its end.
const LAST_SNAPSHOT: Duration = Duration::from_secs(120);

/// A server that has not come to its ceiling by then has too high a one.
const LONGEST: Duration = Duration::from_secs(90);

/// What is played, and within what.
#[derive(Clone, Copy)]
pub(super) struct Stage<'a> {
    pub(super) lab: &'a Lab,
    /// Where the server's snapshots and its log go.
    pub(super) folder: &'a Path,
    /// Its heap ceiling, in bytes.
    pub(super) ceiling: u64,
    pub(super) rounds: usize,
}

/// What came of it.
pub(super) struct Played {
    pub(super) server: Server,
    /// What is in its file, in words.
    pub(super) holds: String,
    /// The requests that were answered, of each round.
    pub(super) rounds: Vec<Vec<Call>>,
    /// How it ended in the last round in which it did.
    pub(super) end: Option<End>,
}

/// The end of a server.
#[derive(Clone, Debug, Serialize)]
pub(super) struct End {
    pub(super) exit_code: Option<i32>,
    /// What it said last.
    pub(super) last_words: String,
}

impl End {
    /// Whether it is the one at the heap ceiling.
    pub(super) fn is_at_ceiling(&self) -> bool {
        self.exit_code == Some(AT_CEILING)
    }
}

impl Stage<'_> {
    /// Plays `most` requests to `server`, or until it ends; without a `most` it has to. Tells `said` of each round.
    ///
    /// # Errors
    /// When the server cannot be run, does not answer as it should although it lives, or has to end and does not.
    pub(super) async fn play(
        &self,
        program: &Program,
        server: Server,
        holds: String,
        most: Option<u64>,
        said: &dyn Fn(&str),
    ) -> Result<Played> {
        let mut played = Played {
            server,
            holds,
            rounds: Vec::new(),
            end: None,
        };
        for round in 1..=self.rounds {
            let (calls, end) = self.round(program, server, most).await?;
            let ended = match &end {
                Some(end) => end.in_words(),
                None => "it goes on".to_owned(),
            };
            said(&format!(
                "{}, round {round} of {}: {} requests; {ended}",
                server.program(),
                self.rounds,
                calls.len(),
            ));
            played.rounds.push(calls);
            played.end = end.or(played.end);
        }
        Ok(played)
    }

    async fn round(
        &self,
        program: &Program,
        server: Server,
        most: Option<u64>,
    ) -> Result<(Vec<Call>, Option<End>)> {
        let mut running = Running::start_within(program, server, self.folder, self.ceiling).await?;
        let urls = self.lab.routes.iter();
        let load = Load {
            urls: urls
                .map(|route| format!("{}{route}", running.url()))
                .collect(),
            requests: most.unwrap_or(u64::MAX),
            ..course::load_of(self.lab)
        };
        let begun = Instant::now();
        let progress = Progress::default();
        let trace = driver::trace(&load, running.heap(), &progress, sleep(LONGEST)).await?;
        let Some(unanswered) = trace.end else {
            let stopped = trace.calls.len();
            running.stop().await;
            if most.is_none_or(|most| (stopped as u64) < most) {
                bail!(
                    "{} answered {stopped} requests in {} s and did not come to its ceiling of {} MiB: give it a lower one \
                     with --max-heap",
                    server.program(),
                    begun.elapsed().as_secs(),
                    self.ceiling >> 20,
                );
            }
            return Ok((trace.calls, None));
        };
        // Who closes a connection is about to end; who answers is not.
        let patience = match unanswered.kind {
            ErrorKind::Status(_) | ErrorKind::TimedOut => Duration::ZERO,
            _ => LAST_SNAPSHOT,
        };
        let ended = running.ended(patience).await;
        running.stop().await;
        let (status, last_words) = ended.with_context(|| {
            format!(
                "{} lives and did not answer request {}: {}: {}",
                server.program(),
                trace.calls.len() + 1,
                unanswered.kind,
                unanswered.text
            )
        })?;
        let end = End {
            exit_code: status.code(),
            last_words,
        };
        Ok((trace.calls, Some(end)))
    }
}

impl End {
    /// `it ended with code 70`
    pub(super) fn in_words(&self) -> String {
        match self.exit_code {
            Some(code) => format!("it ended with code {code}"),
            None => "a signal ended it".to_owned(),
        }
    }
}
