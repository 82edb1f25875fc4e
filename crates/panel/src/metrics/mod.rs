//! A server's `/metrics`: asked over HTTP, read, and of it what a watcher of heaps looks at. What it means is the
//! business of whoever asks: the panel's Status view, and `cargo lab doctor`.
//!
//! **Required is one thing**: the live heap (`heap_live_bytes`) or RSS (`process_resident_memory_bytes`). Without either
//! there is nothing to watch, which is [`Trouble::NothingKnown`]. **All else is optional**, and `None` in [`Metrics`] where
//! it is missing, for other people's servers have fewer: what every client library of Prometheus tells of the process, and
//! requests under other labels than ours. The names are those of `docs/formats.md`.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let scraper = panel::metrics::Scraper::new(panel::ServerConfig::new("http://127.0.0.1:3000/")?)?;
//! let before = scraper.scrape().await?;
//! // … some time and some requests later
//! let after = scraper.scrape().await?;
//! if !after.is_another_run(&before) {
//!     let window = after.durations.zip(before.durations).and_then(|(after, before)| after.since(&before));
//!     let p99 = window.and_then(|window| window.quantile(0.99)); // seconds
//! }
//! # Ok(())
//! # }
//! ```

mod exposition;
mod histogram;
mod known;
mod scraper;

pub use self::exposition::{Garbage, Sample, declared, samples};
pub use self::histogram::Histogram;
pub use self::known::{MOST_STATUSES, Metrics};
pub use self::scraper::{Scraper, Trouble};
