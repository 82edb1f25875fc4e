//! A series of snapshots of a server's heap under load: after a warm-up, then each time the requests have doubled, at
//! rest. What a series means is for its readers, such as `heapdiff verdict`.
//!
//! ```text
//! load ──▶ at rest ──▶ frozen ──▶ load ──▶ at rest ──▶ frozen …
//!                         └─ written and fetched ─▶ told    └─ …
//! ```
//!
//! A heap is frozen in a moment, and writing it down takes most of a snapshot's time: the load goes on meanwhile. It goes
//! on where it stopped, with requests that were not sent before: the same again would all be hits, and a cache without a
//! bound would look as if it had one.
//!
//! ```no_run
//! # async fn example() -> Result<(), driver::series::SeriesError> {
//! use std::ops::ControlFlow::Continue;
//!
//! use driver::series::{Schedule, Series, Server, Step};
//!
//! let load = driver::Load::new("http://127.0.0.1:3000/search?q={word}+{user}");
//! let mut series = Series::new(Server::new("http://127.0.0.1:3000")?, load, "snapshots")?;
//! let schedule = Schedule { first: 100, doublings: 3 };
//! for target in schedule.targets() {
//!     let step = series.step(target, &schedule.name(target), &mut |_| Continue(())).await?;
//!     assert!(matches!(step, Step::Taken(_)));
//! }
//! let last = series.finish().await?;
//! # Ok(())
//! # }
//! ```

mod error;
mod file;
mod rest;
mod schedule;
mod server;
mod step;

pub use error::SeriesError;
pub use file::Snapshot;
pub use rest::Rest;
pub use schedule::Schedule;
pub use server::{Health, Server, Taken};
pub use step::{Event, See, Series, Step, Stretch};
