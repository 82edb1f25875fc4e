//! The leaky server as a program, over real HTTP: that it leaks as each lab has it, and, for both servers,
//! how the shell starts, refuses to start, and ends.
#![cfg(target_os = "linux")]

#[path = "../../../service/tests/harness/mod.rs"]
mod harness;
#[path = "../program/mod.rs"]
mod program;

mod ceiling;
mod end;
mod help;
mod lab1;
mod lab2;
mod lab3;
mod lab4;
mod lab5;
mod lab6;
mod lab7;
mod lab8;
mod start;

use program::{Launch, Program};

const LEAKY_SERVER: &str = env!("CARGO_BIN_EXE_leaky-server");

/// A launch with these arguments and no other.
fn launch(arguments: &str) -> Launch {
    Launch::new(LEAKY_SERVER, arguments)
}

/// A server on a port of the system's choice, with these arguments besides.
fn start(arguments: &str) -> Program {
    launch(&format!("--listen 127.0.0.1:0 {arguments}")).start()
}
