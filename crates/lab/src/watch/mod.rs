//! `cargo lab watch N`: checks the student's file now and each time it is saved. At a terminal on one calm screen, else
//! line by line. Of a leak it measures only until it is certain.

mod plain;
mod session;
mod work;

mod model;
mod render;
mod report;
mod steps;
mod terminal;
mod verdict;

mod chart;
mod text;

use anyhow::Result;

use crate::catalog::Lab;
use crate::repo::Repo;

/// Goes on until the student quits, or until it is interrupted; whether the file had passed by then.
pub(crate) async fn watch(repo: &Repo, lab: &Lab) -> Result<bool> {
    if terminal::is_there() {
        session::on_screen(repo, lab).await
    } else {
        plain::line_by_line(repo, lab).await
    }
}
