//! What the student looks at first: two snapshots of the leaky server, one before its load and one after, and their
//! comparison.

use std::fs;
use std::ops::ControlFlow::Continue;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use driver::series::{Event, Step};
use driver::{Load, Report};
use heapdiff::{Profile, Sort};

use crate::beside::Beside;
use crate::catalog::Lab;
use crate::compile::{self, Build, Output};
use crate::contract;
use crate::course;
use crate::measure;
use crate::progress::{OnBar, memory};
use crate::repo::{Repo, Server};
use crate::running::Running;
use crate::say::{self, code};
use crate::show;
use crate::student::Student;
use crate::workbook::Workbook;

/// Requests per second at which a student can watch the heap grow; more, if it would take longer than anybody watches.
const WATCHABLE: f64 = 160.0;
const LONGEST: Duration = Duration::from_secs(10);

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
    let Build::Ready { program, .. } =
        compile::compile(repo, Server::Leaky, &mut Output::Terminal).await?
    else {
        bail!(Workbook::edited_leaky(repo)?.unwrap_or_else(|| {
            "crates/leaky-server does not compile, and its labs' files are as they were shipped; the compiler says why above. \
             `git status` lists what was changed besides"
                .to_owned()
        }));
    };
    let folder = snapshots(repo, lab);
    // Those of an earlier round would stand in the panel as if they were of this one.
    for name in [BEFORE, AFTER] {
        let _ = fs::remove_file(folder.join(name).with_extension("json"));
    }
    let server = Running::start(&program, Server::Leaky, &folder).await?;
    let shown = panel.map(|panel| panel.show(server.url())).transpose()?;

    say::heading("1. The first snapshot");
    // Read now: in the panel the student may rename it.
    let before = measure::read(&server.snapshot_at_rest(BEFORE).await?)?.profile;
    say::note(&format!(
        "leaky-server runs at {}.\n\
         Its heap just after the start: {} bytes live in {} blocks.\n\
         The snapshot paused it for {:.1} ms; while the file was written it went on serving.\n\
         By hand you would have typed:\n  {}",
        code(server.url()),
        terminal_number(before.totals.live_bytes),
        terminal_number(before.totals.live_blocks),
        milliseconds(before.metadata.pause.unwrap_or_default()),
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
    if let Some(spike) = &lab.load.spike {
        say::note(&format!("But first, and only once, {spike}: the spike."));
        let asked = contract::spike(&server, spike).await;
        asked.map_err(|broken| anyhow!(broken))?;
    }
    let (report, after) = watchable(&server, lab, requests).await?;
    say::note(&report.to_string());

    say::heading("3. The second snapshot");
    let health = server.health().await?;
    drop(shown);
    server.stop().await;
    say::note(&format!(
        "{} now. {}",
        memory(health.live_bytes, health.rss_bytes),
        told(&guess, gained(&before, &after))
    ));
    if lab.load.spike.is_some() {
        say::note(&format!(
            "At the first snapshot it was {}.",
            memory(before.totals.live_bytes, before.metadata.rss_bytes)
        ));
    }

    say::heading("4. The comparison");
    show::comparison(repo, &before, &after, Sort::default())?;
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

/// Puts the load on the server so slowly that a student can watch the heap grow, and takes the second snapshot.
async fn watchable(server: &Running, lab: &Lab, requests: u64) -> Result<(Report, Profile)> {
    let load = Load {
        rate: Some(rate(requests)),
        ..course::load_of(lab)
    };
    let mut series = server.series(&lab.routes, &load)?;
    let mut bar = OnBar::default();
    let mut see = |event: Event<'_>| {
        match event {
            Event::Load {
                requests, progress, ..
            } => bar.load(requests, progress),
            Event::Glance(health) => bar.glance(health),
            _ => {}
        }
        Continue(())
    };
    // The student may have asked for something, too.
    let target = series.served().await? + requests;
    match series.step(target, AFTER, &mut see).await? {
        Step::Taken(stretch) => {
            let snapshot = series.finish().await?.context("a snapshot was taken")?;
            Ok((stretch.report, measure::read(&snapshot)?.profile))
        }
        Step::Failed(report) => bail!("not every request was answered\n{report}"),
        Step::Stopped => unreachable!("nothing stops it"),
    }
}

fn gained(before: &Profile, after: &Profile) -> u64 {
    let live = |profile: &Profile| profile.totals.live_bytes;
    live(after).saturating_sub(live(before))
}

/// Requests per second of a load of so many.
#[expect(
    clippy::cast_precision_loss,
    reason = "a load is no longer than 2^53 requests"
)]
fn rate(requests: u64) -> f64 {
    WATCHABLE.max(requests as f64 / LONGEST.as_secs_f64())
}

/// What stands under the student's first comparison.
const HOW_TO_READ: &str = "\
How to read it: a row is a type, and the innermost line of your own code that
allocated it; the largest growth comes first (Alloc. Size). # New counts blocks,
so one collection that grew has few of them and many bytes. Rows whose place is
not in a file of this lab are the runtime's own, made once for the connections.
The README of the lab explains each column.";

/// How far the student's prediction was from what happened.
fn told(guess: &str, grown: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "shown to one decimal")]
    let grown = grown as f64 / 1e6;
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
fn milliseconds(time: Duration) -> f64 {
    time.as_micros() as f64 / 1e3
}
