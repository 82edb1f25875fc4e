//! `cargo lab verify`: the maintainers' proof that every lab is what it says. The leaky server keeps its
//! contract and leaks at the key's line, the fixed one keeps it and does not leak, the starting point
//! leaks, the solution passes, and leaky and fixed differ by the fix alone.
//!
//! It works on a copy of the workspace in `.lab/verify`, so that nobody's work is in its way.

use std::env;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::catalog::Lab;
use crate::check::{self, Report, Status};
use crate::handout::HINTS;
use crate::repo::{Repo, Server};
use crate::say;
use crate::workbook::Workbook;

/// Lines that a fix may change: added and removed ones together.
const MOST_CHANGED: usize = 20;

/// What of the workspace is copied: what a build and the labs need. Not `.cargo`: cargo finds the one in
/// the workspace around the copy, and would add up the flags of both.
const PARTS: [&str; 4] = ["Cargo.toml", "Cargo.lock", "crates", "labs"];

/// Proves every lab; whether all is as it should be. Writes the solutions' patches afresh first if `bless`.
pub(crate) async fn verify(repo: &Repo, bless: bool) -> Result<bool> {
    if bless {
        for lab in Lab::all(repo)? {
            write_patch(repo, &lab)?;
        }
    }
    let copy = copy_of(repo)?;
    let mut good = true;
    for lab in Lab::all(&copy)? {
        say::heading(&format!("lab {}: {}", lab.number, lab.title));
        for step in [
            Step::Parts,
            Step::Leaky,
            Step::Fixed,
            Step::Start,
            Step::Solution,
        ] {
            match step.prove(&copy, &lab).await {
                Ok(proved) => say::good(&format!("  ok      {proved}")),
                Err(error) => {
                    good = false;
                    say::bad(&format!("  FAILED  {error:#}"));
                }
            }
        }
    }
    Ok(good)
}

#[derive(Clone, Copy)]
enum Step {
    Parts,
    Leaky,
    Fixed,
    Start,
    Solution,
}

impl Step {
    async fn prove(self, repo: &Repo, lab: &Lab) -> Result<String> {
        let book = Workbook::new(repo, lab);
        match self {
            Self::Parts => parts(repo, lab),
            Self::Leaky => {
                let report = check::check(repo, lab, Server::Leaky).await?.report;
                expect(&report, Status::Leaking)?;
                leaks_at_the_key(&report, lab, &book.starter()?)?;
                Ok(format!(
                    "leaky-server keeps its contract and leaks {} ({:.1} s)",
                    per_request(&report),
                    report.elapsed_s
                ))
            }
            Self::Fixed => {
                let report = check::check(repo, lab, Server::Fixed).await?.report;
                expect(&report, Status::Reference)?;
                Ok(format!(
                    "fixed-server keeps its contract and does not leak ({:.1} s)",
                    report.elapsed_s
                ))
            }
            Self::Start => {
                book.replace(&book.starter()?)?;
                let report = check::check(repo, lab, Server::Fixed).await?.report;
                expect(&report, Status::Leaking)?;
                Ok(format!(
                    "the starting point leaks {} ({:.1} s)",
                    per_request(&report),
                    report.elapsed_s
                ))
            }
            Self::Solution => {
                book.replace(&book.reference()?)?;
                let report = check::check(repo, lab, Server::Fixed).await?.report;
                expect(&report, Status::Reference)?;
                Ok(format!("the solution passes ({:.1} s)", report.elapsed_s))
            }
        }
    }
}

