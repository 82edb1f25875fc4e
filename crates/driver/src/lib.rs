//! Hammers a server with requests and reports how it answered.
//!
//! [`run`] sends the requests that a [`Load`] describes and returns a [`Report`]; a [`Progress`] can be
//! polled meanwhile, and a [`Bar`] shows it. [`trace()`] sends them one after the other and keeps the latency of each. [`series`] takes snapshots of the server's heap between stretches of load;
//! what they mean is left to others.
//!
//! ```no_run
//! # async fn example() -> Result<(), driver::LoadError> {
//! let load = driver::Load {
//!     requests: 500,
//!     ..driver::Load::new("http://127.0.0.1:3000/bloatMyServer")
//! };
//! let progress = driver::Progress::default();
//! let bar = driver::Bar::start(&progress, load.requests);
//! let report = driver::run(&load, &progress, std::future::pending()).await?;
//! drop(bar);
//! print!("{report}");
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

mod error;
mod load;
mod run;
mod trace;

pub mod series;

mod bar;
mod progress;
mod render;
mod report;

mod connection;
mod failure;
mod tally;
mod targets;
mod tickets;
mod watch;

pub use bar::Bar;
pub use error::LoadError;
pub use failure::ErrorKind;
pub use load::Load;
pub use progress::Progress;
pub use report::{Errors, Latency, Report, Stopped};
pub use run::run;
pub use trace::{Call, Trace, Unanswered, trace};
