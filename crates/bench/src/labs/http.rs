//! The whole servers over HTTP, as they are shipped, recorder and all, under the driver: requests per second as what they
//! hold accumulates, and the heap meanwhile.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use driver::{Load, series};
use tokio::runtime::Runtime;

use super::course::Lab;
use super::side::Side;
use super::{LEVELS, Pace};
use crate::hammer::{answered, event_loop};
use crate::program::Server;
use crate::rounds::interleaved;

/// Connections, each with one request under way.
pub(crate) const CONNECTIONS: usize = 8;

/// How often a level is measured in a round.
const SLICES: usize = 6;

/// Requests of such a slice, and of a stretch between two looks at the heap.
const SLICE: u64 = 200;
const STRETCH: u64 = 1000;

/// More than any lab holds after all of it.
const CEILING: &str = "3GiB";

/// What came of one side in one round.
#[derive(Clone, Debug, Default)]
pub(crate) struct Served {
    /// Requests per second at each level, so many slices of it.
    pub(crate) per_second: Vec<Vec<f64>>,
    /// Requests and live heap in bytes, at rest after each stretch.
    pub(crate) heap: Vec<(u64, u64)>,
}

/// The servers' programs, leaky and fixed.
pub(crate) struct Programs(pub(crate) [PathBuf; 2]);

/// Measures one lab: for each side the rounds. Of each round both servers run side by side, and take turns slice by slice.
pub(crate) fn measure(
    programs: &Programs,
    folder: &Path,
    lab: &Lab,
    pace: &Pace,
) -> Result<Vec<Vec<Served>>> {
    let runtime = event_loop()?;
    let mut rounds: Vec<Vec<Served>> = vec![Vec::new(); Side::BOTH.len()];
    for _ in 0..pace.servers {
        let mut runs = Vec::with_capacity(programs.0.len());
        for program in &programs.0 {
            runs.push(Run::start(program, folder, lab)?);
        }
        let measured = serve(&runtime, &mut runs);
        measured.with_context(|| format!("lab {}", lab.number))?;
        for (rounds, run) in rounds.iter_mut().zip(runs) {
            rounds.push(run.served);
        }
    }
    Ok(rounds)
}

fn serve(runtime: &Runtime, runs: &mut [Run]) -> Result<()> {
    let all: Vec<usize> = (0..runs.len()).collect();
    for run in &mut *runs {
        runtime.block_on(run.look())?;
    }
    for level in LEVELS {
        for run in &mut *runs {
            runtime.block_on(run.reach(level as u64))?;
        }
        let per_second = interleaved(SLICES, &all, |at, _| {
            runtime.block_on(runs[*at].send(SLICE))
        })?;
        for (run, per_second) in runs.iter_mut().zip(per_second) {
            runtime.block_on(run.look())?;
            run.served.per_second.push(per_second);
        }
    }
    Ok(())
}

struct Run {
    /// Ends with this.
    _server: Server,
    load: Load,
    heap: series::Server,
    served: Served,
}

impl Run {
    fn start(program: &Path, folder: &Path, lab: &Lab) -> Result<Self> {
        let server = Server::start(program, folder, ["--max-heap", CEILING])?;
        Ok(Self {
            load: Load {
                urls: lab.routes.iter().map(|route| server.at(route)).collect(),
                connections: CONNECTIONS,
                accept: lab.busy,
                ..Load::new(server.url())
            },
            heap: series::Server::new(server.url())?,
            served: Served::default(),
            _server: server,
        })
    }

    /// Sends what is missing until so many requests were sent, and looks at the heap on the way.
    async fn reach(&mut self, level: u64) -> Result<()> {
        while self.load.after < level {
            self.send(STRETCH.min(level - self.load.after)).await?;
            self.look().await?;
        }
        Ok(())
    }

    /// Sends so many requests more; how many per second were answered.
    async fn send(&mut self, requests: u64) -> Result<f64> {
        self.load.requests = requests;
        let per_second = answered(&self.load).await?;
        self.load.after += requests;
        Ok(per_second)
    }

    /// Notes how large the heap is.
    async fn look(&mut self) -> Result<()> {
        let health = self.heap.health().await?;
        let health = health.context("the server does not say how large its heap is")?;
        self.served.heap.push((self.load.after, health.live_bytes));
        Ok(())
    }
}
