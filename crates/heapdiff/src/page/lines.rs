//! A few lines of source with the word that a frame points at: what the page's head shows before any script runs.

use super::Sources;
use crate::excerpt::span;
use crate::site::Site;
use crate::source::Source;

/// A line of source; what is marked stands between before and after.
pub(super) struct Line {
    pub(super) number: usize,
    pub(super) marked: bool,
    pub(super) before: String,
    pub(super) word: String,
    pub(super) after: String,
}

/// Lines shown before and after the line.
const CONTEXT: usize = 2;

/// The lines around a site; none unless it is in the user's own code and its source is found.
pub(super) fn around(site: &Site, sources: Sources<'_>) -> Vec<Line> {
    let source = site.frame.file().filter(|_| site.in_app).and_then(sources);
    source
        .and_then(|source| within(site, &source))
        .unwrap_or_default()
}

fn within(site: &Site, source: &Source) -> Option<Vec<Line>> {
    let line = site.frame.line()? as usize;
    let text = source.text.lines().nth(line.checked_sub(1)?)?;
    let marked = span(text, site.frame.column());
    let first = line.saturating_sub(CONTEXT).max(1);
    let lines = source.text.lines().enumerate().skip(first - 1);
    let lines = lines.take(line - first + 1 + CONTEXT).map(|(at, text)| {
        let marked = if at + 1 == line { marked.clone() } else { 0..0 };
        Line {
            number: at + 1,
            marked: at + 1 == line,
            before: text[..marked.start].to_owned(),
            word: text[marked.clone()].to_owned(),
            after: text[marked.end..].to_owned(),
        }
    });
    Some(lines.collect())
}
