//! The verdict on a series as `heapdiff` makes it, in a browser, beside what `heapdiff` says of the same series as JSON.

use serde_json::Value;

use crate::browser::{Page, wait_for};
use crate::common::fixtures;
use crate::run::Run;
use crate::series::{FILLING_CACHE, FULL_CACHE, LABELS, LIST, Site, TABLE, verdict};

/// One of each: two leaks, a cache that fills and one that is full, a table made once.
pub(crate) const ALL: [Site; 5] = [
    FULL_CACHE,
    LIST,
    Site {
        frames: [
            FILLING_CACHE.frames[0],
            "0x9: <orders::cache::Prices>::put (orders/src/prices.rs:9:9)",
        ],
        ..FILLING_CACHE
    },
    LABELS,
    TABLE,
];

/// A page, and the series that it is of.
pub(crate) struct VerdictPage {
    pub(crate) page: Page,
    run: Run,
}

impl VerdictPage {
    /// Opened; nothing where this machine has no browser.
    pub(crate) fn of(sites: &[Site]) -> Option<Self> {
        Self::opened(verdict("", sites))
    }

    /// Of a run of `heapdiff verdict`, whatever its snapshots are.
    pub(crate) fn opened(run: Run) -> Option<Self> {
        let page = Page::open()?;
        let made = Self { page, run };
        made.verdict("html", &["-o", FILE]);
        made.page.goto_file(&made.run.folder.path().join(FILE));
        Some(made)
    }

    /// `heapdiff verdict --format json`.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.verdict("json", &[])).expect("JSON")
    }

    /// Waits until Growth says that it shows so many sites.
    #[track_caller]
    pub(crate) fn shows(&self, sites: &str) -> &Self {
        let said = "return document.querySelector('.growth .status')?.innerText ?? ''";
        wait_for(sites, || {
            (self.page.js::<String>(said, &[]) == sites).then_some(self)
        })
    }

    /// In bytes.
    pub(crate) fn size(&self) -> usize {
        self.run.read(FILE).len()
    }

    fn verdict(&self, format: &str, more: &[&str]) -> String {
        let mut args = self.run.args.clone();
        args.extend(["--format", format].map(str::to_owned));
        args.extend(more.iter().map(|it| (*it).to_owned()));
        args.extend(["--source-root".to_owned(), fixtures().display().to_string()]);
        let (code, said, errors) = self.run.output_of(&args);
        assert!(
            matches!(code, Some(0 | 1 | 3)) && errors.is_empty(),
            "{code:?}: {errors}"
        );
        said
    }
}

const FILE: &str = "verdict.html";
