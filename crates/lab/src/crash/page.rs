//! The crash as a page: one file, which needs no network and no script. Its style is that of heapdiff's pages.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use askama::Template;
use heapdiff::{files, page};

use super::Crash;
use super::charts::{Axes, Charts};
use super::text::{self, Row};

/// What the page says, ready to show. The charts are SVG, all else is text.
#[derive(Template)]
#[template(path = "crash.html")]
struct Page {
    style: String,
    lab: u32,
    title: String,
    says: String,
    both_crashed: bool,
    played: String,
    servers: Vec<Shown>,
    rows: Vec<Row>,
    cliff_heads: [&'static str; 5],
    cliffs: Vec<[String; 5]>,
    smaller: usize,
    slowest: String,
    last_words: String,
    snapshot: String,
    taken: String,
    culprit: String,
    excerpt: String,
}

struct Shown {
    program: &'static str,
    holds: String,
    charts: Charts,
}

/// Of heapdiff's style sheets those that are needed, and the page's own.
const SHEETS: [&str; 4] = ["tokens.css", "base.css", "answer.css", "chart.css"];
const OWN: &str = include_str!("../../templates/crash.css");

/// Writes it, whole or not at all.
///
/// # Errors
/// When that cannot be done.
pub(super) fn write(crash: &Crash) -> Result<()> {
    let html = html(crash);
    let path = &crash.page;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(files::write_whole(path, html)?)
}

/// # Panics
/// Never: the template is compiled in, and memory takes all writes.
fn html(crash: &Crash) -> String {
    let sheet = |name: &&str| page::asset(name).map(|asset| asset.body);
    let style: Vec<&str> = SHEETS.iter().filter_map(sheet).chain([OWN]).collect();
    let axes = Axes::of(&crash.servers);
    let servers = crash.servers.iter().map(|facts| Shown {
        program: facts.server.program(),
        holds: facts.holds.clone(),
        charts: Charts::of(facts, &axes),
    });
    let [leaky, fixed] = &crash.servers;
    let (cliffs, smaller) = text::cliffs(leaky);
    let dead = &crash.post_mortem;
    let page = Page {
        style: style.join("\n"),
        lab: crash.lab,
        title: crash.title.clone(),
        says: crash.in_words(),
        both_crashed: fixed.end.is_some(),
        played: crash.played(),
        servers: servers.collect(),
        rows: text::rows(&crash.servers),
        cliff_heads: text::CLIFF_HEADS,
        cliffs: cliffs.iter().map(text::cliff).collect(),
        smaller,
        slowest: text::slowest(leaky),
        last_words: leaky
            .end
            .as_ref()
            .map(|end| end.last_words.clone())
            .unwrap_or_default(),
        snapshot: dead.snapshot.display().to_string(),
        taken: dead.taken.clone().unwrap_or_default(),
        culprit: dead.culprit(),
        excerpt: dead.excerpt.clone().unwrap_or_default(),
    };
    page.render().expect("a template of plain texts")
}
