//! `labs/labN/mutants.toml`: what else the student's file may become, and what a check must find it to be. Wrong fixes,
//! so that none passes, and right ones that are not the shipped one, so that all do.

use std::fs;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::catalog::Lab;
use crate::check::Status;
use crate::repo::{Repo, Server};
use crate::workbook::Workbook;

/// A variation of the lab's file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mutant {
    /// What was done, in words.
    pub(crate) name: String,
    /// Which file it starts from.
    of: Server,
    /// Pairs of a text that stands exactly once in the file and the text that replaces it, one after the other.
    edits: Vec<(String, String)>,
    /// What a check must find.
    pub(crate) becomes: Status,
    /// What its reason must contain.
    #[serde(default)]
    pub(crate) because: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    mutant: Vec<Mutant>,
}

impl Mutant {
    /// All of a lab.
    pub(crate) fn all(repo: &Repo, lab: &Lab) -> Result<Vec<Self>> {
        let file = repo.lab(lab.number).join("mutants.toml");
        let text =
            fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let list: List = toml::from_str(&text)
            .with_context(|| format!("{} is no list of mutants", file.display()))?;
        Ok(list.mutant)
    }

    /// The student's file with its edits made.
    pub(crate) fn content(&self, book: &Workbook<'_>) -> Result<String> {
        let mut content = match self.of {
            Server::Leaky => book.starter()?,
            Server::Fixed => book.reference()?,
        };
        for (from, to) in &self.edits {
            let found = content.matches(from).count();
            ensure!(
                found == 1,
                "mutant {:?}: {from:?} stands {found} times in the file, and not once",
                self.name
            );
            content = content.replacen(from, to, 1);
        }
        Ok(content)
    }
}
