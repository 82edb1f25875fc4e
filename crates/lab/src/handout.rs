//! What the lab hands to a student: hints, the solution, the starting point, and the way back.

use std::fs;

use anyhow::{Context, Result};

use crate::catalog::Lab;
use crate::repo::Repo;
use crate::say;
use crate::workbook::{Replaced, State, Workbook, shipped};

/// Hints a lab has, in `labs/labN/hints/K.md`.
pub(crate) const HINTS: usize = 3;

/// A hint, and what comes after it.
pub(crate) struct Hint {
    number: usize,
    lab: u32,
    pub(crate) text: String,
}

impl Hint {
    pub(crate) fn title(&self) -> String {
        format!("hint {} of {HINTS}", self.number)
    }

    /// What to type for more.
    fn more(&self) -> String {
        let (what, command) = if self.number < HINTS {
            ("next hint", "hint")
        } else {
            ("solution", "solution")
        };
        let command = say::code(format!("cargo lab {command} {}", self.lab));
        format!("The {what}: {command}")
    }
}

/// The next hint, or hint number `which`; it counts as seen.
pub(crate) fn next_hint(repo: &Repo, lab: &Lab, which: Option<usize>) -> Result<Hint> {
    let book = Workbook::new(repo, lab);
    let number = which.unwrap_or_else(|| (book.hints_seen() + 1).min(HINTS));
    let path = repo.lab(lab.number).join(format!("hints/{number}.md"));
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    book.set_hints_seen(number.max(book.hints_seen()))?;
    Ok(Hint {
        number,
        lab: lab.number,
        text: text.trim_end().to_owned(),
    })
}

/// Prints the next hint, or hint number `which`.
pub(crate) fn hint(repo: &Repo, lab: &Lab, which: Option<usize>) -> Result<()> {
    let hint = next_hint(repo, lab, which)?;
    say::heading(&hint.title());
    say::note(&hint.text);
    say::note(&format!("\n{}", hint.more()));
    Ok(())
}

/// Prints the fix as a diff, and puts it into the student's file if told to.
pub(crate) fn solution(repo: &Repo, lab: &Lab, apply: bool) -> Result<()> {
    let book = Workbook::new(repo, lab);
    say::note(&format!(
        "The fix of lab {}, from the leaky file to the fixed one:\n",
        lab.number
    ));
    say::note(shipped::diff(&book.patch()?).trim_end());
    if !apply {
        say::note(&format!(
            "\nTo put it into your file: {}",
            say::code(format!("cargo lab solution {} --apply", lab.number))
        ));
        return Ok(());
    }
    say::note("");
    put(repo, lab, &book.reference()?, "the solution")
}

/// Puts the leaky handler into the student's file, as the starting point.
pub(crate) fn start(repo: &Repo, lab: &Lab) -> Result<()> {
    let starter = Workbook::new(repo, lab).starter()?;
    put(repo, lab, &starter, "the leaky handler")
}

/// Puts the shipped file back and forgets the lab's progress.
pub(crate) fn reset(repo: &Repo, lab: &Lab) -> Result<()> {
    let book = Workbook::new(repo, lab);
    put(repo, lab, &book.reference()?, "the shipped file")?;
    book.forget()
}

fn put(repo: &Repo, lab: &Lab, content: &str, what: &str) -> Result<()> {
    let book = Workbook::new(repo, lab);
    let path = book.path();
    let file = say::code(repo.short(&path).display());
    match book.replace(content)? {
        Replaced::Same => say::note(&format!(
            "{file} holds {what} already; nothing was changed."
        )),
        Replaced::Other(kept) => {
            say::note(&format!("{file} now holds {what}."));
            if let Some((before, kept)) = kept {
                let former = match before {
                    State::Reference => "The shipped solution",
                    State::Starter => "The leaky handler",
                    State::Own => "What you had there",
                };
                say::note(&format!(
                    "{former} is kept in {}.",
                    repo.short(&kept).display()
                ));
            }
        }
    }
    Ok(())
}
