//! `cargo lab N`: the guided exercise. Boot snapshot, load, second snapshot, comparison, the line, the fix,
//! the proof, and what to think about. Without a terminal, or with `--yes`, it is a tour of both servers as they stand.

mod observe;
mod suspects;

use anyhow::Result;

use crate::beside::Beside;
use crate::catalog::{Lab, Truth};
use crate::check;
use crate::handout;
use crate::quiz;
use crate::repo::{Repo, Server};
use crate::saves::Saves;
use crate::say::{self, code};
use crate::show;
use crate::student::{Student, show_prompt};
use crate::workbook::{State, Workbook};

/// Both servers as they stand, without questions; whether the leaky one is what the lab says and the fixed one passes.
pub(crate) async fn tour(repo: &Repo, lab: &Lab) -> Result<bool> {
    say::heading(&format!("lab {}: {}", lab.number, lab.title));
    say::note(lab.story.trim());
    let mut as_expected = true;
    for server in [Server::Leaky, Server::Fixed] {
        say::heading(&format!(
            "{}: {} under load",
            server.program(),
            lab.routes()
        ));
        let checked = check::check(repo, lab, server).await?;
        show::checked(repo, lab, &checked)?;
        as_expected &= match server {
            Server::Leaky => checked.report.status == lab.truth.status(),
            Server::Fixed => checked.report.status.passed(),
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
    if !observe::observe(repo, lab, panel.as_ref(), open, &mut student).await? {
        return Ok(false);
    }
    say::heading("5. Which line leaks?");
    if !suspects::accuse(repo, lab, &mut student).await? {
        return Ok(false);
    }
    match lab.truth {
        Truth::Leak => {
            say::heading("6. The fix");
            let fixed = fix(repo, lab, &mut student).await?;
            if fixed && !lab.quiz.is_empty() {
                say::heading("7. What you take along");
                quiz::ask(repo, lab, &mut student).await?;
            }
            Ok(fixed)
        }
        Truth::FalseAlarm => {
            say::heading("6. The proof that it is no leak");
            if !quiz::ask(repo, lab, &mut student).await? {
                return Ok(false);
            }
            say::heading("7. Give it back");
            fix(repo, lab, &mut student).await
        }
    }
}

/// The panel beside the exercise. Without one the exercise goes on: all of it is in the terminal, too.
fn panel(repo: &Repo, lab: &Lab) -> Option<Beside> {
    match Beside::start(&observe::snapshots(repo, lab), repo.root()) {
        Ok(panel) => Some(panel),
        Err(error) => {
            say::note(&format!(
                "(There is no Memory panel beside this: {error:#})"
            ));
            None
        }
    }
}

/// Lets the student edit until the check passes; whether it did.
async fn fix(repo: &Repo, lab: &Lab, student: &mut Student) -> Result<bool> {
    let book = Workbook::new(repo, lab);
    if book.state()? == State::Reference {
        handout::start(repo, lab)?;
    }
    say::note(&format!(
        "\nEdit {} so that the server\n\
         no longer {} and still does its job. Each time you save the file, the server\n\
         is built, checked and compared again. Or type: Enter to check now, h for a hint,\n\
         s to see the solution, q to leave; `cargo lab {}` goes on later.",
        code(repo.short(&book.path()).display()),
        match lab.truth {
            Truth::Leak => "leaks",
            Truth::FalseAlarm => "holds what nobody uses",
        },
        lab.number
    ));
    let mut saves = Saves::of(book.path());
    loop {
        match wait_for_change(&mut saves, student).await {
            Next::Leave => return Ok(false),
            Next::Hint => handout::hint(repo, lab, None)?,
            Next::Solution => handout::solution(repo, lab, false)?,
            Next::Check => {
                // What is saved during the check is a change for the next round.
                saves.look();
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

async fn wait_for_change(saves: &mut Saves, student: &mut Student) -> Next {
    show_prompt("\nwaiting for you to save (Enter, h, s, q):");
    loop {
        tokio::select! {
            line = student.line() => match line.as_deref() {
                None | Some("q") => return Next::Leave,
                Some("h") => return Next::Hint,
                Some("s") => return Next::Solution,
                Some("") => return Next::Check,
                Some(_) => show_prompt("Enter, h, s or q:"),
            },
            _ = saves.next() => {
                say::note("saved");
                return Next::Check;
            }
        }
    }
}
