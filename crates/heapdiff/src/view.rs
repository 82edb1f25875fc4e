//! Which rows a reader wants to see, and in which order. All renderers choose by this.

use crate::compare::{Comparison, Row};
use crate::frame::Frame;
use crate::group::GroupBy;
use crate::inventory::{Holding, Inventory};
use crate::site::Site;
use crate::sort::Sort;

/// Which rows to show.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// The order of a comparison's rows; an inventory is always sorted by live bytes.
    pub sort: Sort,
    /// Only rows whose type, function or file contains this, whatever the case; by type any of
    /// its sites counts, by stack any frame.
    pub filter: Option<String>,
    /// At most so many rows.
    pub top: Option<usize>,
}

/// The rows that a [`View`] picks.
#[derive(Debug, Clone)]
pub struct Selection<'a, R> {
    /// The rows to show, in order.
    pub rows: Vec<&'a R>,
    /// How many more pass the filter but are cut off by `top`.
    pub hidden: usize,
    /// How many the filter took out.
    pub filtered: usize,
}

impl View {
    /// The rows of a comparison that are to be shown.
    pub fn of_comparison<'a>(&self, comparison: &'a Comparison) -> Selection<'a, Row> {
        let mut rows: Vec<&Row> = comparison.rows.iter().collect();
        if self.sort != Sort::Alloc {
            rows.sort_by(|a, b| self.sort.order((&a.change, &a.site), (&b.change, &b.site)));
        }
        let stacks = &comparison.stacks;
        self.select(rows, |row, text| match comparison.by {
            GroupBy::Site => matches(&row.site, text),
            // any of its sites where something changed
            GroupBy::Type => comparison.stacks_of(row).any(|at| {
                !stacks.value(at).change.is_nothing() && matches(stacks.site_of(at), text)
            }),
            GroupBy::Stack => {
                matches(&row.site, text)
                    || comparison.stack_of(row).any(|frame| contains(frame, text))
            }
        })
    }

    /// The rows of an inventory that are to be shown.
    pub fn of_inventory<'a>(&self, inventory: &'a Inventory) -> Selection<'a, Holding> {
        let stacks = &inventory.stacks;
        self.select(
            inventory.rows.iter().collect(),
            |row, text| match inventory.by {
                GroupBy::Site => matches(&row.site, text),
                // any of its sites where something is live
                GroupBy::Type => inventory
                    .stacks_of(row)
                    .any(|at| !stacks.value(at).is_nothing() && matches(stacks.site_of(at), text)),
                GroupBy::Stack => {
                    matches(&row.site, text)
                        || inventory.stack_of(row).any(|frame| contains(frame, text))
                }
            },
        )
    }

    /// Whether the filter lets a stack pass, by its site or by any of its frames.
    pub fn shows_stack<'a>(
        &self,
        site: &Site,
        mut frames: impl Iterator<Item = &'a Frame>,
    ) -> bool {
        self.filter.as_ref().is_none_or(|filter| {
            let text = filter.to_lowercase();
            matches(site, &text) || frames.any(|frame| contains(frame, &text))
        })
    }

    fn select<'a, R>(
        &self,
        mut rows: Vec<&'a R>,
        matches: impl Fn(&R, &str) -> bool,
    ) -> Selection<'a, R> {
        let all = rows.len();
        if let Some(filter) = &self.filter {
            let filter = filter.to_lowercase();
            rows.retain(|row| matches(row, &filter));
        }
        let passed = rows.len();
        rows.truncate(self.top.unwrap_or(usize::MAX));
        Selection {
            hidden: passed - rows.len(),
            filtered: all - passed,
            rows,
        }
    }
}

fn matches(site: &Site, text: &str) -> bool {
    site.type_name
        .as_ref()
        .is_some_and(|name| name.to_lowercase().contains(text))
        || contains(&site.frame, text)
}

/// Looks into the function, as the symbol and as people say it, and the file; a frame's text is both, in full.
fn contains(frame: &Frame, text: &str) -> bool {
    frame.text().to_lowercase().contains(text) || frame.place().to_lowercase().contains(text)
}
