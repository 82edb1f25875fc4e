//! What a measurement leaves behind: `target/bench/NAME.json`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::machine::Machine;
use crate::table::Table;
use crate::workspace::Workspace;

/// A measurement, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Its file's name, and its subcommand's.
    pub name: String,
    /// The command that repeats it.
    pub command: String,
    /// The day on which it was made: `2026-11-28`, UTC.
    pub date: String,
    /// Where.
    pub machine: Machine,
    /// What came of it.
    pub tables: Vec<Table>,
}

impl Record {
    /// A measurement that was made just now on this machine. `command` is what a reader types to repeat it.
    #[must_use]
    pub fn now(workspace: &Workspace, name: &str, command: &str, tables: Vec<Table>) -> Self {
        let now = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
        Self {
            name: name.to_owned(),
            command: command.to_owned(),
            date: now.split('T').next().unwrap_or_default().to_owned(),
            machine: Machine::here(workspace),
            tables,
        }
    }

    /// Reads `NAME.json` in `folder`.
    ///
    /// # Errors
    /// When that is no record.
    pub fn read(folder: &Path, name: &str) -> Result<Self> {
        let path = file(folder, name);
        let text = fs::read(&path).with_context(|| {
            format!(
                "cannot read {}: `just bench-{name}` makes it",
                path.display()
            )
        })?;
        serde_json::from_slice(&text).with_context(|| format!("{} is no record", path.display()))
    }

    /// Writes it into `folder`, whole or not at all, and says where.
    ///
    /// # Errors
    /// When that cannot be done.
    pub fn write(&self, folder: &Path) -> Result<PathBuf> {
        let path = file(folder, &self.name);
        let mut text = serde_json::to_string_pretty(self).context("a record is plain data")?;
        text.push('\n');
        write(&path, text.as_bytes())?;
        Ok(path)
    }

    /// Prints the tables, and leaves the record where the others are.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(&self, workspace: &Workspace) -> Result<()> {
        for table in &self.tables {
            println!("\n{table}");
        }
        let path = self.write(&workspace.results())?;
        println!("\n{}\nwritten: {}", self.machine, path.display());
        Ok(())
    }
}

/// Writes a file, whole or not at all; its folder is made.
pub(crate) fn write(path: &Path, text: &[u8]) -> Result<()> {
    let folder = path.parent().context("a file is in a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(heapdiff::files::write_whole(path, text)?)
}

fn file(folder: &Path, name: &str) -> PathBuf {
    folder.join(name).with_extension("json")
}
