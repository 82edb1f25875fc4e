//! A report as `heapdiff` makes it, in a browser, beside what `heapdiff` says of the same snapshots as JSON.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::browser::Page;
use crate::common::{fixture, fixtures, heapdiff, served};

/// A report in a browser.
pub(crate) struct Report {
    pub(crate) page: Page,
    pub(crate) made: Arc<Made>,
}

/// Two snapshots in a folder, and the report on them.
pub(crate) struct Made {
    pub(crate) took: Duration,
    folder: PathBuf,
    _temporary: Option<TempDir>,
}

impl Report {
    /// The ordinary pair: 1000 requests to a shop that leaks.
    pub(crate) fn orders() -> Option<Self> {
        let before = served(&fixture("orders-v0-before.json"), 100, 10);
        let after = served(&fixture("orders-v0-after.json"), 1100, 20);
        Self::of(&before, &after)
    }

    /// Opened; nothing where this machine has no browser.
    pub(crate) fn of(before: &[u8], after: &[u8]) -> Option<Self> {
        let page = Page::open()?;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let made = Made::at(folder.path(), before, after);
        let made = Made {
            _temporary: Some(folder),
            ..made
        };
        Some(Self::opened(page, Arc::new(made)))
    }

    /// One that was made, in a page that has been prepared.
    pub(crate) fn opened(page: Page, made: Arc<Made>) -> Self {
        page.goto_file(&made.file());
        Self { page, made }
    }

    /// `heapdiff compare --format json`.
    pub(crate) fn compare(&self, options: &[&str]) -> Value {
        let args = ["compare", "before.json", "after.json", "--format", "json"];
        self.json(&[&args, options].concat())
    }

    /// `heapdiff show --format json`, of `before.json` or `after.json`.
    pub(crate) fn show(&self, snapshot: &str, options: &[&str]) -> Value {
        let args = ["show", snapshot, "--format", "json"];
        self.json(&[&args, options].concat())
    }

    fn json(&self, args: &[&str]) -> Value {
        serde_json::from_slice(&heapdiff(&self.made.folder, args)).expect("JSON")
    }
}

impl Made {
    /// In a folder that stays.
    pub(crate) fn at(folder: &Path, before: &[u8], after: &[u8]) -> Self {
        fs::create_dir_all(folder).expect("a folder");
        fs::write(folder.join("before.json"), before).expect("a snapshot");
        fs::write(folder.join("after.json"), after).expect("a snapshot");
        let sources = fixtures();
        let mut html = vec!["compare", "before.json", "after.json", "--format", "html"];
        html.extend(["-o", FILE, "--source-root"]);
        html.extend(sources.to_str());
        let started = Instant::now();
        heapdiff(folder, &html);
        Self {
            took: started.elapsed(),
            folder: folder.to_owned(),
            _temporary: None,
        }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.join(FILE)
    }

    /// In bytes.
    pub(crate) fn size(&self) -> u64 {
        fs::metadata(self.file()).expect("the report").len()
    }
}

const FILE: &str = "report.html";
