//! The two processes between the lab and a program that is not trusted, as the hidden command that they are.

use std::ffi::OsString;
use std::process::ExitCode;

use super::{Confinement, enter, supervise};

/// What the hidden command `cargo lab confined` is told.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[arg(value_enum)]
    role: Role,
    /// A [`Confinement`], as JSON
    pub(super) confinement: String,
    /// The program and its arguments
    #[arg(last = true, required = true)]
    pub(super) program: Vec<OsString>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Role {
    Supervise,
    Enter,
}

/// Runs one of the two roles. Must be the process's only thread.
pub(crate) fn main(options: &Options) -> ExitCode {
    let Ok(confinement) = serde_json::from_str::<Confinement>(&options.confinement) else {
        eprintln!("cargo lab confined: this is a command of the lab's own, for `cargo lab grade`");
        return ExitCode::from(2);
    };
    match options.role {
        Role::Supervise => supervise::supervise(&confinement, options),
        Role::Enter => {
            // Nobody to tell but the supervisor, who reads the note.
            let error = enter::enter(&confinement, &options.program);
            eprintln!("cargo lab confined: {error:#}");
            ExitCode::from(125)
        }
    }
}
