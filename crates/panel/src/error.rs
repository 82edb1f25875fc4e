//! What can be in the way of the panel. Each message says what, where, and what to do next; the page shows it as it is.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use bytesize::ByteSize;

/// Why the panel cannot be opened, or cannot do what it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A server's address that is none.
    #[error("{url} is no server's address ({why}); give one like http://127.0.0.1:3000/")]
    Address {
        /// As given.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// Something to watch that is neither a URL nor there.
    #[error(
        "there is no {}: give a server's URL (http://HOST:PORT/), a folder of snapshots, or a snapshot",
        .0.display()
    )]
    NoSuchPath(PathBuf),
    /// A token that cannot be told whose it is.
    #[error("{0}")]
    Token(&'static str),
    /// An address that other machines can reach.
    #[error(
        "{0} can be reached from other machines, and heap snapshots are not for strangers: listen on 127.0.0.1 or [::1]"
    )]
    NotLoopback(std::net::IpAddr),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {error}; choose another with --listen (port 0: any)")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// What the system says.
        error: io::Error,
    },
    /// The system says no to something that the panel must be able to do.
    #[error("cannot {action}: {error}")]
    System {
        /// What it was about to do.
        action: &'static str,
        /// What the system says.
        error: io::Error,
    },
    /// The system says no to something about a file or a folder.
    #[error("cannot {action} {}: {error}", path.display())]
    File {
        /// What the panel was about to do.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },

    /// No snapshot has this id (any more).
    #[error("there is no such snapshot (any more): load the list again")]
    UnknownSnapshot,
    /// No server has this id (any more).
    #[error("there is no such server (any more): load the list again")]
    UnknownServer,
    /// A name that no snapshot can have.
    #[error(
        "a snapshot's name has letters, digits, spaces and any of - _ . ( ), does not begin with a dot or a space, and is 100 characters at the most"
    )]
    BadName,
    /// A name that another snapshot has.
    #[error("there is a file {0}.json already: choose another name")]
    NameTaken(String),
    /// A file above the limit.
    #[error("the file is larger than {0}, the panel's limit; use `heapdiff` on the command line")]
    TooLarge(ByteSize),
    /// What was given is no snapshot; nothing of it was kept.
    #[error("this is no snapshot: {0}")]
    NotASnapshot(heapdiff::Error),
    /// A file that is listed but cannot be read.
    #[error("cannot read snapshot {label}: {why}")]
    Unreadable {
        /// Its name.
        label: String,
        /// What is wrong with it.
        why: String,
    },
    /// Two snapshots that cannot be compared.
    #[error("these two cannot be compared: {0}")]
    Incomparable(heapdiff::Error),

    /// Snapshots that are no series.
    #[error("no verdict on these: {0}")]
    NoSeries(heapdiff::Error),
    /// More snapshots than are judged at once.
    #[error(
        "{0} snapshots are more than the {1} that are judged at once: choose fewer, or use `heapdiff verdict` on the command line"
    )]
    LongSeries(usize, usize),
    /// A snapshot of this server is being taken already.
    #[error("a snapshot of {0} is being taken already: try again when it is done")]
    Busy(String),
    /// A server that cannot be asked, or says no, or answers nonsense.
    #[error("{url}: {why}")]
    Server {
        /// The server.
        url: String,
        /// What it did, and what to do.
        why: String,
    },
    /// A server that does not answer in time.
    #[error("{url}: {what} within {} s; is it still running?", waited.as_secs())]
    Slow {
        /// The server.
        url: String,
        /// What did not happen.
        what: &'static str,
        /// How long it was waited for.
        waited: Duration,
    },
    /// A body that is not JSON, or does not say so.
    #[error("the body must be JSON, with the header `Content-Type: application/json`")]
    MediaType,
    /// A question that cannot be understood.
    #[error("the request is not right: {0}; docs/formats.md tells how it should be")]
    BadRequest(String),
    /// More tabs look than the panel tells.
    #[error("too many tabs look at the Status view already: close some")]
    Crowded,
    /// The panel is shutting down.
    #[error("the panel is ending")]
    Ending,
}

impl Error {
    /// About a file, for `map_err`.
    pub(crate) fn file(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |error| Self::File {
            action,
            path,
            error,
        }
    }
}
