//! The verdict of the last measurement as a web page, in a file of the lab's: how each site grew, and the comparison of the
//! first snapshot at rest with the last.

use std::path::PathBuf;

use anyhow::Result;
use heapdiff::source::Finder;
use heapdiff::{InApp, Profile, page};

use crate::catalog::Lab;
use crate::measure::Measurement;
use crate::repo::Repo;
use crate::workbook::Workbook;

/// Writes it, and returns where it is.
pub(super) fn write(repo: &Repo, lab: &Lab, measured: &Measurement) -> Result<PathBuf> {
    let sources = Finder::new([repo.root().to_path_buf()]);
    let series: Vec<&Profile> = measured.warm().iter().map(|shot| &shot.profile).collect();
    let find = |file: &str| sources.find(file);
    let html = page::series_report(&series, &measured.judgement, &InApp::default(), &find)?;
    Workbook::new(repo, lab).write_state("report.html", &html)
}
