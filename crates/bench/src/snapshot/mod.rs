//! What a snapshot costs: how long others wait, and when its file is complete, by what is leaked before. And the article's
//! server on Node beside it.

mod client;
mod heap;
mod tables;
mod taken;

use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::machine::first_line;
use crate::program::build;
use crate::record::Record;
use crate::rounds::interleaved;
use crate::workspace::Workspace;
use heap::Heap;
use taken::{Program, take};

/// Measure what a snapshot costs: the pause, and the time until its file is complete
///
/// By what is leaked before, from nothing to ten million references or a million objects. Takes 2 GB of memory.
#[derive(Args, Debug)]
pub struct Snapshot {
    /// Heaps of up to 4 GB, too; takes 6 GB of memory
    #[arg(long)]
    full: bool,

    /// Beside it the article's server on Node, with the package `heapdump` if it is installed in crates/bench/node
    #[arg(long)]
    node: bool,

    /// How often each heap is measured
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=99))]
    rounds: u8,
}

impl Snapshot {
    /// Measures, and prints the tables.
    ///
    /// # Errors
    /// When a server answers what it should not, or something cannot be written.
    pub fn run(&self, workspace: &Workspace) -> Result<()> {
        let node = workspace.root().join("crates/bench/node/server.js");
        if self.node {
            let version = first_line(Command::new("node").arg("--version"));
            ensure!(
                !version.is_empty(),
                "there is no `node` to compare with: install Node.js, or leave out --node"
            );
            eprintln!("Node {version}");
        }
        let [leaky] = build(workspace, ["leaky-server"])?;
        let leaky = Program::Leaky(&leaky);
        let heaps: &[Heap] = if self.full { &Heap::FULL } else { &Heap::USUAL };
        let scratch = tempfile::tempdir().context("cannot make a temporary folder")?;

        let mut sides: Vec<(Program<'_>, Heap)> =
            heaps.iter().map(|heap| (leaky.clone(), *heap)).collect();
        if self.node {
            sides.extend(Heap::NODE.map(|heap| (Program::Node(&node), heap)));
        }
        let measured = interleaved(self.rounds.into(), &sides, |(program, heap), round| {
            eprintln!("round {}: {}, {heap}", round + 1, program.name());
            take(program, scratch.path(), *heap)
                .with_context(|| format!("{}, {heap}", program.name()))
        })?;

        let (ours, nodes) = measured.split_at(heaps.len());
        let mut tables = tables::costs(heaps, ours)?.to_vec();
        if self.node {
            let beside = Heap::NODE.map(|heap| heaps.iter().position(|other| *other == heap));
            let beside: Vec<_> = beside
                .into_iter()
                .flatten()
                .map(|index| ours[index].clone())
                .collect();
            tables.push(tables::beside_node(&Heap::NODE, &beside, nodes)?);
        }
        Record::now(workspace, "snapshot", &self.command(), tables).finish(workspace)
    }

    fn command(&self) -> String {
        let mut command = "just bench-snapshot".to_owned();
        for (is_given, option) in [(self.full, " --full"), (self.node, " --node")] {
            if is_given {
                command += option;
            }
        }
        command
    }
}
