//! What the student looks at first: two snapshots of the leaky server, one before its load and one after, and their
//! comparison.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::beside::Beside;
use crate::catalog::Lab;
use crate::compile::{self, Build};
use crate::measure;
use crate::progress::memory;
use crate::repo::{Repo, Server};
use crate::running::Running;
use crate::say::{self, code};
use crate::show;
use crate::student::Student;
use crate::workbook::Workbook;

/// Requests per second at which a student can watch the heap grow.
const WATCHABLE: f64 = 160.0;

/// What the exercise calls its two snapshots.
const BEFORE: &str = "before";
const AFTER: &str = "after";

/// Where the exercise's snapshots are.
pub(super) fn snapshots(repo: &Repo, lab: &Lab) -> PathBuf {
    repo.state(lab.number).join("guided")
}

/// Two snapshots of the leaky server and their comparison; `false` when the student has left.
pub(super) async fn observe(
    repo: &Repo,
    lab: &Lab,
    panel: Option<&Beside>,
    open: bool,
    student: &mut Student,
) -> Result<bool> {
    let _alone = Workbook::new(repo, lab).lock()?;
    let Build::Ready { program, .. } = compile::compile(repo, Server::Leaky).await? else {
        anyhow::bail!(
            "crates/leaky-server does not compile: take it back with `git checkout crates/leaky-server`"
        );
    };
    let folder = snapshots(repo, lab);
    // Those of an earlier round would stand in the panel as if they were of this one.
    for name in [BEFORE, AFTER] {
        let _ = fs::remove_file(folder.join(name).with_extension("json"));
    }
    let server = Running::start(&program, Server::Leaky, &folder).await?;
    let shown = panel.map(|panel| panel.show(server.url())).transpose()?;

    say::heading("1. The first snapshot");
    let before = server.snapshot_at_rest(BEFORE).await?;
    let first = measure::read(&before)?; // now: in the panel the student may rename it
    say::note(&format!(
        "leaky-server runs at {}.\n\
         Its heap just after the start: {} bytes live in {} blocks.\n\
         The snapshot paused it for {:.1} ms; while the file was written it went on serving.\n\
         By hand you would have typed:\n  {}",
        code(server.url()),
        terminal_number(first.profile.totals.live_bytes),
        terminal_number(first.profile.totals.live_blocks),
        milliseconds(first.profile.metadata.pause.unwrap_or_default().as_micros() as u64),
        code(format!("curl '{}/heapdump?name=before'", server.url())),
    ));
    if let Some(panel) = panel {
        say::note(&format!(
            "\nThe same in the browser, if you like: {}\n\
             The Memory panel shows this server and its snapshots, and can take more.",
            code(panel.url())
        ));
        if open && let Err(error) = panel::open_browser(panel.url()) {
            say::note(&format!("(It cannot be opened from here: {error})"));
        }
    }

    let requests = lab
        .schedule()
        .last()
        .copied()
        .context("a schedule is not empty")?;
    say::heading("2. Load");
    say::note(&format!(
        "Now {requests} requests to {} over {} connections.",
        lab.routes(),
        lab.load.connections
    ));
    let guess = student
        .ask("Predict: by how many megabytes will the live heap have grown? (or Enter)")
        .await;
    let Some(guess) = guess else {
        drop(shown);
        server.stop().await;
        return Ok(false);
    };
    let mut series = server.series(&lab.routes, &crate::course::load_of(lab))?;
    series.step(requests, "x", &mut |_| std::ops::ControlFlow::Continue(())).await?;
    series.finish().await?;
    if let Some(spike) = &lab.load.spike {
        say::note(&format!("And once {spike}, the spike."));
        crate::contract::spike(&server, spike).await.unwrap();
    }

    say::heading("3. The second snapshot");
    let after = server.snapshot_at_rest(AFTER).await?;
    let second = measure::read(&after)?;
    let health = server.health().await?;
    drop(shown);
    server.stop().await;
    say::note(&format!(
        "{} now. {}",
        memory(health.live_bytes, health.rss_bytes),
        told(&guess, first.profile.totals.live_bytes, second.profile.totals.live_bytes)
    ));
    if lab.load.spike.is_some() {
        say::note(&format!(
            "At the first snapshot it was {}.",
            memory(first.profile.totals.live_bytes, first.profile.metadata.rss_bytes)
        ));
    }

    say::heading("4. The comparison");
    show::comparison(repo, &first.profile, &second.profile)?;
    say::note(HOW_TO_READ);
    if let Some(panel) = panel {
        say::note(&format!(
            "\nIn the browser: {}, select `{AFTER}`, then Comparison.",
            code(panel.url())
        ));
    }
    Ok(student
        .ask("\nPress Enter when you have read the table.")
        .await
        .is_some())
}

/// What stands under the student's first comparison.
const HOW_TO_READ: &str = "\
How to read it: a row is a type, and the innermost line of your own code that
allocated it; the largest growth comes first (Alloc. Size). # New counts blocks,
so one collection that grew has few of them and many bytes. Rows whose place is
not in a file of this lab are the runtime's own, made once for the connections.
The README of the lab explains each column.";

/// How far the student's prediction was from what happened.
fn told(guess: &str, before: u64, after: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "shown to one decimal")]
    let grown = after.saturating_sub(before) as f64 / 1e6;
    match guess
        .trim_end_matches(|c: char| !c.is_ascii_digit())
        .parse::<f64>()
    {
        Ok(guess) => format!("You said {guess} MB; it grew by {grown:.1} MB."),
        Err(_) => format!("It grew by {grown:.1} MB."),
    }
}

fn terminal_number(n: u64) -> String {
    heapdiff::terminal::thousands(n)
}

#[expect(clippy::cast_precision_loss, reason = "shown to one decimal")]
fn milliseconds(micros: u64) -> f64 {
    micros as f64 / 1e3
}
