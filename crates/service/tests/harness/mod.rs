//! What the tests of the shell and of both servers share: asking over HTTP, and heapshot's own look at
//! processes from outside.
#![allow(dead_code, unreachable_pub, unused_imports)] // each test binary uses its part

pub mod http;

#[path = "../../../heapshot/tests/common/mod.rs"]
pub mod process;

pub use http::{Answer, ask, ask_only, get};
pub use process::writer::{next_writer, stop_writer_of};
pub use process::{LONG, children_of, names_in, read_whole, wait_for};
