//! `cargo lab`: the guided exercises. This file is the table of contents; each verb has a file.
//!
//! The lab never links a server: it builds and runs the student's crate as a user would, and looks at it
//! from outside.
#![forbid(unsafe_code)]

mod cli;

mod check;
mod crash;
mod doctor;
mod exercise;
#[cfg(target_os = "linux")]
mod grade;
mod handout;
mod list;
mod quiz;
mod verify;
mod watch;

mod ask;
mod compile;
mod contract;
mod course;
mod held;
mod measure;
mod progress;
mod show;
mod unrecorded;

mod beside;

mod catalog;
mod copies;
mod handler;
mod key;
mod mutants;
mod pristine;
mod program;
mod repo;
mod workbook;

mod bounded;
mod child;
mod confine;
mod ending;
mod runner_log;
mod running;
mod saves;
mod say;
mod student;

use std::io::{self, IsTerminal};
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use crate::catalog::Lab;
use crate::cli::{Cli, Command};
use crate::repo::{Repo, Server};
use crate::student::Student;
use crate::workbook::{State, Workbook};

fn main() -> ExitCode {
    #[cfg(target_os = "linux")]
    if let Some(code) = confine::compiler_main() {
        return code; // cargo has called it instead of the compiler
    }
    let cli = Cli::parse();
    if let Some(Command::Panel(options)) = &cli.command {
        return panel::main(options); // it has its own way to end: Ctrl-C is no interruption there
    }
    #[cfg(target_os = "linux")]
    if let Some(Command::Confined(options)) = &cli.command {
        return confine::main(options); // before there is another thread
    }
    #[cfg(target_os = "linux")]
    if let Some(Command::Grade(options)) = &cli.command {
        options.prepare(); // likewise
    }
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.into()),
    };
    let told = ending::told();
    let code = runtime.block_on(async {
        tokio::select! {
            // Dropping the work kills what it has started.
            result = run(cli) => result.unwrap_or_else(|error| fail(&error)),
            () = told => ExitCode::from(ending::INTERRUPTED),
        }
    });
    ending::finish();
    runtime.shutdown_background();
    code
}

async fn run(cli: Cli) -> Result<ExitCode> {
    let repo = Repo::find()?;
    let load = |number| Lab::load(&repo, number);
    match (cli.command, cli.lab) {
        (None, None) => list::list(&repo).map(|()| ExitCode::SUCCESS),
        (None, Some(number)) => {
            let lab = load(number)?;
            if cli.yes || !at_terminal() {
                exercise::tour(&repo, &lab).await.map(code)
            } else {
                exercise::guided(&repo, &lab, cli.open).await.map(code)
            }
        }
        (Some(Command::Start { lab }), _) => {
            handout::start(&repo, &load(lab)?)?;
            say::note(&format!(
                "Fix it there, then: {}",
                say::code(format!("cargo lab check {lab}"))
            ));
            Ok(ExitCode::SUCCESS)
        }

        (
            Some(Command::Check {
                lab,
                server,
                json,
                if_changed,
            }),
            _,
        ) => check(&repo, &load(lab)?, server, json, if_changed).await,
        (Some(Command::Crash(options)), _) => {
            crash::crash(&repo, &load(options.lab)?, &options).await
        }
        (Some(Command::Doctor(options)), _) => doctor::doctor(&repo, &options).await,
        (Some(Command::Watch { lab }), _) => watch::watch(&repo, &load(lab)?).await.map(code),
        (Some(Command::Hint { lab, number }), _) => {
            handout::hint(&repo, &load(lab)?, number.map(usize::from)).map(|()| ExitCode::SUCCESS)
        }
        (Some(Command::Quiz { lab, answers }), _) => quiz(&repo, &load(lab)?, answers)
            .await
            .map(|()| ExitCode::SUCCESS),
        (Some(Command::Solution { lab, apply }), _) => {
            handout::solution(&repo, &load(lab)?, apply).map(|()| ExitCode::SUCCESS)
        }
        (Some(Command::Reset { lab }), _) => {
            handout::reset(&repo, &load(lab)?).map(|()| ExitCode::SUCCESS)
        }
        #[cfg(target_os = "linux")]
        (Some(Command::Grade(options)), _) => grade::grade(&repo, &options).await,
        (Some(Command::Panel(_)), _) => unreachable!("main has run it"),
        #[cfg(target_os = "linux")]
        (Some(Command::Confined(_)), _) => unreachable!("main has run it"),
        (Some(Command::Verify { labs, bless }), _) => {
            verify::verify(&repo, &labs, bless).await.map(code)
        }
    }
}

async fn check(
    repo: &Repo,
    lab: &Lab,
    server: Server,
    json: bool,
    if_changed: bool,
) -> Result<ExitCode> {
    let unchanged = if_changed
        && server == Server::Fixed
        && Workbook::new(repo, lab).state()? == State::Starter;
    let report = if unchanged {
        let report = check::not_started(lab);
        if !json {
            show::finding(lab, &report);
        }
        report
    } else {
        let checked = check::check(repo, lab, server).await?;
        if !json {
            show::checked(repo, lab, &checked)?;
        }
        checked.report
    };
    if json {
        println!("{}", serde_json::to_string(&report)?);
    }
    Ok(ExitCode::from(report.status.exit_code()))
}

async fn quiz(repo: &Repo, lab: &Lab, answers: bool) -> Result<()> {
    if answers || !at_terminal() {
        return quiz::print(lab, answers);
    }
    quiz::ask(repo, lab, &mut Student::listen()).await.map(drop)
}

/// Whether somebody is there to be asked.
fn at_terminal() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

fn code(passed: bool) -> ExitCode {
    if passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn fail(error: &anyhow::Error) -> ExitCode {
    let error = format!("{error:#}");
    anstream::eprintln!("cargo lab: {}", say::harmless(&error));
    ExitCode::from(2)
}
