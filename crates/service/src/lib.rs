//! The shell that the lab's servers run in: options, `/heapdump`, `/healthz`, `/metrics`, the count of requests and
//! the heap ceiling. What a server serves besides is its own: it hands in its routes.
//!
//! The shell knows nothing of analysis: it offers its heap and its counts as any service could, and
//! whatever looks at them stands outside.
#![forbid(unsafe_code)]

mod access;
mod answer;
mod ceiling;
mod health;
mod heapdump;
mod metrics;
mod options;
mod program;
mod requests;
mod server;
mod shell;
mod writing;

pub use access::Access;
pub use metrics::Tally;
pub use options::{AtLimit, Listen, Options};
pub use program::main;
pub use requests::Requests;
pub use server::{Config, Routes, run};
