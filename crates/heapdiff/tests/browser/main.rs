//! The report in a real browser: what a user sees and does, and what it must never do.

#[path = "../../../../tests/common/browser/mod.rs"]
mod browser;
#[path = "../common/mod.rs"]
mod common;

mod report;
mod table;

mod comparison;
mod controls;
mod flame;
mod keyboard;
mod look;
mod rows;
mod summary;

mod harmless;
mod hostile;
mod large;
mod many;

mod watching;
