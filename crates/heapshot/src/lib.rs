//! Live DHAT heap snapshots of a running process.
//!
//! ```no_run
//! #[global_allocator]
//! static ALLOC: heapshot::Alloc = heapshot::Alloc;
//!
//! fn main() -> Result<(), heapshot::Error> {
//!     let heap = heapshot::Recorder::start()?;
//!     // … the service runs …
//!     let shot = heap.snapshot("before.json")?;
//!     println!("{} bytes live, paused for {:?}", shot.live_bytes, shot.pause);
//!     Ok(())
//! }
//! ```
//!
//! The [`dhat`] crate records every allocation, but writes its profile only when recording ends. Here
//! the process *forks* instead: the child is a frozen copy of the heap and of dhat's tables, it ends
//! *its* recording, which writes the file, and exits; the process itself never stops recording and is
//! paused only for the fork. `README.md` beside this crate tells what that costs and what it needs.
//!
//! This crate knows nothing of HTTP or of any framework: see `examples/axum_server.rs` for a service.
//! What a snapshot means is for its readers, such as `heapdiff` or DHAT's own `dh_view.html`.

mod alloc;
mod ceiling;
mod command_line;
mod count;
mod document;
#[cfg(unix)]
mod end;
mod engine;
mod error;
mod gate;
#[cfg(target_os = "linux")]
mod large;
#[cfg(not(target_os = "linux"))]
#[path = "large_none.rs"]
mod large;
#[cfg(unix)]
mod limit;
#[cfg(unix)]
mod names;
#[cfg(unix)]
mod private;
#[cfg(unix)]
mod profile;
mod recorder;
mod sampled;
#[cfg(unix)]
mod site;
mod snapshot;
#[cfg(unix)]
mod stand_in;
mod trim;
#[cfg(unix)]
mod writer;

pub use alloc::Alloc;
pub use ceiling::{AtLimit, Ceiling, EXIT_CODE, Usage};
pub use document::{Metadata, rss_bytes};
pub use error::Error;
pub use recorder::{Allocated, Builder, Live, Recorder};
pub use snapshot::{Frozen, Sampling, Snapshot};
pub use trim::trim;
