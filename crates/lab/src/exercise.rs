//! `cargo lab N`: the guided exercise. Boot snapshot, load, second snapshot, comparison, the line, the fix,
//! the proof. Without a terminal, or with `--yes`, it is a tour of both servers as they stand.

use std::fs;
use std::ops::ControlFlow::Continue;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use driver::series::{Event, Step};
use driver::{Load, Report};
use heapdiff::Profile;
use tokio::time::sleep;

use crate::beside::Beside;
use crate::catalog::{Key, Lab};
use crate::check::{self, Status};
use crate::compile::{self, Build};
use crate::course;
use crate::handout;
use crate::measure;
use crate::progress::{OnBar, memory};
use crate::repo::{Repo, Server};
use crate::running::Running;
use crate::say::{self, code};
use crate::show;
use crate::student::{Student, show_prompt};
use crate::workbook::{State, Workbook};

/// How often the student's file is looked at. Its content is compared, not its time: that works on every
/// file system, and a file saved unchanged is not measured again.
pub(crate) const GLANCE: Duration = Duration::from_millis(250);

/// Requests per second at which a student can watch the heap grow.
const WATCHABLE: f64 = 160.0;

/// What the exercise calls its two snapshots.
const BEFORE: &str = "before";
const AFTER: &str = "after";

/// Wrong answers after which the lab tells.
const TRIES: usize = 3;

/// Both servers as they stand, without questions; whether the leaky one leaks and the fixed one does not.
pub(crate) async fn tour(repo: &Repo, lab: &Lab) -> Result<bool> {
    say::heading(&format!("lab {}: {}", lab.number, lab.title));
    say::note(lab.story.trim());
    let mut as_expected = true;
    for (server, expected) in [(Server::Leaky, false), (Server::Fixed, true)] {
        say::heading(&format!(
            "{}: {} under load",
            server.program(),
            lab.routes()
        ));
        let checked = check::check(repo, lab, server).await?;
        show::checked(repo, lab, &checked)?;
        let leaks = checked.report.status == Status::Leaking;
        as_expected &= if expected {
            checked.report.status.passed()
        } else {
            leaks
        };
    }
    say::note(&format!(
        "\nThe snapshots are in {}; to read them again:\n  {}",
        code(repo.short(&repo.state(lab.number)).display()),
        code(format!(
            "cargo heapdiff compare .lab/lab{n}/leaky-server/boot.json .lab/lab{n}/leaky-server/{last}-requests.json",
            n = lab.number,
            last = lab.schedule().last().copied().unwrap_or_default(),
        ))
    ));
    say::note(&format!(
        "To do the exercise yourself, in a terminal: {}",
        code(format!("cargo lab {}", lab.number))
    ));
    Ok(as_expected)
}

/// The exercise, with the student at the terminal; whether it was solved in the end. `open` shows its panel in the
/// browser, which is never done unasked.
pub(crate) async fn guided(repo: &Repo, lab: &Lab, open: bool) -> Result<bool> {
    let mut student = Student::listen();
    say::heading(&format!("lab {}: {}", lab.number, lab.title));
    say::note(lab.story.trim());
    say::note(&format!(
        "\nThe code: {}. Read it now if you like; it is short.\n\
         At every prompt, Ctrl-C leaves the lab, and leaves nothing running.",
        code(Server::Leaky.source(&lab.file).display())
    ));
    let Some(_) = student
        .ask("\nPress Enter to build and start the server.")
        .await
    else {
        return Ok(false);
    };
    let panel = panel(repo, lab);
    let observed = observe(repo, lab, panel.as_ref(), open, &mut student).await?;
    if !observed || !which_line(repo, lab, &mut student).await? {
        return Ok(false);
    }
    fix(repo, lab, &mut student).await
}

/// The panel beside the exercise. Without one the exercise goes on: all of it is in the terminal, too.
fn panel(repo: &Repo, lab: &Lab) -> Option<Beside> {
    match Beside::start(&snapshots(repo, lab), repo.root()) {
        Ok(panel) => Some(panel),
        Err(error) => {
            say::note(&format!(
                "(There is no Memory panel beside this: {error:#})"
            ));
            None
        }
    }
}

/// Where the exercise's snapshots are.
fn snapshots(repo: &Repo, lab: &Lab) -> PathBuf {
    repo.state(lab.number).join("guided")
}

