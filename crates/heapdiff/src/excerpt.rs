//! The user's own line that holds the memory, as rustc would show it.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::compare::{Comparison, Row};
use crate::frame::Frame;
use crate::inventory::{Holding, Inventory};
use crate::source::{Finder, Source};
use crate::terminal::{self, Screen, count, rate, signed, thousands};
use crate::verdict::{Judgement, SiteGrowth};
use crate::view::View;

/// The table of a comparison and, below it, the excerpt for the first row that `view` picks: all that
/// `heapdiff compare` prints.
pub fn below_table(
    comparison: &Comparison,
    view: &View,
    sources: &Finder,
    screen: &Screen,
) -> String {
    let mut text = terminal::render(comparison, view, screen);
    let top = view.of_comparison(comparison).rows.first().copied();
    if let Some(excerpt) = top.and_then(|row| render(comparison, row, sources, screen)) {
        text.push('\n');
        text.push_str(&excerpt);
    }
    text
}

/// A verdict as text and, below it, an excerpt for each site that leaks: all that `heapdiff verdict` prints.
pub fn below_verdict(judgement: &Judgement, sources: &Finder, screen: &Screen) -> String {
    let mut text = terminal::render_verdict(judgement, screen);
    for leak in judgement.leaks().take(MOST_EXCERPTS) {
        if let Some(excerpt) = of_leak(leak, sources, screen) {
            text.push('\n');
            text.push_str(&excerpt);
        }
    }
    text
}

/// More excerpts are not read.
const MOST_EXCERPTS: usize = 10;

/// An annotated excerpt of the source of `row`: what is held at its line, how much more than before, and how much per
/// request if the snapshots count them. `None` unless the row is in the user's code, grew, and its file is found
/// by `sources`. (Reads files; [`annotate`] does not.)
pub fn render(
    comparison: &Comparison,
    row: &Row,
    sources: &Finder,
    screen: &Screen,
) -> Option<String> {
    if !row.site.in_app || row.change.size_delta <= 0 {
        return None;
    }
    let source = sources.find(row.site.frame.file()?)?;
    annotate(comparison, row, &source, screen)
}

/// The same for a source that is at hand. `None` if it has no such line.
pub fn annotate(
    comparison: &Comparison,
    row: &Row,
    source: &Source,
    screen: &Screen,
) -> Option<String> {
    let title = format!(
        "`{}` holds {} bytes more than before",
        row.site.constructor(),
        thousands(row.change.size_delta.unsigned_abs())
    );
    let words = Words {
        title,
        label: held_here(comparison, row),
        note: comparison
            .requests()
            .map(|requests| blocks_in(row, requests)),
    };
    at_line(&row.site.frame, source, &words, screen)
}

/// An annotated excerpt of the source of a site that leaks: what it holds, and how much it gains per request. `None` as
/// for [`render`].
pub fn of_leak(growth: &SiteGrowth, sources: &Finder, screen: &Screen) -> Option<String> {
    let frame = &growth.site.frame;
    if !growth.site.in_app {
        return None;
    }
    let source = sources.find(frame.file()?)?;
    let title = format!(
        "`{}` leaks {} bytes per request",
        growth.site.constructor(),
        rate(growth.bytes_per_request.estimate).trim_start_matches('+')
    );
    let (label, note) = leaked_here(growth)?;
    let words = Words {
        title,
        label,
        note: Some(note),
    };
    at_line(frame, &source, &words, screen)
}

/// An annotated excerpt of the source of what one snapshot holds: for whoever has no other to compare it with. `None` as
/// for [`render`].
pub fn of_holding(
    inventory: &Inventory,
    row: &Holding,
    sources: &Finder,
    screen: &Screen,
) -> Option<String> {
    let frame = &row.site.frame;
    if !row.site.in_app {
        return None;
    }
    let source = sources.find(frame.file()?)?;
    let counters = &row.held.counters;
    let share = 100.0 * row.held.share(&inventory.snapshot);
    let words = Words {
        title: format!(
            "`{}` holds {} bytes",
            row.site.constructor(),
            thousands(counters.live_bytes)
        ),
        label: format!(
            "{share:.1} % of the heap, in {}",
            count(counters.live_blocks, "block")
        ),
        note: None,
    };
    at_line(frame, &source, &words, screen)
}

