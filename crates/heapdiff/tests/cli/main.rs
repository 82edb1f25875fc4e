//! The program, run: its answers, its exit codes, and what it says to bad input.

#[path = "../common/mod.rs"]
mod common;
mod run;

mod bad_input;
mod compare;
mod export;
mod limits;
mod page;
mod pipes;
mod series;
mod verdict;
mod verdict_formats;
