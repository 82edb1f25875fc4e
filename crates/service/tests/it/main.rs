//! The shell over real HTTP, in this process: [`service::run`] on a port of the system's choice, with
//! a few routes of the tests' own. Its life as a program is tested where there is one, in `leaky-server`.
#![cfg(target_os = "linux")]

#[path = "../harness/mod.rs"]
mod harness;
mod labs;
mod server;

mod access;
mod ceiling;
mod counting;
mod frozen;
mod health;
mod heapdump;
mod metrics;
mod names;
mod refusals;
mod shutdown;

#[global_allocator]
static ALLOC: heapshot::Alloc = heapshot::Alloc;
