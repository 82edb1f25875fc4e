//! The driver against a real server over real HTTP: as a library and as a command.

mod command;
mod endless;
mod heap;
mod load;
mod loops;
mod memory;
mod trace;

mod harness;
mod series;
mod server;
