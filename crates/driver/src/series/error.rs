//! Why a series ended early, each with what to do.

use std::io;
use std::path::PathBuf;

use crate::error::LoadError;

/// What ends a [`Series`](crate::series::Series). Requests that fail are no error: they are in the
/// [`Report`](crate::Report).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SeriesError {
    /// The load cannot be sent.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A series is of one server.
    #[error("the URLs are of several servers, {one} and {other}: a series is of one")]
    Servers {
        /// The first.
        one: String,
        /// Another.
        other: String,
    },
    /// The route for snapshots cannot be asked for.
    #[error(
        "cannot use --heapdump {route}: {why}; give a path like /heapdump?name={{name}} or a URL"
    )]
    Route {
        /// As given.
        route: String,
        /// What is wrong with it.
        why: String,
    },
    /// A secret that no header can hold.
    #[error("a token has visible characters of ASCII and no others")]
    Token,
    /// The first snapshot would be later than that.
    #[error(
        "{served} requests are served already: let the first snapshot be after more of them, {} say, or start the server afresh",
        served * 2
    )]
    Late {
        /// Requests that the server says it has served.
        served: u64,
    },
    /// The server does not answer, or not as it should.
    #[error("{url}: {why}")]
    Server {
        /// What was asked for.
        url: String,
        /// What came of it, and what to do.
        why: String,
    },
    /// A file could not be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// What the system answered.
        source: io::Error,
    },
    /// The task that fetched a snapshot was ended with its runtime.
    #[error("the snapshot was not fetched: the program is ending")]
    Ending,
}

impl SeriesError {
    /// Whether it is the fault of what was asked for, and nothing has been sent.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Load(_)
            | Self::Servers { .. }
            | Self::Route { .. }
            | Self::Token
            | Self::Late { .. }
            | Self::Write { .. } => true,
            Self::Server { .. } | Self::Ending => false,
        }
    }
}
