//! `cargo lab crash`: how a leak ends when nobody looks. The leaky server under a load until it comes to its heap ceiling,
//! then the fixed one under the same; the facts side by side, and what the last snapshot says of the culprit.
//!
//! ```text
//! build both ─▶ leaky, to its end ─▶ fixed, as many requests ─▶ facts ─▶ table, JSON, page
//!                     └─ near-limit.json ─▶ post-mortem ──────────┘
//! ```

mod charts;
mod facts;
mod page;
mod play;
mod post_mortem;
mod text;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail, ensure};
use bytesize::ByteSize;
use serde::Serialize;

use self::facts::Facts;
use self::play::{Played, Stage};
use self::post_mortem::PostMortem;
use crate::catalog::Lab;
use crate::check;
use crate::cli::Format;
use crate::compile::{Build, Output};
use crate::repo::{Repo, Server};
use crate::say::{self, code};
use crate::workbook::{State, Workbook};

pub(crate) use self::text::time;

/// What the command can be told.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The lab
    #[arg(default_value_t = 1)]
    pub(crate) lab: u32,

    /// Memory that each server's heap may take, 8MiB to 4GiB [default: what the lab's description says]
    #[arg(long, value_name = "SIZE", value_parser = ceiling)]
    max_heap: Option<ByteSize>,

    /// How often each server gets the load, up to 20 times; of each request the fastest counts [default: 3, or 1 where it
    /// takes long]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=20))]
    rounds: Option<u8>,

    /// Where the page with the charts goes [default: .lab/labN/crash.html]
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,

    /// Show the page in the browser
    #[arg(long)]
    open: bool,

    /// What to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A crash, and the same load where it does not come to one. `--format json` prints this; `docs/formats.md` tells its keys.
#[derive(Serialize)]
struct Crash {
    lab: u32,
    #[serde(skip)]
    title: String,
    routes: Vec<String>,
    max_heap_bytes: u64,
    rounds: usize,
    /// Leaky, then fixed.
    servers: [Facts; 2],
    post_mortem: PostMortem,
    /// The page.
    page: PathBuf,
}

/// Enough that hardly any request meets something else in each of them.
const ROUNDS: u8 = 3;

/// Smallest and largest ceiling: a server needs some megabytes to start, and a machine some for others.
const LEAST: ByteSize = ByteSize::mib(8);
const MOST: ByteSize = ByteSize::gib(4);

fn ceiling(text: &str) -> Result<ByteSize, String> {
    let size: ByteSize = text.parse()?;
    if (LEAST..=MOST).contains(&size) {
        Ok(size)
    } else {
        Err("from 8MiB to 4GiB: a crash needs a ceiling, and your machine some room".to_owned())
    }
}

/// Plays it, prints what was seen and writes the page. Success if the leaky server came to its end and the fixed one did
/// not.
///
/// # Errors
/// When the lab has no crash to show, or something is in the way.
pub(crate) async fn crash(repo: &Repo, lab: &Lab, options: &Options) -> Result<ExitCode> {
    let Some(of_lab) = lab.crash else {
        bail!(
            "lab {n} has no crash to show: nothing in it grows until the server ends. Its story is in labs/lab{n}/README.md; \
             `cargo lab crash 1` shows how a leak ends",
            n = lab.number
        );
    };
    let ceiling = options
        .max_heap
        .map_or(of_lab.max_heap_bytes, |size| size.as_u64());
    let folder = repo.state(lab.number).join("crash");
    let page = options
        .to
        .clone()
        .unwrap_or_else(|| repo.state(lab.number).join("crash.html"));
    ensure!(
        !page.is_dir(),
        "--to {} is a folder: name a file in one",
        page.display()
    );
    let book = Workbook::new(repo, lab);
    let _alone = book.lock()?;
    let rounds = usize::from(options.rounds.or(of_lab.rounds).unwrap_or(ROUNDS));
    let leaky_folder = folder.join(Server::Leaky.program());
    let leaky = play(
        repo,
        &book,
        lab,
        Server::Leaky,
        &leaky_folder,
        ceiling,
        rounds,
        None,
    )
    .await?;
    ensure!(
        leaky.end.as_ref().is_some_and(play::End::is_at_ceiling),
        "leaky-server came to another end than that at its ceiling:\n{}",
        leaky.end.map(|end| end.last_words).unwrap_or_default()
    );
    // Its snapshot is read now: the next crash of this lab overwrites it.
    let post_mortem = PostMortem::of(repo, &leaky_folder.join("near-limit.json"))?;
    let most = leaky.rounds.iter().map(Vec::len).max().unwrap_or(0);
    ensure!(
        most > 1,
        "leaky-server ended in its first request: give it a higher ceiling with --max-heap"
    );
    let fixed_folder = folder.join(Server::Fixed.program());
    let fixed = play(
        repo,
        &book,
        lab,
        Server::Fixed,
        &fixed_folder,
        ceiling,
        rounds,
        Some(most as u64 + 1), // with the one that was too much
    )
    .await?;
    let crash = Crash {
        lab: lab.number,
        title: lab.title.clone(),
        routes: lab.routes.clone(),
        max_heap_bytes: ceiling,
        rounds,
        servers: [Facts::of(&leaky), Facts::of(&fixed)],
        post_mortem,
        page,
    };
    page::write(&crash)?;
    match options.format {
        Format::Json => println!("{}", serde_json::to_string(&crash)?),
        Format::Text => crash.say(repo),
    }
    if options.open {
        show(&crash.page);
    }
    Ok(ExitCode::from(u8::from(crash.servers[1].end.is_some())))
}

