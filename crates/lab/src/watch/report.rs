//! The comparison of the last measurement as a web page, in a file of the lab's.

use std::path::PathBuf;

use anyhow::Result;
use heapdiff::source::Finder;
use heapdiff::{InApp, Options, View, page};

use crate::catalog::Lab;
use crate::check::Checked;
use crate::repo::Repo;
use crate::show;
use crate::workbook::Workbook;

/// Writes it, and returns where it is; `None` when nothing was measured.
pub(super) fn write(repo: &Repo, lab: &Lab, checked: &Checked) -> Result<Option<PathBuf>> {
    let Some([before, after]) = show::compared(checked) else {
        return Ok(None);
    };
    let comparison = heapdiff::compare(before, after, &Options::default())?;
    let sources = Finder::new([repo.root().to_path_buf()]);
    let html = page::report(
        [before, after],
        comparison,
        &View::default(),
        &InApp::default(),
        &|file| sources.find(file),
    );
    Workbook::new(repo, lab)
        .write_state("report.html", &html)
        .map(Some)
}
