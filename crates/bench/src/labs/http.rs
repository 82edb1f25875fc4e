//! The whole servers over HTTP, as they are shipped, recorder and all, under the driver: requests per second as what they
//! hold accumulates, and the heap meanwhile.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use driver::{Load, series};

use super::course::Lab;
use super::side::Side;
use super::{LEVELS, Pace};
use crate::hammer::{answered, event_loop};
use crate::program::Server;
use crate::rounds::interleaved;

/// Connections, each with one request under way.
pub(crate) const CONNECTIONS: usize = 8;

/// How often a level is measured in a round.
const SLICES: usize = 5;

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

/// Measures one lab: for each side the rounds.
pub(crate) fn measure(
    programs: &Programs,
    folder: &Path,
    lab: &Lab,
    pace: &Pace,
) -> Result<Vec<Vec<Served>>> {
    let runtime = event_loop()?;
    let sides: Vec<(Side, &PathBuf)> = Side::BOTH.into_iter().zip(&programs.0).collect();
    interleaved(pace.rounds, &sides, |(side, program), _| {
        runtime
            .block_on(serve(program, folder, lab))
            .with_context(|| format!("{side}, lab {}", lab.number))
    })
}

async fn serve(program: &Path, folder: &Path, lab: &Lab) -> Result<Served> {
    let server = Server::start(program, folder, ["--max-heap", CEILING])?;
    let heap = series::Server::new(server.url())?;
    let mut run = Run {
        load: Load {
            urls: lab.routes.iter().map(|route| server.at(route)).collect(),
            connections: CONNECTIONS,
            accept: lab.busy,
            ..Load::new(server.url())
        },
        heap,
        served: Served::default(),
    };
    run.look().await?;
    for level in LEVELS {
        while run.load.after < level as u64 {
            run.send(STRETCH.min(level as u64 - run.load.after)).await?;
            run.look().await?;
        }
        let mut slices = Vec::with_capacity(SLICES);
        for _ in 0..SLICES {
            slices.push(run.send(SLICE).await?);
        }
        run.look().await?;
        run.served.per_second.push(slices);
    }
    Ok(run.served)
}

struct Run {
    load: Load,
    heap: series::Server,
    served: Served,
}

impl Run {
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