/// What stands at the line of a leak, and whether it is one collection or many blocks that grew.
pub(crate) fn leaked_here(growth: &SiteGrowth) -> Option<(String, String)> {
    let [first, .., last] = growth.points.as_slice() else {
        return None;
    };
    let (before, after) = (first.counters.live_blocks, last.counters.live_blocks);
    let label = format!(
        "{} bytes held here, {} bytes per request",
        thousands(last.counters.live_bytes),
        rate(growth.bytes_per_request.estimate)
    );
    let blocks = after.cast_signed() - before.cast_signed();
    let note = blocks_more(blocks, last.requests - first.requests);
    Some((label, note))
}

/// What stands around a line.
struct Words {
    title: String,
    label: String,
    note: Option<String>,
}

fn at_line(frame: &Frame, source: &Source, words: &Words, screen: &Screen) -> Option<String> {
    let line = frame.line()? as usize;
    let first = line.saturating_sub(CONTEXT).max(1);
    let shown: Vec<&str> = source
        .text
        .lines()
        .skip(first - 1)
        .take(line - first + 1 + CONTEXT)
        .collect();
    let text = shown.get(line - first)?;
    let start: usize = shown[..line - first]
        .iter()
        .map(|before| before.len() + 1)
        .sum();
    let span = span(text, frame.column());
    let block = shown.join("\n");

    let snippet = Snippet::source(block)
        .line_start(first)
        .path(source.shown.clone())
        .fold(false)
        .annotation(
            AnnotationKind::Primary
                .span(start + span.start..start + span.end)
                .label(&words.label),
        );
    let mut group = Level::WARNING.primary_title(&words.title).element(snippet);
    if let Some(note) = &words.note {
        group = group.element(Level::NOTE.message(note));
    }
    Some(paint(group, screen))
}

/// Lines shown around the line.
const CONTEXT: usize = 2;

/// What stands at the line: `67,108,864 bytes held here, +83,886 bytes per request`.
pub(crate) fn held_here(comparison: &Comparison, row: &Row) -> String {
    let gained = match comparison.bytes_per_request(&row.change) {
        Some(per_request) => format!("{} bytes per request", rate(per_request)),
        None => format!(
            "{} bytes since the first snapshot",
            signed(row.change.size_delta)
        ),
    };
    format!(
        "{} bytes held here, {gained}",
        thousands(row.after.live_bytes)
    )
}

/// Whether it is one collection or many blocks that grew.
pub(crate) fn blocks_in(row: &Row, requests: u64) -> String {
    blocks_more(row.change.delta, requests)
}

fn blocks_more(blocks: i64, requests: u64) -> String {
    let requests = count(requests, "request");
    match blocks {
        1 => format!("1 block more in {requests}: what grew is one collection"),
        2.. => format!(
            "{} blocks more in {requests}",
            thousands(blocks.unsigned_abs())
        ),
        _ => format!("in {requests}, and no block more: what grew is one collection, in place"),
    }
}

/// The word at `column`, or all of the line's text.
pub(crate) fn span(line: &str, column: Option<u32>) -> Range<usize> {
    let start = column.map_or(0, |column| column as usize - 1);
    let word = line.get(start..).unwrap_or_default();
    let length = word
        .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '!'))
        .unwrap_or(word.len());
    if column.is_some() && !word.is_empty() {
        let first = word.chars().next().map_or(0, char::len_utf8);
        return start..start + length.max(first);
    }
    let indent = line.len() - line.trim_start().len();
    indent..line.trim_end().len().max(indent)
}

fn paint(group: Group<'_>, screen: &Screen) -> String {
    let renderer = if screen.color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut out = renderer.term_width(screen.width).render(&[group]);
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_span_is_the_word_at_the_column() {
        let line = "    leak.push(object.clone());";
        assert_eq!(&line[span(line, Some(10))], "push");
        assert_eq!(&line[span(line, None)], "leak.push(object.clone());");
        assert_eq!(&line[span(line, Some(999))], "leak.push(object.clone());");
        assert_eq!(&line[span(line, Some(14))], "(");
        assert_eq!(span("", Some(1)), 0..0);
        assert_eq!(span("é", Some(2)), 0..2);
    }
}
