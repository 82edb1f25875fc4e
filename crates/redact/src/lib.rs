//! Keeps secrets out of what people read: one rule for command lines, and a value that does not print itself.
//!
//! `README.md` beside this crate states the rule. [`arguments`] applies it to the arguments of a process, and [`command_line`] to
//! text in which they are joined by spaces. Masking is idempotent: what was masked once stays as it is.
//!
//! The rule masks too much rather than too little. It is linear in the length of its input, which may be hostile.
#![forbid(unsafe_code)]

mod arguments;
mod name;
mod scan;
mod secret;

pub use arguments::arguments;
pub use scan::command_line;
pub use secret::Secret;

/// What a masked value is shown as, whatever its length.
pub const MASK: &str = "***";

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
