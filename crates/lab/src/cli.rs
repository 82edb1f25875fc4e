//! The command line of `cargo lab`.

use clap::{Parser, Subcommand};

use crate::repo::Server;

/// Guided exercises: find a memory leak in a running Rust service, fix it, prove the fix.
///
/// Without arguments: the labs and what to do next.
/// Exit codes: 0 passed, 1 leaking, contract broken or build failed, 2 something in the way (said with what to do), 130 interrupted.
#[derive(Debug, Parser)]
#[command(
    name = "cargo lab",
    bin_name = "cargo lab",
    version,
    args_conflicts_with_subcommands = true
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// The lab to do, guided
    #[arg(value_name = "LAB")]
    pub(crate) lab: Option<u32>,

    /// Run through without questions, on both servers as they stand
    #[arg(long, requires = "lab")]
    pub(crate) yes: bool,

    /// Open the exercise's Memory panel in the browser, too
    #[arg(long, requires = "lab", conflicts_with = "yes")]
    pub(crate) open: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Put the leaky handler into fixed-server as your starting point
    Start {
        /// The lab
        lab: u32,
    },
    /// Build a server, hold it to its contract, measure its heap
    Check {
        /// The lab
        lab: u32,
        /// Which server
        #[arg(long, value_enum, default_value = "fixed")]
        server: Server,
        /// One JSON object instead of text
        #[arg(long)]
        json: bool,
        /// Do not measure a starter that was not edited: its status is not-started
        #[arg(long)]
        if_changed: bool,
    },
    /// How a leak ends when nobody looks: the leaky server until it crashes, and the fixed one under the same load
    ///
    /// Both servers get the lab's load within a small heap ceiling, one request after the other. You see how long the
    /// leaky one lasts, its first and its last latencies, where the heap grew at once, its last words, and who held the
    /// memory, from the snapshot that it left; beside it your fixed-server as it stands. A page has the charts.
    ///
    /// Exit codes: 0 the leaky server crashed and the fixed one did not, 1 both did, 2 something in the way, 130 interrupted.
    Crash(crate::crash::Options),
    /// Check your file now and each time you save it, on one screen
    ///
    /// The screen shows the build (with the compiler's own words), the contract, how the heap grows, and the verdict; a
    /// save starts it over at once. Keys: Enter checks again, h shows a hint, r opens the report on the last
    /// measurement in the browser, arrows scroll, q quits. A leak is measured only until it is certain.
    ///
    /// Without a terminal it prints line by line what `check` prints.
    ///
    /// Exit codes: 0 what is in the file was checked and passed, 1 it was not, 2 something in the way, 130 interrupted.
    Watch {
        /// The lab
        lab: u32,
    },
    /// Show the next hint; each tells more
    Hint {
        /// The lab
        lab: u32,
        /// Show this one instead
        #[arg(long, value_name = "K", value_parser = clap::value_parser!(u8).range(1..=3))]
        number: Option<u8>,
    },
    /// Questions about what you have seen, with answers that explain
    Quiz {
        /// The lab
        lab: u32,
        /// Print questions and answers, and ask nothing
        #[arg(long)]
        answers: bool,
    },
    /// Show the fix as a diff
    Solution {
        /// The lab
        lab: u32,
        /// Put it into your file; what you have there is kept
        #[arg(long)]
        apply: bool,
    },
    /// Put the shipped file back and forget the lab's progress; what you have there is kept
    Reset {
        /// The lab
        lab: u32,
    },
    /// Watches any server with /metrics and /heapdump for a while, and says what it sees and what to do next
    ///
    /// Heap that grows with the requests, and at which line; RSS that grows alone; requests that get slower as the heap
    /// grows; a heap ceiling that comes near; or that all is fine. The server need not be of this lab: docs/take-it-home.md.
    ///
    /// Exit codes, those of heapdiff verdict: 0 nothing leaks, 1 a leak, 2 something in the way, 3 it is not certain, 130 interrupted.
    Doctor(crate::doctor::Options),
    /// The Memory panel in a browser, on any servers and folders of snapshots
    Panel(panel::Options),
    /// For instructors: grade what others have handed in
    #[cfg(target_os = "linux")]
    Grade(Box<crate::grade::Options>),
    /// A program within limits: a command of the lab's own
    #[cfg(target_os = "linux")]
    #[command(hide = true)]
    Confined(crate::confine::Options),
    /// For maintainers: prove that every lab is what it says
    Verify {
        /// Only these labs
        labs: Vec<u32>,
        /// First write each lab's solution.patch from its leaky and its fixed file
        #[arg(long)]
        bless: bool,
    },
}

/// What a command prints for whom.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Words and tables
    #[default]
    Text,
    /// One JSON object
    Json,
}
