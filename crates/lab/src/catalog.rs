//! The labs as `labs/labN/lab.toml` describes them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context, Result, bail, ensure};
use payload::Template;
use serde::Deserialize;
use serde_json::Value;

use crate::check::Status;
use crate::repo::Repo;

/// A lab: its exercise, how to load it, what its route must keep doing, and the answer key.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lab {
    #[serde(skip)]
    pub(crate) number: u32,
    pub(crate) title: String,
    /// What the student is told before it begins.
    pub(crate) story: String,
    /// The file, in both servers' `src`.
    pub(crate) file: String,
    /// What the load asks for, in turn: paths and queries of the file's routes, with the driver's placeholders.
    pub(crate) routes: Vec<String>,
    /// What the leaky server is in truth; a leak unless said.
    #[serde(default)]
    pub(crate) truth: Truth,
    pub(crate) load: Load,
    pub(crate) contract: Contract,
    /// How it ends when nobody looks; without it `cargo lab crash` has nothing to show.
    pub(crate) crash: Option<Crash>,
    pub(crate) key: Vec<Key>,
    #[serde(default)]
    pub(crate) quiz: Vec<Quiz>,
}

/// What a lab's leaky server is in truth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Truth {
    /// Its heap grows with the requests.
    #[default]
    Leak,
    /// A false alarm: after a spike RSS stays high, and the heap does not grow.
    FalseAlarm,
}

/// The load under which a server is measured.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Load {
    /// Requests before the first snapshot at rest.
    pub(crate) requests: u64,
    /// How often the requests then double, each followed by a snapshot.
    pub(crate) doublings: u32,
    /// Connections, each with one request in flight.
    pub(crate) connections: usize,
    /// A path and query that is asked for once, between the first and the second snapshot.
    pub(crate) spike: Option<String>,
}

/// How the leaky server ends.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Crash {
    /// A heap ceiling, in bytes, that it comes to within some thousands of requests.
    pub(crate) max_heap_bytes: u64,
    /// How often it is played, for the fastest of each request; three times unless said.
    pub(crate) rounds: Option<u8>,
}

/// What the route must keep doing.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Contract {
    /// In words, for whoever broke it.
    pub(crate) says: String,
    /// Status of every answer, unless an ask names another.
    pub(crate) status: u16,
    /// A status that means "not now": the load takes it for an answer, and a client of the contract asks again after
    /// the time that the answer's `Retry-After` says.
    pub(crate) busy: Option<u16>,
    /// Clients that ask at once; as many as the load has connections unless said.
    pub(crate) clients: Option<usize>,
    /// How often each client asks all that follows; five times unless said.
    pub(crate) rounds: Option<usize>,
    /// What each client asks, in this order, again and again.
    pub(crate) ask: Vec<Ask>,
    /// Bytes of heap that the work of a request needs: allocated for each, or held and used again.
    #[serde(default)]
    pub(crate) needs_bytes: u64,
    /// Bytes by which RSS may be larger at the end of the series than at its first snapshot.
    pub(crate) rss_bytes: Option<u64>,
}

/// A request, and what must be in its answer, which is JSON if anything must.
///
/// All texts may have the driver's placeholders. Each client fills them with values that no other client has and the
/// load has not; they are the same in all asks of a round, so that one ask can tell what another has left behind.
/// What must be in the answer is named as in a JSON pointer, without the first slash: `size`, `tickets/0`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ask {
    /// Path and query.
    pub(crate) path: String,
    /// The answer's status, if it is another than the contract's.
    pub(crate) status: Option<u16>,
    /// Asked again until the answer is as it must be: what is done in the background takes its time.
    #[serde(default)]
    pub(crate) eventually: bool,
    /// Exactly so. A text may stand for a number: `"{id}"`.
    #[serde(default)]
    pub(crate) equals: BTreeMap<String, Value>,
    /// A text that has this within it, or a list that has this text among its own.
    #[serde(default)]
    pub(crate) contains: BTreeMap<String, String>,
    /// A number that is at least so much.
    #[serde(default)]
    pub(crate) at_least: BTreeMap<String, u64>,
}

