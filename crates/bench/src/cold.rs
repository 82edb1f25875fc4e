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
        run(Command::new("git")
            .args(["clone", "--quiet"])
            .arg(workspace.root())
            .arg(&clone))?;
        eprintln!("cargo lab 1 --yes, with nothing built");
        let cold = lab(&clone, &["1", "--yes"])?;
        let mut edits = Vec::with_capacity(self.edits);
        for edit in 0..self.edits {
            let path = clone.join(EDITED);
            let text = fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            // A file that is the shipped one but for a comment is a student's own.
            let edited = format!("{text}\n// Edit {edit}.\n");
            fs::write(&path, edited).with_context(|| format!("cannot write {}", path.display()))?;
            eprintln!("cargo lab check 1, after edit {}", edit + 1);
            edits.push(lab(&clone, &["check", "1"])?);
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
                    "from an edit to its verdict, `cargo lab check 1`, {} times",
                    edits.len()
                ),
                format!("{middle:.1} [{low:.1}–{high:.1}]"),
            ]);
        }
        table.note("All crates were downloaded before. Seconds, as they are of one machine and no ratio: of another they are others.");
        Record::now(workspace, "cold", "just bench-cold", vec![table]).finish(workspace)
    }
}

/// Seconds that `cargo lab` takes in `clone`.
fn lab(clone: &Path, args: &[&str]) -> Result<f64> {
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
    run(&mut cargo)?;
    Ok(began.elapsed().as_secs_f64())
}

fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .with_context(|| format!("cannot run {name}"))?;
    ensure!(status.success(), "{name} ended with {status}");
    Ok(())
}

fn made(folder: &Path) -> Result<&Path> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}
