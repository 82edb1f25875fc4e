//! The post-mortem: who held the memory, from the snapshot that the server left at its end, and from nothing else.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use heapdiff::cli::Output;
use heapdiff::source::Finder;
use heapdiff::terminal::{Screen, thousands};
use heapdiff::{Options, excerpt, inventory};
use serde::Serialize;

use crate::check::TopSite;
use crate::repo::Repo;
use crate::say::{self, code};

/// What the last snapshot says.
#[derive(Serialize)]
pub(super) struct PostMortem {
    pub(super) snapshot: PathBuf,
    /// Why it was taken, in words.
    pub(super) taken: Option<String>,
    pub(super) requests: Option<u64>,
    pub(super) live_bytes: u64,
    /// The site that holds most.
    pub(super) top_site: TopSite,
    pub(super) top_bytes: u64,
    pub(super) top_blocks: u64,
    /// Its part of the live heap, from 0 to 1.
    pub(super) share: f64,
    /// Its line as rustc would show it, without colours and with those of the terminal.
    pub(super) excerpt: Option<String>,
    #[serde(skip)]
    painted: Option<String>,
}

/// Columns of the excerpt in the page.
const WIDTH: usize = 100;

impl PostMortem {
    /// Reads the snapshot at `path`.
    ///
    /// # Errors
    /// When it is none, or holds nothing.
    pub(super) fn of(repo: &Repo, path: &Path) -> Result<Self> {
        let profile = heapdiff::files::read(path)?;
        let held = inventory(&profile, &Options::default());
        let top = held
            .rows
            .first()
            .with_context(|| format!("{} holds nothing", path.display()))?;
        let sources = Finder::new([repo.root().to_path_buf()]);
        let excerpt = |screen: &Screen| excerpt::of_holding(&held, top, &sources, screen);
        let plain = Screen {
            width: WIDTH,
            color: false,
        };
        Ok(Self {
            snapshot: repo.short(path).to_owned(),
            taken: profile
                .metadata
                .near_limit
                .as_ref()
                .map(ToString::to_string),
            requests: profile.metadata.requests,
            live_bytes: profile.totals.live_bytes,
            top_site: TopSite {
                type_name: top.site.constructor(),
                file: top.site.frame.file().map(str::to_owned),
                line: top.site.frame.line(),
            },
            top_bytes: top.held.counters.live_bytes,
            top_blocks: top.held.counters.live_blocks,
            share: top.held.share(&held.snapshot),
            excerpt: excerpt(&plain),
            painted: excerpt(&Output::of_stdout().screen(None)),
        })
    }

    /// Who held most, in a sentence.
    pub(super) fn culprit(&self) -> String {
        let place = match (&self.top_site.file, self.top_site.line) {
            (Some(file), Some(line)) => format!("{file}:{line}"),
            _ => "an unknown place".to_owned(),
        };
        format!(
            "{} holds {} of {} live bytes ({:.1} %), allocated at {place}.",
            self.top_site.type_name,
            thousands(self.top_bytes),
            thousands(self.live_bytes),
            100.0 * self.share
        )
    }

    pub(super) fn say(&self, repo: &Repo) {
        say::note(&format!(
            "All that is left of it: {}",
            code(repo.short(&self.snapshot).display())
        ));
        if let Some(taken) = &self.taken {
            say::note(&format!("It was {taken}."));
        }
        say::note(&self.culprit());
        if let Some(painted) = &self.painted {
            say::note(&format!("\n{painted}"));
        }
        say::note(&format!(
            "See all of it: {}",
            code(format!(
                "cargo heapdiff show {}",
                repo.short(&self.snapshot).display()
            ))
        ));
    }
}
