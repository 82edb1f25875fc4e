//! The report in a real browser: what a user sees and does, and what it must never do.

#[path = "../../../../tests/common/browser/mod.rs"]
mod browser;

mod watching;
