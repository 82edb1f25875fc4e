//! Where an answer goes: to standard output, to a file, to the browser.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::error::Error;
use crate::files;

/// Where to.
#[derive(Debug, Args)]
pub(super) struct Destination {
    /// Write to this file, whole or not at all [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Show the page in the browser; without --output, from a temporary file
    #[arg(long)]
    open: bool,
}

impl Destination {
    /// Only a page can be shown in the browser.
    pub(super) fn check(&self, is_page: bool) -> Result<(), Error> {
        if self.open && !is_page {
            return Err(Error::OnlyPagesOpen);
        }
        Ok(())
    }

    /// Brings the answer there, and returns what to print: the answer itself, or what there is to say besides. The file is
    /// never one of the snapshots.
    pub(super) fn deliver(
        &self,
        answer: String,
        snapshots: &[impl AsRef<Path>],
        said: impl FnOnce() -> String,
    ) -> Result<String, Error> {
        let file = match &self.output {
            Some(file) => {
                files::write(file, answer.as_bytes(), snapshots)?;
                file.clone()
            }
            None if self.open => files::write_temporary("heap-", ".html", answer.as_bytes())?,
            None => return Ok(answer),
        };
        let mut said = said();
        if self.open {
            let _ = writeln!(said, "{}", file.display());
            show(&file)?;
        }
        Ok(said)
    }
}

/// Shows a file in the user's browser.
fn show(file: &Path) -> Result<(), Error> {
    open::that_detached(file).map_err(|error| Error::Open {
        path: file.to_owned(),
        error,
    })
}
