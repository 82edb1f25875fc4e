//! `cargo lab`: the labs, how far the student is, and what to do next.

use anyhow::Result;

use crate::catalog::Lab;
use crate::repo::Repo;
use crate::say::{self, code};
use crate::workbook::{State, Workbook};

/// Prints the map of the course.
pub(crate) fn list(repo: &Repo) -> Result<()> {
    let labs = Lab::all(repo)?;
    say::note(
        "leaklab: find a memory leak in a running Rust service by comparing two heap snapshots\n",
    );
    let mut next = None;
    for lab in &labs {
        let book = Workbook::new(repo, lab);
        let (mark, state) = if book.is_proved() {
            ("✔", "proved fixed")
        } else {
            next.get_or_insert(lab);
            match book.state() {
                Ok(State::Reference) => ("·", "not started: the shipped solution is in place"),
                Ok(State::Starter) => ("▸", "started: the leaky handler is in place"),
                Ok(State::Own) => ("▸", "in progress"),
                Err(_) => (
                    "!",
                    "its files are not as they should be: `start N` says what to do",
                ),
            }
        };
        let quiz = book.quiz().map(|score| format!("; quiz: {score}"));
        say::note(&format!(
            "  {mark} lab {}  {:40}  {state}{}",
            lab.number,
            lab.title,
            quiz.unwrap_or_default()
        ));
    }
    say::note("");
    match next {
        Some(lab) => say::note(&format!(
            "Next: {}   the guided exercise\n      {}   the same, to read",
            code(format!("cargo lab {}", lab.number)),
            code(format!("labs/lab{}/README.md", lab.number)),
        )),
        None => say::good("All labs are proved fixed."),
    }
    say::note(&format!(
        "Also: {} · {} · {} · {} · {} · {} · {} · {}; {}",
        code("start N"),
        code("check N"),
        code("watch N"),
        code("hint N"),
        code("quiz N"),
        code("solution N"),
        code("reset N"),
        code("crash N"),
        code("cargo lab --help"),
    ));
    Ok(())
}
