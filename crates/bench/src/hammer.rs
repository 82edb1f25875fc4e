//! Load on a server that is measured, by the driver. Here every request must be answered: a figure over those that were, by
//! chance, would be of something else.

use std::future::pending;

use anyhow::{Context, Result, ensure};
use driver::{Load, Progress};
use tokio::runtime::{Builder, Runtime};

/// What a load is awaited in.
pub(crate) fn event_loop() -> Result<Runtime> {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start an event loop")
}

/// Sends all of `load`; how many requests per second were answered. To be turned away as [`Load::accept`] says is an answer.
pub(crate) async fn answered(load: &Load) -> Result<f64> {
    let report = driver::run(load, &Progress::default(), pending()).await?;
    let answered = report.ok + report.turned_away;
    ensure!(
        answered == load.requests,
        "of {} requests {answered} were answered:\n{report}",
        load.requests
    );
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let answered = answered as f64;
    Ok(answered / report.elapsed.as_secs_f64())
}
