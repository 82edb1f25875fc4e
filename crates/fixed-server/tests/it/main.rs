//! The fixed server as a program, over real HTTP: that it does what the leaky one does, and does not
//! leak. How the shell starts and ends is tested in `leaky-server`.
#![cfg(target_os = "linux")]

#[path = "../../../service/tests/harness/mod.rs"]
mod harness;
#[path = "../../../leaky-server/tests/program/mod.rs"]
mod program;

mod lab1;
mod lab2;
mod lab3;
mod lab4;
mod lab5;
mod lab6;
mod lab7;
mod lab8;

use program::{Launch, Program};

/// A server on a port of the system's choice.
fn start() -> Program {
    let program = env!("CARGO_BIN_EXE_fixed-server");
    Launch::new(program, "--listen 127.0.0.1:0").start()
}

#[test]
fn it_says_who_it_is() {
    assert_eq!(
        start().get("/healthz").is(200).json()["server"],
        "fixed-server"
    );
}

#[test]
fn unless_told_it_listens_beside_the_leaky_one() {
    let program = env!("CARGO_BIN_EXE_fixed-server");
    let help = Launch::new(program, "--help").run().stdout;
    let help = String::from_utf8(help).unwrap();
    assert!(help.contains("[default: 127.0.0.1:3001]"), "{help}");
}
