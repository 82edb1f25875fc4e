//! The web page: what `heapdiff compare` and `heapdiff verdict` write with `--format html`, and what the Memory panel
//! serves.
//!
//! All are one page, `page/` beside `src/`: a template, style and ES modules. It asks for *documents* by
//! relative URLs, and does not know whether they come over HTTP or lie embedded in it:
//!
//! | URL | document |
//! | --- | --- |
//! | `api/snapshots` | the snapshots there are, a [`Card`] each |
//! | `api/snapshots/ID/summary` | [`summary`]: what one holds |
//! | `api/comparison?base=ID&snapshot=ID` | [`comparison`]: two of them |
//! | `api/flamegraph?[base=ID&]snapshot=ID&count=bytes\|blocks` | the [flame graph](crate::flamegraph::svg), without a script |
//! | `api/verdict[?snapshots=ID,ID,ID]` | [`growth`]: the verdict on a series, with its charts |
//!
//! One more has no end, and only the panel has it: `api/status?minutes=N`, how the servers are.
//!
//! `docs/formats.md` describes them. The page adds up nothing: rows by site, by type and by stack come from the model.

mod answer;
mod asset;
mod card;
mod comparison;
mod embed;
mod growth;
mod growth_chart;
mod lines;
mod report;
mod shell;
mod summary;
mod tables;
mod verdict;

pub use asset::{ASSETS, Asset, asset};
pub use card::Card;
pub use comparison::comparison;
pub use growth::growth;
pub use report::{report, series_report};
pub use shell::{App, app};
pub use summary::summary;

use crate::source::Source;

/// Where the page's excerpts come from: finds a source file as a snapshot spells it.
pub type Sources<'a> = &'a dyn Fn(&str) -> Option<Source>;

/// # Panics
/// Never: documents have string keys only and no fallible parts.
fn json(document: &impl serde::Serialize) -> String {
    serde_json::to_string(document).expect("plain data always serializes")
}