/// Builds `server` and plays the load to it.
#[expect(
    clippy::too_many_arguments,
    reason = "two calls, each a line of the story"
)]
async fn play(
    repo: &Repo,
    book: &Workbook<'_>,
    lab: &Lab,
    server: Server,
    folder: &Path,
    ceiling: u64,
    rounds: usize,
    most: Option<u64>,
) -> Result<Played> {
    let built = check::build(repo, book, server, folder, Output::Terminal).await?;
    let Build::Ready { program, .. } = built.build else {
        let why = book.why_not_built(server, &built.content)?;
        bail!(
            "{} does not compile; the compiler says why above\n{}",
            server.program(),
            why.unwrap_or_default()
        );
    };
    let holds = match (server, book.state_of(&built.content)?) {
        (Server::Leaky, _) => "the leak",
        (Server::Fixed, State::Reference) => "the shipped solution",
        (Server::Fixed, State::Starter) => "the starter, unchanged",
        (Server::Fixed, State::Own) => "your own version",
    };
    let stage = Stage {
        lab,
        folder,
        ceiling,
        rounds,
    };
    // Not where the answer goes, which may be JSON.
    let said = |text: &str| anstream::eprintln!("{text}");
    stage
        .play(&program, server, holds.to_owned(), most, &said)
        .await
}

impl Crash {
    /// Whether the fixed server held, in words.
    fn in_words(&self) -> String {
        let [leaky, fixed] = &self.servers;
        let requests = heapdiff::terminal::thousands(leaky.requests as u64);
        match &fixed.end {
            None => format!(
                "CRASHED: lab {}, leaky-server answered {requests} requests and ended in the next. fixed-server ({}) answered that one, \
                 too, and holds {}.",
                self.lab,
                fixed.holds,
                text::size(fixed.live_bytes.last)
            ),
            Some(_) => format!(
                "BOTH CRASHED: lab {}, leaky-server ended after {requests} requests, fixed-server ({}) after {}.",
                self.lab,
                fixed.holds,
                heapdiff::terminal::thousands(fixed.requests as u64)
            ),
        }
    }

    /// What was played, in words.
    fn played(&self) -> String {
        format!(
            "Load: {}, one request after the other, until the server ends. Heap ceiling {}.\n{}",
            self.routes.join(", "),
            ByteSize::b(self.max_heap_bytes),
            match self.rounds {
                1 => "Played once: what else this machine did is in the latencies.".to_owned(),
                rounds => format!(
                    "Played {rounds} times; of each request the fastest counts, so that what else this machine does does not."
                ),
            }
        )
    }

    /// Prints it.
    fn say(&self, repo: &Repo) {
        let [leaky, fixed] = &self.servers;
        say::heading(&format!("lab {}: {}: the crash", self.lab, self.title));
        say::note(&self.played());
        say::note(&format!("\n{}", text::table(&self.servers)));
        if leaky.jumps.is_empty() {
            say::note("Nowhere did the heap of leaky-server grow at once.");
        } else {
            say::note("Where the heap of leaky-server grew at once:");
            say::note(&text::cliff_table(leaky));
        }
        say::note(&text::slowest(leaky));
        say::heading("its last words");
        say::note(
            &leaky
                .end
                .as_ref()
                .map(|end| end.last_words.clone())
                .unwrap_or_default(),
        );
        say::heading("post-mortem");
        self.post_mortem.say(repo);
        if let Some(end) = &fixed.end {
            say::heading("fixed-server's last words");
            say::note(&end.last_words);
        }
        say::note("");
        match fixed.end {
            None => say::good(&self.in_words()),
            Some(_) => say::bad(&self.in_words()),
        }
        say::note(&format!(
            "The charts: {}",
            code(repo.short(&self.page).display())
        ));
    }
}

/// Opens the page; should that fail, its name is above.
fn show(page: &Path) {
    let page = std::path::absolute(page).unwrap_or_else(|_| page.to_owned());
    let shown = page.display().to_string();
    let failed = {
        let shown = shown.clone();
        move || {
            say::note(&format!(
                "(The browser could not be opened; open {shown} yourself.)"
            ));
        }
    };
    if let Err(error) = panel::open_browser_or(&shown, failed) {
        anstream::eprintln!("(The page cannot be opened from here: {error})");
    }
}
