//! The program, run: its answers, its exit codes, and what it says to bad input.

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/outputs.rs"]
mod outputs;
mod run;

mod bad_input;
mod compare;
mod export;
mod limits;
mod page;
mod pipes;
mod secrets;
mod series;
mod verdict;
mod verdict_formats;
