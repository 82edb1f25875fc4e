//! A heap snapshot of a server while eight connections hammer it.

use std::thread;

use driver::{Load, Progress, Report};
use heapdiff::{GroupBy, Inventory, Options, files, inventory};
use serde_json::Value;
use tokio::sync::oneshot;

use super::Program;
use crate::harness::wait_for;

/// More than are sent by the time the snapshot is taken, fewer than would reach the heap ceiling.
const REQUESTS: u64 = 2000;

/// What came of it.
pub struct UnderLoad {
    /// What the driver reports: the load ends when the snapshot is there.
    pub report: Report,
    /// What `/heapdump` answered.
    pub answer: Value,
    /// What the snapshot holds.
    pub held: Inventory,
}

/// Hammers `/bloatMyServer`, takes a snapshot in the midst of it, and reads it.
pub fn snapshot_under_load(program: &Program) -> UnderLoad {
    let load = Load {
        requests: REQUESTS,
        ..Load::new(format!("{}/bloatMyServer", program.url))
    };
    let progress = Progress::default();
    let (stop, stopped) = oneshot::channel::<()>();
    let hammer = {
        let progress = progress.clone();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build();
            let stopped = async { drop(stopped.await) };
            runtime
                .unwrap()
                .block_on(driver::run(&load, &progress, stopped))
        })
    };
    wait_for("the load to run", || (progress.done() >= 100).then_some(()));
    let answer = program.get("/heapdump?name=loaded").is(200).json();
    drop(stop);
    let report = hammer.join().unwrap().unwrap();

    let served = answer["requests"].as_u64().unwrap();
    assert!((100..REQUESTS).contains(&served), "{served} requests");
    UnderLoad {
        report,
        answer,
        held: held(program, "snapshots/loaded.json"),
    }
}

/// What a snapshot says is live, by site.
pub fn held(program: &Program, snapshot: &str) -> Inventory {
    let profile = files::read(program.path(snapshot)).unwrap();
    let options = Options {
        by: GroupBy::Site,
        ..Options::default()
    };
    inventory(&profile, &options)
}

/// The live bytes of all sites in `file`.
pub fn live_bytes_in(held: &Inventory, file: &str) -> u64 {
    held.rows
        .iter()
        .filter(|row| row.site.frame.file() == Some(file))
        .map(|row| row.held.counters.live_bytes)
        .sum()
}
