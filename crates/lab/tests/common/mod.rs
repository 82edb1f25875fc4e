//! What the lab's integration tests share: a scratch copy of the workspace to build and spoil.
#![allow(dead_code, unused_imports, reason = "each test uses its part of it")]

mod scratch;

pub(crate) use scratch::{Scratch, cannot_run};
