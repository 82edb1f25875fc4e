//! `heapdiff verdict`: whether a program leaks, from a series of snapshots.

use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;
use std::time::SystemTime;

use clap::{Args, ValueEnum};

use super::destination::Destination;
use super::{Exit, Output, in_app, sources};
use crate::error::Error;
use crate::limits::Limits;
use crate::profile::Profile;
use crate::verdict::{self, Date, Judgement, json, junit, sarif};
use crate::{excerpt, files, page};

#[derive(Debug, Args)]
pub(super) struct Verdict {
    /// The snapshots, in the order they were taken; at least three, better four or five
    #[arg(required = true, value_name = "SNAP")]
    snapshots: Vec<PathBuf>,
    /// Requests served at each snapshot [default: as the snapshots say]
    #[arg(long, value_name = "N,…", value_delimiter = ',')]
    requests: Vec<u64>,
    /// Growth to accept: a TOML file with [[allow]] entries of type, function, file, reason, expires
    #[arg(long, value_name = "FILE")]
    allow: Option<PathBuf>,
    /// Text for a terminal, a page for a browser, JSON, JUnit's XML or SARIF
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    #[command(flatten)]
    destination: Destination,
    /// Look for source files in this folder; may be given more than once [default: the current folder]
    #[arg(long, value_name = "DIR")]
    source_root: Vec<PathBuf>,
    /// Exactly these crates are your code, separated by commas [default: as for compare]
    #[arg(long, value_name = "CRATE,…", value_delimiter = ',')]
    in_app: Vec<String>,
    /// How many columns the text may take [default: the terminal's, or 120]
    #[arg(long, value_name = "COLUMNS")]
    width: Option<usize>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Text,
    /// One object, with all sites that are not steady
    Json,
    /// One file for a browser: a chart for each site, the comparison, flame graphs; needs no network
    Html,
    /// XML, for GitLab, Jenkins and the like
    Junit,
    /// For GitHub's code scanning
    Sarif,
}

impl Verdict {
    /// The verdict; if it goes to a file, in a line, with what the reader should know.
    pub(super) fn answer(
        self,
        limits: &Limits,
        output: Output,
        out: &mut dyn Write,
    ) -> Result<(String, Exit), Error> {
        self.destination.check(self.format == Format::Html)?;
        let given = self.requests.len();
        if given > 0 && given != self.snapshots.len() {
            return Err(Error::RequestsDoNotMatch {
                requests: given,
                snapshots: self.snapshots.len(),
            });
        }
        if self.snapshots.len() < 3 {
            return Err(Error::TooFewSnapshots(self.snapshots.len()));
        }
        let allowed = self
            .allow
            .as_ref()
            .map(files::read_allow_list)
            .transpose()?;
        let mut profiles: Vec<Profile> = self
            .snapshots
            .iter()
            .map(|path| files::read_within(path, limits))
            .collect::<Result<_, _>>()?;
        for (profile, requests) in profiles.iter_mut().zip(&self.requests) {
            profile.metadata.requests = Some(*requests);
        }
        let profiles: Vec<&Profile> = profiles.iter().collect();
        let mut judgement = verdict::judge_as_told(&profiles, &in_app(&self.in_app))?;
        if let Some(list) = &allowed {
            judgement = judgement.allowing(list, Date::of(SystemTime::now()));
        }
        let exit = match judgement.verdict {
            verdict::Verdict::Leak => Exit::Leak,
            verdict::Verdict::NoLeak => Exit::Answered,
            verdict::Verdict::Inconclusive => Exit::Inconclusive,
        };
        let text = self.render(&judgement, &profiles, output)?;
        let write = |out: &mut dyn Write| out.write_all(text.as_bytes());
        let said = self.destination.deliver(out, write, &self.snapshots, || {
            let mut said = format!("verdict: {}\n", judgement.verdict.name());
            for remark in &judgement.remarks {
                let _ = writeln!(said, "note: {remark}");
            }
            said
        })?;
        Ok((said, exit))
    }

    fn render(
        &self,
        judgement: &Judgement,
        profiles: &[&Profile],
        output: Output,
    ) -> Result<String, Error> {
        let sources = sources(&self.source_root);
        let find = |file: &str| sources.find(file).map(|source| source.shown);
        Ok(match self.format {
            Format::Text => excerpt::below_verdict(judgement, &sources, &output.screen(self.width)),
            Format::Json => json::render(judgement),
            Format::Html => {
                let find = |file: &str| sources.find(file);
                page::series_report(profiles, judgement, &in_app(&self.in_app), &find)?
            }
            Format::Junit => junit::render(judgement),
            Format::Sarif => sarif::render(judgement, &find),
        })
    }
}
