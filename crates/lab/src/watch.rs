//! `cargo lab watch N`: checks the student's file now and each time it is saved.

use anyhow::Result;
use tokio::time::sleep;

use crate::catalog::Lab;
use crate::check;
use crate::exercise::GLANCE;
use crate::repo::{Repo, Server};
use crate::say::{self, code};
use crate::show;
use crate::workbook::Workbook;

/// Goes on until it is interrupted.
pub(crate) async fn watch(repo: &Repo, lab: &Lab) -> Result<()> {
    let book = Workbook::new(repo, lab);
    loop {
        let checking = book.content()?;
        say::heading(&format!("lab {}: checking", lab.number));
        match check::check(repo, lab, Server::Fixed).await {
            Ok(checked) => show::checked(repo, lab, &checked)?,
            Err(error) => say::bad(&format!("{error:#}")),
        }
        say::note(&format!(
            "\nwatching {}; Ctrl-C ends it",
            code(repo.short(&book.path()).display())
        ));
        // What was saved during the check counts as a change, too.
        while book.content().is_ok_and(|now| now == checking) || book.content().is_err() {
            sleep(GLANCE).await;
        }
    }
}
