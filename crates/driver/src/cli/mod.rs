//! The command's two ways: a load by itself, and a series of snapshots under load.

pub(crate) mod load;
pub(crate) mod series;
mod table;

use std::fmt::Display;
use std::process::ExitCode;
use std::time::Duration;

use driver::Load;
use printable::printable;

/// Ended by Ctrl-C.
pub(crate) const INTERRUPTED: u8 = 130;

/// How requests are sent, in both ways.
#[derive(clap::Args)]
pub(crate) struct Manner {
    /// Connections, each with one request in flight at the most
    #[arg(short, long, default_value_t = 8, value_name = "C")]
    connections: usize,

    /// Fixes what the placeholders of the URLs become
    #[arg(long, default_value_t = 0, value_name = "S")]
    seed: u64,

    /// How long a request may take, with its unit: 500ms, 30s, 2m
    #[arg(long, default_value = "30s", value_name = "TIME", value_parser = humantime::parse_duration)]
    timeout: Duration,

    /// A status that counts as an answer although it is no 2xx, apart from those: 503 of a server with backpressure
    #[arg(long, value_name = "STATUS")]
    accept: Option<u16>,
}

impl Manner {
    /// A load on `urls`.
    pub(crate) fn load(&self, urls: &[String]) -> Load {
        Load {
            urls: urls.to_owned(),
            connections: self.connections,
            seed: self.seed,
            timeout: self.timeout,
            accept: self.accept,
            ..Load::new("")
        }
    }
}

/// Says what is wrong with what was asked for.
pub(crate) fn refused(error: &dyn Display) -> ExitCode {
    complain(error);
    ExitCode::from(2)
}

/// One line on standard error. A path, or what a server says, may hold what a terminal would obey.
pub(crate) fn complain(error: &dyn Display) {
    eprintln!("error: {}", printable(&error.to_string()));
}
