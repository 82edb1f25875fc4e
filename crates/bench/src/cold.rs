//! How long a newcomer waits: from a clone to the end of the first lab, and from an edit to its verdict.

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::ratio::median;
use crate::record::Record;
use crate::table::Table;
use crate::workspace::Workspace;

/// What is edited.
const EDITED: &str = "crates/fixed-server/src/lab1.rs";

/// What it is edited to, in turns with the fix that it is shipped as: the file as students get it.
const STARTER: &str = "crates/leaky-server/src/lab1.rs";

/// Time a cold `cargo lab 1 --yes` in a fresh clone, and the way from an edit to its verdict
///
/// Of what is committed. The crates should have been downloaded before: the network is not what is timed.
#[derive(Args, Debug)]
pub struct Cold {
    /// How often is edited and checked
    #[arg(long, value_name = "N", default_value_t = 5)]
    edits: usize,
}

impl Cold {
    /// Measures, and prints the table.
    ///
    /// # Errors
    /// When a command fails; it has said why.
    pub fn run(&self, workspace: &Workspace) -> Result<()> {
        let folder = tempfile::tempdir_in(made(&workspace.results())?)
            .context("cannot make a temporary folder")?;
        let clone = folder.path().join("clone");
        run(
            Command::new("git")
                .args(["clone", "--quiet"])
                .arg(workspace.root())
                .arg(&clone),
            0,
        )?;
        eprintln!("cargo lab 1 --yes, with nothing built");
        let cold = lab(&clone, &["1", "--yes"], 0)?;
        let edited = clone.join(EDITED);
        let [fix, starter] = [read(&edited)?, read(&clone.join(STARTER))?];
        let mut edits = Vec::with_capacity(self.edits);
        for edit in 0..self.edits {
            // A comment besides: what is the shipped file to the letter is not a student's own.
            let (file, ends_with) = if edit % 2 == 0 {
                (&starter, 1)
            } else {
                (&fix, 0)
            };
            fs::write(&edited, format!("{file}\n// Edit {edit}.\n"))
                .with_context(|| format!("cannot write {}", edited.display()))?;
            eprintln!("cargo lab check 1, after edit {}", edit + 1);
            edits.push(lab(&clone, &["check", "1"], ends_with)?);
        }

        let mut table = Table::new("cold", "How long a newcomer waits", &["", "seconds"]);
        table.row([
            "from a clone to the end of lab 1, `cargo lab 1 --yes`, once".to_owned(),
            format!("{cold:.0}"),
        ]);
        if let Some(middle) = median(&edits) {
            let low = edits.iter().copied().fold(f64::INFINITY, f64::min);
            let high = edits.iter().copied().fold(0.0, f64::max);
            table.row([
                format!(
                    "from an edit to its verdict, `cargo lab check 1`, the leak and its fix in turns, {} times",
                    edits.len()
                ),
                format!("{middle:.1} [{low:.1}–{high:.1}]"),
            ]);
        }
        table.note("All crates were downloaded before. Seconds, as they are of one machine and no ratio: of another they are others.");
        Record::now(workspace, "cold", "just bench-cold", vec![table]).finish(workspace)
    }
}

/// Seconds that `cargo lab` takes in `clone`; it must end with this exit code.
fn lab(clone: &Path, args: &[&str], ends_with: i32) -> Result<f64> {
    let mut cargo = Command::new("cargo");
    cargo.arg("lab").args(args).current_dir(clone);
    // What the cargo that runs this tells about itself is not meant for another workspace.
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_") && name != "CARGO_HOME" || name.starts_with("LEAKLAB_") {
            cargo.env_remove(name.as_ref());
        }
    }
    let began = Instant::now();
    run(&mut cargo, ends_with)?;
    Ok(began.elapsed().as_secs_f64())
}

fn run(command: &mut Command, ends_with: i32) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .with_context(|| format!("cannot run {name}"))?;
    ensure!(
        status.code() == Some(ends_with),
        "{name} ended with {status}, and not with {ends_with}"
    );
    Ok(())
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

fn made(folder: &Path) -> Result<&Path> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}
