//! What the lab's integration tests share: a scratch copy of the workspace to build and spoil.

mod scratch;

pub(crate) use scratch::{Scratch, cannot_run};
