//! The report in a real browser: what a user sees and does, and what it must never do.

#[path = "../../../../tests/common/browser/mod.rs"]
mod browser;
#[path = "../common/mod.rs"]
mod common;

mod report;
#[path = "../cli/run.rs"]
#[allow(dead_code, reason = "these tests use their part")]
mod run;
#[path = "../cli/series.rs"]
#[allow(dead_code, reason = "these tests use their part")]
mod series;
mod table;
mod verdict_page;

mod comparison;
mod controls;
mod flame;
mod growth;
mod growth_look;
mod keyboard;
mod look;
mod rows;
mod summary;

mod harmless;
mod hostile;
mod large;
mod many;

mod watching;
