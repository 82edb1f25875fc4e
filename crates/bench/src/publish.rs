//! The tables in the documentation. They are made from records in `docs/benchmarks`, and never typed: a block of a text
//! file that begins with `<!-- bench: NAME TABLE -->` and ends with `<!-- bench: end -->` is that table.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::record::{self, Record};
use crate::workspace::Workspace;

const BEGIN: &str = "<!-- bench: ";
const END: &str = "<!-- bench: end -->";

/// The files that have tables.
const FILES: [&str; 2] = ["README.md", "docs/benchmarks.md"];

/// Copies the records that were made to where the documentation's are. The names of those that were.
///
/// # Errors
/// When one cannot be read or written.
pub fn collect(workspace: &Workspace) -> Result<Vec<String>> {
    let mut names = Vec::new();
    let made = workspace.results();
    for entry in
        fs::read_dir(&made).with_context(|| format!("there is nothing in {}", made.display()))?
    {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            Record::read(&made, &name)?.write(&workspace.published())?;
            names.push(name.into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// The documentation's files as they should be.
///
/// # Errors
/// When one cannot be read, or asks for a table that is not there.
pub fn texts(workspace: &Workspace) -> Result<Vec<(PathBuf, String)>> {
    FILES
        .iter()
        .map(|name| {
            let path = workspace.root().join(name);
            let text = fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            let filled =
                fill(&text, &workspace.published()).with_context(|| format!("in {name}"))?;
            Ok((path, filled))
        })
        .collect()
}

/// Writes the documentation's files.
///
/// # Errors
/// Those of [`texts`], or when one cannot be written.
pub fn write(workspace: &Workspace) -> Result<()> {
    for (path, text) in texts(workspace)? {
        record::write(&path, text.as_bytes())?;
    }
    Ok(())
}

/// `text` with each block made anew.
fn fill(text: &str, records: &Path) -> Result<String> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, block)) = rest.split_once(BEGIN) {
        let (asked, block) = block
            .split_once(" -->\n")
            .context("a block's first line does not end with ` -->`")?;
        let (_, after) = block
            .split_once(END)
            .with_context(|| format!("the block `{asked}` has no end"))?;
        let block = self::block(asked, records)?;
        write!(filled, "{before}{BEGIN}{asked} -->\n{block}\n{END}")?;
        rest = after;
    }
    Ok(filled + rest)
}

fn block(asked: &str, records: &Path) -> Result<String> {
    let Some((name, wanted)) = asked.split_once(' ') else {
        bail!("`{asked}` names no table: it should be `NAME TABLE`");
    };
    let record = Record::read(records, name)?;
    let table = record
        .tables
        .iter()
        .find(|table| table.name == wanted)
        .with_context(|| format!("the record `{name}` has no table `{wanted}`"))?;
    Ok(format!(
        "\n{}\n`{}`, {}: {}.\n",
        table.markdown(),
        record.command,
        record.date,
        record.machine
    ))
}

#[cfg(test)]
mod tests {
    use super::fill;
    use crate::machine::Machine;
    use crate::record::Record;
    use crate::table::Table;

    fn records() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let mut table = Table::new("cost", "What it costs", &["", "ratio"]);
        table.row(["plain", "1"]);
        let record = Record {
            name: "recording".to_owned(),
            command: "just bench-recording".to_owned(),
            date: "2026-01-02".to_owned(),
            machine: Machine::default(),
            tables: vec![table],
        };
        record.write(folder.path()).unwrap();
        folder
    }

    #[test]
    fn a_block_is_made_from_its_record_again_and_again() {
        let records = records();
        let text = "a\n<!-- bench: recording cost -->\nold\n<!-- bench: end -->\nb\n";
        let once = fill(text, records.path()).unwrap();
        assert!(once.starts_with("a\n<!-- bench: recording cost -->\n\n**What it costs**"));
        assert!(once.contains("`just bench-recording`, 2026-01-02"));
        assert!(once.ends_with("<!-- bench: end -->\nb\n"));
        assert_eq!(fill(&once, records.path()).unwrap(), once);
    }

    #[test]
    fn what_is_not_there_is_named() {
        let records = records();
        let error = |text: &str| format!("{:#}", fill(text, records.path()).unwrap_err());
        assert!(
            error("<!-- bench: recording more -->\n<!-- bench: end -->")
                .contains("no table `more`")
        );
        assert!(
            error("<!-- bench: driver cost -->\n<!-- bench: end -->").contains("just bench-driver")
        );
        assert!(error("<!-- bench: recording cost -->\n").contains("has no end"));
    }
}