/// The lab's files, its key, and the size of its fix.
fn parts(repo: &Repo, lab: &Lab) -> Result<String> {
    let folder = repo.lab(lab.number);
    let hints = (1..=HINTS).map(|k| folder.join(format!("hints/{k}.md")));
    for path in hints.chain([folder.join("README.md")]) {
        ensure!(path.is_file(), "{} is missing", path.display());
    }
    let book = Workbook::new(repo, lab);
    let leaky = book.starter()?;
    for key in &lab.key {
        let found = leaky.lines().filter(|line| line.trim() == key.line).count();
        ensure!(
            found == 1,
            "the key's line {:?} stands {found} times in the leaky file",
            key.line
        );
    }
    ensure!(lab.key.iter().any(|key| key.right), "no key is right");
    ensure!(
        book.reference()? == book.content()?,
        "{} does not lead from leaky to fixed: `cargo lab verify --bless` writes it afresh",
        book.patch_path().display()
    );
    let patch = book.patch()?;
    let changed = patch
        .lines()
        .filter(|line| {
            line.starts_with(['+', '-']) && !line.starts_with("+++") && !line.starts_with("---")
        })
        .count();
    ensure!(
        changed <= MOST_CHANGED,
        "leaky and fixed differ in {changed} lines, {MOST_CHANGED} at the most"
    );
    Ok(format!(
        "README, {HINTS} hints, {} keys; the fix changes {changed} lines",
        lab.key.len()
    ))
}

fn expect(report: &Report, status: Status) -> Result<()> {
    ensure!(
        report.status == status,
        "{} is {:?} and should be {status:?}: {}",
        report.server.program(),
        report.status,
        report.reason.as_deref().unwrap_or("see above")
    );
    Ok(())
}

fn leaks_at_the_key(report: &Report, lab: &Lab, leaky: &str) -> Result<()> {
    let site = report.top_site.as_ref().context("a leak has a site")?;
    let line = site
        .line
        .context("the site has no line: is debug = 1 in the release profile?")?;
    let text = leaky
        .lines()
        .nth(line as usize - 1)
        .unwrap_or_default()
        .trim();
    ensure!(
        lab.key.iter().any(|key| key.right && key.line == text),
        "the largest leak is at line {line}, {text:?}, which is no right answer in the key"
    );
    Ok(())
}

fn per_request(report: &Report) -> String {
    let bytes = heapdiff::terminal::rate(report.bytes_per_request.unwrap_or_default());
    format!("{} bytes per request", bytes.trim_start_matches('+'))
}

fn write_patch(repo: &Repo, lab: &Lab) -> Result<()> {
    let book = Workbook::new(repo, lab);
    let (leaky, fixed) = (book.starter()?, book.content()?);
    let solution = diffy::DiffOptions::new()
        .set_original_filename(format!("leaky-server/src/{}", lab.file))
        .set_modified_filename(format!("fixed-server/src/{}", lab.file))
        .create_patch(&leaky, &fixed)
        .to_string();
    let path = book.patch_path();
    fs::write(&path, solution).with_context(|| format!("cannot write {}", path.display()))
}

/// A copy of the workspace, built into the same target folder, so that dependencies are not built again.
fn copy_of(repo: &Repo) -> Result<Repo> {
    let to = repo.root().join(".lab/verify");
    // Absolute, for cargo will run in the copy.
    let target = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let target = repo.root().join(target);
    if to.exists() {
        fs::remove_dir_all(&to).with_context(|| format!("cannot remove {}", to.display()))?;
    }
    for part in PARTS {
        copy(&repo.root().join(part), &to.join(part))
            .with_context(|| format!("cannot copy {part} to {}", to.display()))?;
    }
    rename_version(&to.join("Cargo.toml"))?;
    Ok(Repo::at(&to).with_target(target))
}

/// Gives the copy's packages a version of their own. To cargo a package of a workspace is its name, its version
/// and its place in the workspace: in one target folder the copy's would pass for the workspace's own.
fn rename_version(manifest: &Path) -> Result<()> {
    let text = fs::read_to_string(manifest)?;
    let (head, tail) = text
        .split_once("[workspace.package]\nversion = \"")
        .context("Cargo.toml: [workspace.package] begins with the version")?;
    let (version, tail) = tail.split_once('"').context("the version ends")?;
    let renamed = format!("{head}[workspace.package]\nversion = \"{version}-verify\"{tail}");
    fs::write(manifest, renamed).with_context(|| format!("cannot write {}", manifest.display()))
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    if !from.is_dir() {
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::copy(from, to)?;
        return Ok(());
    }
    for entry in fs::read_dir(from)? {
        let name = entry?.file_name();
        if name != "target" {
            copy(&from.join(&name), &to.join(&name))?;
        }
    }
    Ok(())
}
