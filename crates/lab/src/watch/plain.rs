//! Watching without a screen: what `cargo lab check` prints, again and again.

use anyhow::Result;

use crate::catalog::Lab;
use crate::check;
use crate::compile::Output;
use crate::measure::{Plan, Stage};
use crate::progress::OnBar;
use crate::repo::{Repo, Server};
use crate::saves::Saves;
use crate::say::{self, code};
use crate::show;
use crate::workbook::Workbook;

/// Goes on until it is interrupted.
pub(super) async fn line_by_line(repo: &Repo, lab: &Lab) -> Result<bool> {
    let book = Workbook::new(repo, lab);
    book.bytes()?;
    let mut saves = Saves::of(book.path());
    loop {
        say::heading(&format!("lab {}: checking", lab.number));
        let mut bar = OnBar::default();
        let mut see = |stage: Stage<'_>| bar.see(&stage);
        let (plan, output) = (Plan::UntilCertain, Output::Terminal);
        match check::check_watched(repo, lab, Server::Fixed, plan, output, &mut see).await {
            Ok(checked) => show::checked(repo, lab, &checked)?,
            Err(error) => say::bad(&format!("{error:#}")),
        }
        say::note(&format!(
            "\nwatching {}; Ctrl-C ends it",
            code(repo.short(&book.path()).display())
        ));
        // What was saved during the check counts as a change, too.
        saves.next().await;
    }
}