/// A line of the leaky file that a student may name, and what to answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Key {
    /// The line's text, without the space around it; `none` where nothing leaks.
    pub(crate) line: String,
    /// Whether it is an answer to "which line leaks?".
    pub(crate) right: bool,
    /// Which leak it is a right answer for, in a file that has several; of a wrong one, the leak that it suffers from:
    /// what is allocated there is kept, and the fault is elsewhere.
    pub(crate) leak: Option<String>,
    pub(crate) reply: String,
}

/// A question to think about, with its answers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Quiz {
    pub(crate) question: String,
    /// Two or more, each short.
    pub(crate) choices: Vec<String>,
    /// The number of the right choice, from 1.
    pub(crate) right: usize,
    /// Why it is right, and the others are not.
    pub(crate) why: String,
}

impl Key {
    /// What stands for a line where nothing leaks.
    pub(crate) const NONE: &'static str = "none";

    /// Which leak it is about; a file with one need not name it.
    pub(crate) fn leak(&self) -> &str {
        self.leak.as_deref().unwrap_or_default()
    }
}

impl Truth {
    /// What a check finds the leaky server to be.
    pub(crate) fn status(self) -> Status {
        match self {
            Self::Leak => Status::Leaking,
            Self::FalseAlarm => Status::Holding,
        }
    }
}

impl Lab {
    /// Reads `labs/labN/lab.toml`.
    pub(crate) fn load(repo: &Repo, number: u32) -> Result<Self> {
        let file = repo.lab(number).join("lab.toml");
        if !file.exists() {
            bail!(
                "there is no lab {number}: `cargo lab` lists the labs (looked for {})",
                repo.short(&file).display()
            );
        }
        let text =
            fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let mut lab: Self = toml::from_str(&text)
            .with_context(|| format!("{} is not a lab's description", file.display()))?;
        ensure!(
            lab.load.doublings >= 2,
            "{}: [load] doublings must be at least 2: a verdict needs three snapshots",
            file.display()
        );
        let asked = lab.contract.ask.iter().map(|ask| &ask.path);
        for path in asked.chain(&lab.routes).chain(&lab.load.spike) {
            Template::parse(path).with_context(|| format!("{}: {path}", file.display()))?;
        }
        ensure!(
            !lab.contract.ask.is_empty(),
            "{}: [[contract.ask]] is missing: whoever deletes the feature must be found",
            file.display()
        );
        ensure!(
            !lab.routes.is_empty(),
            "{}: routes is empty: the load must ask for something",
            file.display()
        );
        for quiz in &lab.quiz {
            ensure!(
                (1..=quiz.choices.len()).contains(&quiz.right),
                "{}: [[quiz]] {:?}: right is not the number of a choice",
                file.display(),
                quiz.question
            );
        }
        lab.number = number;
        Ok(lab)
    }

    /// All labs, by number.
    pub(crate) fn all(repo: &Repo) -> Result<Vec<Self>> {
        let folder = repo.root().join("labs");
        let mut numbers: Vec<u32> = fs::read_dir(&folder)
            .with_context(|| format!("cannot read {}", folder.display()))?
            .flatten()
            .filter_map(|entry| {
                entry
                    .file_name()
                    .to_str()?
                    .strip_prefix("lab")?
                    .parse()
                    .ok()
            })
            .collect();
        numbers.sort_unstable();
        numbers
            .into_iter()
            .map(|number| Self::load(repo, number))
            .collect()
    }

    /// The routes in words: `/search?q={word}`, or several with commas between.
    pub(crate) fn routes(&self) -> String {
        self.routes.join(", ")
    }

    /// The leaks of the file, by the names that the key has for them.
    pub(crate) fn leaks(&self) -> BTreeSet<&str> {
        let right = self.key.iter().filter(|key| key.right);
        let lines = right.filter(|key| key.line != Key::NONE);
        lines.map(Key::leak).collect()
    }

    /// What the key says of a line of the file.
    pub(crate) fn key_of(&self, line: &str) -> Option<&Key> {
        self.key.iter().find(|key| key.line == line.trim())
    }

    /// Request counts at which snapshots are taken at rest: n, 2n, 4n, …
    pub(crate) fn schedule(&self) -> Vec<u64> {
        (0..=self.load.doublings)
            .map(|k| self.load.requests << k)
            .collect()
    }
}
