//! The labs' handlers by criterion, for whoever works on one: `cargo bench -p bench -- lab1`. The sides come one after the
//! other; `bench labs` lets them take turns.

use std::path::Path;
use std::time::Duration;

use bench::Workspace;
use criterion::Criterion;

fn main() -> anyhow::Result<()> {
    let workspace = Workspace::at(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."));
    let mut criterion = Criterion::default()
        .without_plots()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    bench::labs::bench(
        &mut criterion,
        Path::new(env!("CARGO_BIN_EXE_bench")),
        &workspace,
    )?;
    criterion.final_summary();
    Ok(())
}
