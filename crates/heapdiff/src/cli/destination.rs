//! Where an answer goes: to standard output, to a file, to the browser.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use printable::printable;

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

    /// Brings the answer there, as it is written, and returns what there is to say besides. Standard output is `out`. The
    /// file is never one of the snapshots.
    pub(super) fn deliver(
        &self,
        out: &mut dyn Write,
        answer: impl FnOnce(&mut dyn Write) -> io::Result<()>,
        snapshots: &[impl AsRef<Path>],
        said: impl FnOnce() -> String,
    ) -> Result<String, Error> {
        let file = match &self.output {
            Some(file) => {
                files::write(file, snapshots, answer)?;
                file.clone()
            }
            None if self.open => files::write_temporary("heap-", ".html", answer)?,
            None => return print(out, answer).map(|()| String::new()),
        };
        let mut said = said();
        if self.open {
            let _ = writeln!(said, "{}", printable(&file.to_string_lossy()));
            show(&file)?;
        }
        Ok(said)
    }
}

/// Prints to standard output, which is `out`; a reader who has seen enough (`| head`) is no failure.
pub(super) fn print(
    out: &mut dyn Write,
    answer: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Error> {
    match files::fill(out, answer) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Error::Print(error)),
        _ => Ok(()),
    }
}

/// Shows a file in the user's browser.
fn show(file: &Path) -> Result<(), Error> {
    open::that_detached(file).map_err(|error| Error::Open {
        path: file.to_owned(),
        error,
    })
}
