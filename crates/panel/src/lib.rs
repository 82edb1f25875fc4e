//! The Memory panel in a browser: what Chrome's Memory tab is to Node, for any server that has a `/heapdump` as
//! ours have, and for any folder of DHAT snapshots.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
//! let panel = panel::Panel::open(panel::Config {
//!     servers: vec![panel::ServerConfig::new("http://127.0.0.1:3000/")?],
//!     folders: vec!["snapshots".into()],
//!     ..panel::Config::default()
//! })?;
//! let servers = panel.servers(); // more may come, and go, while it runs
//! panel.serve(listener, std::future::pending()).await?;
//! # Ok(())
//! # }
//! ```
//!
//! The page and its documents are `heapdiff`'s; this crate finds the snapshots (`store`), takes new ones of running
//! servers (`remote`), watches how those are ([`metrics`], `status`), and serves it all to a browser on this machine and to nobody else (`http`). Snapshots, servers'
//! answers and requests are hostile input.
#![forbid(unsafe_code)]

mod browser;
mod error;
mod http;
mod limits;
pub mod metrics;
mod options;
mod panel;
mod program;
mod remote;
mod status;
mod store;

pub use browser::{open_browser, open_browser_or};
pub use error::Error;
pub use limits::Limits;
pub use options::Options;
pub use panel::{Config, Panel};
pub use program::main;
pub use remote::{ServerConfig, ServerId, Servers};
