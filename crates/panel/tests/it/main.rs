//! The panel over real HTTP: on a port of the system's choice, in this process, with a client of the tests' own; and
//! as a program.
#![cfg(target_os = "linux")]

#[path = "../../../service/tests/harness/mod.rs"]
mod harness;
#[path = "../../../service/tests/it/labs.rs"]
mod labs;
#[path = "../../../service/tests/it/server.rs"]
#[allow(dead_code, reason = "these tests use their part")]
mod server;

mod fake;
mod running;

mod capture;
mod change;
mod documents;
mod guard;
mod large;
mod list;
mod program;
mod status;
mod tab;
mod trouble;
mod upload;

/// For the servers that record their heap in this process.
#[global_allocator]
static ALLOC: heapshot::Alloc = heapshot::Alloc;
