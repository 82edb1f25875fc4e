//! The heap ceiling, with processes that leak until it ends them (`examples/ceiling.rs`): each leaves a whole snapshot that
//! names the line, says why it ended, and never took more memory than it was allowed.
#![cfg(target_os = "linux")]

#[path = "../common/mod.rs"]
mod common;
mod leaky;

mod failing;
mod holding;
mod matrix;
mod sampled;
mod shed;
mod speed;