/// Two snapshots of the leaky server and their comparison; `false` when the student has left.
async fn observe(
    repo: &Repo,
    lab: &Lab,
    panel: Option<&Beside>,
    open: bool,
    student: &mut Student,
) -> Result<bool> {
    let _alone = Workbook::new(repo, lab).lock()?;
    let Build::Ready { program, .. } = compile::compile(repo, Server::Leaky).await? else {
        bail!(
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
    let (report, after) = watchable(&server, lab, requests).await?;
    say::note(&report.to_string());

    say::heading("3. The second snapshot");
    let health = server.health().await?;
    drop(shown);
    server.stop().await;
    #[expect(clippy::cast_precision_loss, reason = "shown to one decimal")]
    let grown = gained(&before, &after) as f64 / 1e6;
    let answer = match guess
        .trim_end_matches(|c: char| !c.is_ascii_digit())
        .parse::<f64>()
    {
        Ok(guess) => format!("You said {guess} MB; it grew by {grown:.1} MB."),
        Err(_) => format!("It grew by {grown:.1} MB."),
    };
    say::note(&format!(
        "{} now. {answer}",
        memory(health.live_bytes, health.rss_bytes)
    ));

    say::heading("4. The comparison");
    show::comparison(repo, &before, &after)?;
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
        rate: Some(WATCHABLE),
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

/// What stands under the student's first comparison.
const HOW_TO_READ: &str = "\
How to read it: a row is a type, and the innermost line of your own code that
allocated it; the largest growth comes first (Alloc. Size). # New counts blocks,
so one collection that grew has few of them and many bytes. Rows whose place is
not in a file of this lab are the runtime's own, made once for the connections.
The README of the lab explains each column.";

/// Asks which line leaks until the answer is right or told; `false` when the student has left.
async fn which_line(repo: &Repo, lab: &Lab, student: &mut Student) -> Result<bool> {
    say::heading("5. Which line leaks?");
    let leaky = Workbook::new(repo, lab).starter()?;
    for (n, line) in leaky.lines().enumerate() {
        say::note(&format!("{:>4} │ {line}", n + 1));
    }
    let lines: Vec<&str> = leaky.lines().collect();
    let mut tries = 0;
    loop {
        let prompt = "\nThe number of the line (h for a hint, q to leave):";
        let Some(answer) = student.ask(prompt).await else {
            return Ok(false);
        };
        match answer.as_str() {
            "h" => {
                handout::hint(repo, lab, None)?;
                continue;
            }
            "q" => return Ok(false),
            _ => {}
        }
        let line = answer
            .parse::<usize>()
            .ok()
            .and_then(|n| lines.get(n.wrapping_sub(1)));
        let Some(line) = line else {
            say::note(&format!(
                "That is not the number of a line: 1 to {}.",
                lines.len()
            ));
            continue;
        };
        match key_of(lab, line) {
            Some(key) if key.right => {
                say::good(key.reply.trim());
                return Ok(true);
            }
            Some(key) => say::note(key.reply.trim()),
            None => {
                say::note("Not that one. The first row of the comparison names a file and a line.");
            }
        }
        tries += 1;
        if tries == TRIES {
            if let Some(key) = lab.key.iter().find(|key| key.right) {
                say::note(&format!("\nIt is this one:\n\n    {}\n", key.line));
                say::note(key.reply.trim());
            }
            return Ok(true);
        }
    }
}

/// Lets the student edit until the check passes; whether it did.
async fn fix(repo: &Repo, lab: &Lab, student: &mut Student) -> Result<bool> {
    say::heading("6. The fix");
    let book = Workbook::new(repo, lab);
    if book.state()? == State::Reference {
        handout::start(repo, lab)?;
    }
    say::note(&format!(
        "\nEdit {} so that the server\n\
         no longer leaks and still does its job. Each time you save the file, the server\n\
         is built, checked and compared again. Or type: Enter to check now, h for a hint,\n\
         s to see the solution, q to leave; `cargo lab {}` goes on later.",
        code(repo.short(&book.path()).display()),
        lab.number
    ));
    let mut seen = book.content()?;
    loop {
        match wait_for_change(&book, &seen, student).await? {
            Next::Leave => return Ok(false),
            Next::Hint => handout::hint(repo, lab, None)?,
            Next::Solution => handout::solution(repo, lab, false)?,
            Next::Check => {
                // What is saved during the check is a change for the next round.
                seen = book.content()?;
                let checked = match check::check(repo, lab, Server::Fixed).await {
                    Ok(checked) => checked,
                    Err(error) => {
                        say::bad(&format!("{error:#}"));
                        continue;
                    }
                };
                show::checked(repo, lab, &checked)?;
                if checked.report.status.passed() {
                    proved(lab);
                    return Ok(true);
                }
            }
        }
    }
}

fn proved(lab: &Lab) {
    say::heading("Proved");
    say::note(&format!(
        "The heap no longer grows with the requests, and the route still does its job.\n\
         The shipped fix, to compare with yours: {}\n\
         The same in Chrome, and more to read: {}",
        code(format!("cargo lab solution {}", lab.number)),
        code(format!("labs/lab{}/README.md", lab.number)),
    ));
}

/// What the student wants next.
enum Next {
    Check,
    Hint,
    Solution,
    Leave,
}

async fn wait_for_change(book: &Workbook<'_>, seen: &str, student: &mut Student) -> Result<Next> {
    show_prompt("\nwaiting for you to save (Enter, h, s, q):");
    loop {
        tokio::select! {
            line = student.line() => match line.as_deref() {
                None | Some("q") => return Ok(Next::Leave),
                Some("h") => return Ok(Next::Hint),
                Some("s") => return Ok(Next::Solution),
                Some("") => return Ok(Next::Check),
                Some(_) => show_prompt("Enter, h, s or q:"),
            },
            () = sleep(GLANCE) => {
                // An editor may be in the middle of replacing the file.
                if book.content().is_ok_and(|now| now != seen) {
                    say::note("saved");
                    return Ok(Next::Check);
                }
            }
        }
    }
}

fn key_of<'a>(lab: &'a Lab, line: &str) -> Option<&'a Key> {
    lab.key.iter().find(|key| key.line == line.trim())
}

fn terminal_number(n: u64) -> String {
    heapdiff::terminal::thousands(n)
}

#[expect(clippy::cast_precision_loss, reason = "shown to one decimal")]
fn milliseconds(time: Duration) -> f64 {
    time.as_micros() as f64 / 1e3
}
