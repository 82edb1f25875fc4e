//! One fresh server: what is leaked, then snapshots of it, while a probe asks.

use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use driver::Load;
use serde::Deserialize;

use super::client::{Client, Probe, worst};
use super::heap::Heap;
use crate::hammer::{answered, event_loop};
use crate::program::Server;

/// Snapshots of each server.
const SNAPSHOTS: usize = 6;

/// How long the probe asks before the first, to see what it takes without a snapshot.
const REST: Duration = Duration::from_millis(500);

/// Memory that a server may take: of the lab's by its ceiling, of Node by the system's limit, in KiB.
const CEILING: &str = "6GiB";
const LIMIT: &str = "6291456";

/// A server that can be photographed.
#[derive(Clone, Debug)]
pub(crate) enum Program<'a> {
    /// The lab's.
    Leaky(&'a Path),
    /// The article's, on Node: the script.
    Node(&'a Path),
}

/// What came of it. Times in milliseconds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Taken {
    /// The server's live heap in bytes, by its own count.
    pub(crate) live: f64,
    /// The longest answer in half a second before.
    pub(crate) worst_at_rest: f64,
    pub(crate) shots: Vec<Shot>,
    /// What it was written with, where there is a choice.
    pub(crate) by: Option<String>,
}

/// One snapshot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shot {
    /// By the server's timer.
    pub(crate) pause: f64,
    /// The longest answer that the probe saw.
    pub(crate) worst: f64,
    /// From asking until the file was complete.
    pub(crate) took: f64,
    pub(crate) bytes: f64,
}

#[derive(Deserialize)]
struct Answer {
    pause_us: f64,
    took_us: f64,
    file_bytes: f64,
    live_bytes: f64,
    by: Option<String>,
}

/// Starts a server with its snapshots in `folder`, lets it leak, and photographs it.
pub(crate) fn take(program: &Program<'_>, folder: &Path, heap: Heap) -> Result<Taken> {
    let server = program.start(folder)?;
    leak(&server, heap, program)?;
    let probe = Probe::start(server.url())?;
    let rested = (Instant::now(), Instant::now() + REST);
    thread::sleep(REST);

    let mut taken = Taken::default();
    let mut spans = Vec::new();
    for number in 0..SNAPSHOTS {
        let began = Instant::now();
        let text = Client::connect(server.url())?.get(&format!("/heapdump?name=bench-{number}"))?;
        spans.push((began, Instant::now()));
        let answer: Answer = serde_json::from_slice(&text).context("in the answer of /heapdump")?;
        taken.live = answer.live_bytes;
        taken.by = answer.by;
        taken.shots.push(Shot {
            pause: answer.pause_us / 1e3,
            worst: 0.0,
            took: answer.took_us / 1e3,
            bytes: answer.file_bytes,
        });
    }

    let asked = probe.end()?;
    let longest = |(from, until)| {
        let longest = worst(&asked, from, until).context("the probe asked nothing")?;
        anyhow::Ok(longest.as_secs_f64() * 1e3)
    };
    taken.worst_at_rest = longest(rested)?;
    for (shot, span) in taken.shots.iter_mut().zip(spans) {
        shot.worst = longest(span)?;
    }
    Ok(taken)
}

fn leak(server: &Server, heap: Heap, program: &Program<'_>) -> Result<()> {
    let requests = heap.requests();
    if requests == 0 {
        return Ok(());
    }
    let route = match program {
        Program::Leaky(_) => heap.route(),
        Program::Node(_) => heap.route_of_node(),
    };
    let load = Load {
        requests,
        ..Load::new(server.at(route))
    };
    event_loop()?.block_on(answered(&load))?;
    Ok(())
}

impl Program<'_> {
    /// Whose server it is.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Leaky(_) => "Rust",
            Self::Node(_) => "Node",
        }
    }

    fn start(&self, folder: &Path) -> Result<Server> {
        match self {
            Self::Leaky(program) => Server::start(program, folder, ["--max-heap", CEILING]),
            Self::Node(script) => {
                let mut command = Command::new("sh");
                command
                    .arg("-c")
                    .arg(r#"ulimit -d "$1" && exec node --max-old-space-size=5120 "$2" "$3""#)
                    .args(["sh", LIMIT])
                    .arg(script)
                    .arg(folder);
                Server::spawn(command)
            }
        }
    }
}

impl Taken {
    /// The median of what all snapshots have.
    pub(crate) fn middle(&self, of: impl Fn(&Shot) -> f64) -> f64 {
        let values: Vec<f64> = self.shots.iter().map(of).collect();
        crate::ratio::median(&values).unwrap_or(f64::NAN)
    }

    /// How long the first took until its file was complete.
    pub(crate) fn first(&self) -> f64 {
        self.shots.first().map_or(f64::NAN, |shot| shot.took)
    }

    /// How long the later ones took: their median.
    pub(crate) fn later(&self) -> f64 {
        let values: Vec<f64> = self.shots.iter().skip(1).map(|shot| shot.took).collect();
        crate::ratio::median(&values).unwrap_or(f64::NAN)
    }

    /// How long the second took, which still has some names to look up.
    pub(crate) fn second(&self) -> f64 {
        self.shots.get(1).map_or(f64::NAN, |shot| shot.took)
    }
}
