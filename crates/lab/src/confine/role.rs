//! The processes between the lab and a program that is not trusted, as the hidden command that they are.

use std::ffi::OsString;
use std::process::ExitCode;

use super::{Confinement, enter, namespaces, reaper, supervise};

/// What the hidden command `cargo lab confined` is told.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[arg(value_enum)]
    role: Role,
    /// A [`Confinement`], as JSON; of supervise and enter
    #[arg(default_value = "")]
    pub(super) confinement: String,
    /// The program and its arguments; without one it is only tried whether it could be run
    #[arg(last = true)]
    pub(super) program: Vec<OsString>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Role {
    Supervise,
    Enter,
    Reap,
    TryMounts,
}

/// Runs one of the roles. Must be the process's only thread.
pub(crate) fn main(options: &Options) -> ExitCode {
    let role = match options.role {
        Role::Reap => return reaper::reap(),
        Role::TryMounts => {
            return match namespaces::try_mounts() {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => {
                    eprintln!("{error:#}");
                    ExitCode::from(125)
                }
            };
        }
        role => role,
    };
    let Ok(confinement) = serde_json::from_str::<Confinement>(&options.confinement) else {
        eprintln!("cargo lab confined: this is a command of the lab's own, for `cargo lab grade`");
        return ExitCode::from(2);
    };
    if let Role::Supervise = role {
        return supervise::supervise(&confinement, options);
    }
    match enter::enter(&confinement, &options.program) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The supervisor reads the note. A person who tries the command reads this.
            eprintln!("cargo lab confined: {error:#}");
            ExitCode::from(125)
        }
    }
}
