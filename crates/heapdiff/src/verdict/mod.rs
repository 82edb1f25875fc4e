//! The verdict on a series of snapshots: does the heap grow with the requests, where, and how fast.
//!
//! Two snapshots show growth; a *series*, taken at rest each time the requests have doubled (n, 2n, 4n, 8n), tells a
//! leak from a cache. The way of the data: [`judge`] adds up each snapshot by site (`series`), finds for each site
//! how it grew (`blocks`, `in_place`) and what that makes it ([`Class`], where the rules stand with their
//! reasons), and what that makes of the whole ([`Verdict`]). An [`AllowList`] takes out what is accepted.
//!
//! Everything here takes values; no file is read and no clock is asked.

mod allow;
mod blocks;
mod class;
mod date;
mod fit;
mod in_place;
mod judgement;
mod rate;
mod remark;
mod sampled;
mod series;
mod site;
mod trend;

pub mod json;
pub mod junit;
pub mod sarif;

pub use allow::{Allow, AllowError, AllowList};
pub use class::{Class, Doubt};
pub use date::Date;
pub use fit::Fit;
pub use judgement::{HeapPoint, Judgement, Verdict, judge, judge_as_told};
pub use rate::Rate;
pub use remark::Remark;
pub use site::{Point, SiteGrowth};
