//! Measurements that anyone can repeat: the instructor's comparison of leaky and fixed, and what the tools cost.
//!
//! Each is a subcommand of the program `bench`, and all are made alike. Sides take turns in [`rounds`], so that a machine
//! that drifts favours none; what is told is a [`Ratio`] of one run, with its spread. A measurement leaves a [`Record`]
//! in `target/bench`: tables, the machine, the command to repeat it. [`publish`] puts the tables into the documentation.
#![forbid(unsafe_code)]

pub mod cold;
pub mod compare;
pub mod drive;
pub mod labs;
pub mod recording;
pub mod snapshot;

pub mod publish;
pub mod ratio;
pub mod record;
pub mod rounds;

mod child;
mod hammer;
mod machine;
mod program;
mod table;
mod workspace;

pub use child::Child;
pub use machine::Machine;
pub use program::{Server, build};
pub use ratio::Ratio;
pub use record::Record;
pub use table::Table;
pub use workspace::Workspace;
