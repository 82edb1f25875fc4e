//! How much, and how long, a panel puts up with.

use std::time::Duration;

use bytesize::ByteSize;

/// What is too large, and what takes too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest snapshot that is read or taken in.
    pub snapshot: ByteSize,
    /// How long a server may take to write a snapshot.
    pub answer: Duration,
    /// How long a download may stand still. Its total time has no limit: the heap may be large.
    pub idle: Duration,
    /// How often a server's metrics are read, and tabs are told of them. What is kept of a server are so many readings,
    /// a quarter of an hour of one a second.
    pub tick: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            snapshot: ByteSize::gib(1),
            answer: Duration::from_secs(300),
            idle: Duration::from_secs(30),
            tick: Duration::from_secs(1),
        }
    }
}
