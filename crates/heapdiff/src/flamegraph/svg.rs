//! The flame graph as an SVG, with inferno's search and zoom in it: one file, which needs nothing else.

use std::fmt::Write as _;

use inferno::flamegraph::color::{BackgroundColor, Color, PaletteMap};
use inferno::flamegraph::{Options, TextTruncateDirection, from_lines};

use super::palette::{ALL, Tint};
use super::{Count, Folded, Names, empty, name};
use crate::compare::{Comparison, file_name};
use crate::inventory::Inventory;
use crate::terminal::{amount, count as counted, cut_end, cut_start, signed, thousands};
use crate::view::View;

/// How to draw.
#[derive(Debug, Clone, Default)]
pub struct Picture {
    /// The headline; `None`: which snapshots it is about.
    pub title: Option<String>,
    /// Width in pixels, at least 100; `None`: as wide as the window.
    pub width: Option<usize>,
    /// What the widths count.
    pub count: Count,
    /// Flames only, for a page that brings captions, search and zoom of its own.
    pub bare: bool,
}

impl Picture {
    /// Flames only.
    pub fn bare(count: Count) -> Self {
        Self {
            count,
            bare: true,
            ..Self::default()
        }
    }
}

/// What is live in a snapshot. Of the view only its filter counts.
pub fn of_inventory(inventory: &Inventory, view: &View, picture: &Picture) -> String {
    let count = picture.count;
    let mut flames = Flames::default();
    let names = Names::new(&inventory.stacks);
    let mut live = 0;
    for (at, (stack, held)) in inventory.stacks.iter().enumerate() {
        if !view.shows_stack(inventory.stacks.site_of(at), inventory.stacks.frames_of(at)) {
            continue;
        }
        let names = names.of(stack);
        flames.add(Tint::Held, None, &names, count.live(&held.counters));
        live += count.live(&held.counters);
    }
    let unit = count.unit();
    let mut subtitle = format!("{} live {unit}", thousands(live));
    if let Some(requests) = inventory.snapshot.metadata.requests {
        let _ = write!(subtitle, " after {}", counted(requests, "request"));
    }
    if let Some(sampling) = inventory.snapshot.metadata.sampling {
        let _ = write!(
            subtitle,
            "; estimated from one sample in {}",
            amount(sampling.every_bytes)
        );
    }
    flames.draw(
        picture,
        &Captions {
            title: format!("Live heap: {}", file_name(&inventory.snapshot.label)),
            subtitle,
            filter: view.filter.as_deref(),
            nothing: format!("No live {unit}"),
        },
    )
}

/// What grew and what shrank between two snapshots. Of the view only its filter counts.
pub fn of_comparison(comparison: &Comparison, view: &View, picture: &Picture) -> String {
    let count = picture.count;
    let mut flames = Flames::default();
    let names = Names::new(&comparison.stacks);
    let (mut grew, mut shrank) = (0, 0);
    for (at, (stack, both)) in comparison.stacks.iter().enumerate() {
        let (more, less) = (count.more(&both.change), count.less(&both.change));
        if (more, less) == (0, 0)
            || !view.shows_stack(
                comparison.stacks.site_of(at),
                comparison.stacks.frames_of(at),
            )
        {
            continue;
        }
        let names = names.of(stack);
        flames.add(Tint::Grew, Some("grew"), &names, more);
        flames.add(Tint::Shrank, Some("shrank"), &names, less);
        grew += more;
        shrank += less;
    }
    let unit = count.unit();
    let mut subtitle = format!(
        "{} live {unit}: {} grew, {} shrank",
        signed(grew.cast_signed() - shrank.cast_signed()),
        thousands(grew),
        thousands(shrank)
    );
    if let Some(requests) = comparison.requests() {
        let _ = write!(subtitle, ", over {}", counted(requests, "request"));
    }
    for note in &comparison.notes {
        // no more than its beginning: there is one line, and narrow windows
        let note = note.to_string();
        let warning = note.split([':', '(']).next().unwrap_or_default().trim();
        let _ = write!(subtitle, "; warning: {warning}");
    }
    let [before, after] = comparison.names();
    flames.draw(
        picture,
        &Captions {
            title: format!("Heap growth: {before} → {after}"),
            subtitle,
            filter: view.filter.as_deref(),
            nothing: "Nothing grew or shrank".to_owned(),
        },
    )
}

/// What stands above the flames.
struct Captions<'a> {
    title: String,
    subtitle: String,
    filter: Option<&'a str>,
    nothing: String,
}

/// Marked stacks with their widths, and the colours of the marked names.
#[derive(Default)]
struct Flames {
    stacks: Folded<u64>,
    palette: PaletteMap,
}

impl Flames {
    fn add(&mut self, tint: Tint, root: Option<&str>, names: &[(&str, bool)], width: u64) {
        if width == 0 {
            return;
        }
        let root = root.map(|root| (root, false));
        let mut stack = String::new();
        for (name, in_app) in root.iter().chain(names) {
            let marked = tint.mark(name, *in_app);
            if self.palette.get(&marked).is_none() {
                tint.paint(*in_app, &marked, &mut self.palette);
            }
            if !stack.is_empty() {
                stack.push(';');
            }
            stack.push_str(&marked);
        }
        *self.stacks.entry(stack).or_default() += width;
    }

    /// # Panics
    /// Never in practice: memory takes all writes, and the lines are made here.
    fn draw(mut self, picture: &Picture, captions: &Captions<'_>) -> String {
        let width = picture.width.unwrap_or(1200).max(100);
        let title = picture.title.as_ref().unwrap_or(&captions.title);
        // so many pixels a character takes at most
        let title = cut_start(&name::caption(title), (width - 20) / 11);
        let mut subtitle = captions.subtitle.clone();
        if let Some(filter) = captions.filter {
            subtitle = format!("only stacks with {filter:?}: {subtitle}");
        }
        let subtitle = cut_end(&name::caption(&subtitle), (width - 20) / 8);
        if self.stacks.is_empty() {
            return empty::svg(&title, &captions.nothing, width);
        }
        self.palette.insert("", ALL);
        let mut options = Options::default();
        options.title = title;
        options.subtitle = Some(subtitle);
        options.image_width = picture.width.map(|_| width);
        picture.count.unit().clone_into(&mut options.count_name);
        "Frame:".clone_into(&mut options.name_type);
        options.bgcolors = Some(BackgroundColor::Flat(Color::new(250, 250, 250)));
        options.stroke_color = "#fafafa".parse().unwrap_or(options.stroke_color);
        options.text_truncate_direction = TextTruncateDirection::Right;
        options.no_javascript = picture.bare;
        options.palette_map = Some(&mut self.palette);
        let lines: Vec<String> = self
            .stacks
            .iter()
            .map(|(stack, width)| format!("{stack} {width}"))
            .collect();
        let mut svg = Vec::new();
        from_lines(&mut options, lines.iter().map(String::as_str), &mut svg)
            .expect("sound lines, written to memory");
        let svg = String::from_utf8(svg).expect("inferno writes UTF-8");
        if picture.bare {
            without_script(&svg)
        } else {
            readable_in_the_dark(svg)
        }
    }
}

/// Without the settings that inferno leaves for its script, and without what would start it: a page's policy complains
/// about that. All names are escaped, so there is no other.
fn without_script(svg: &str) -> String {
    const END: &str = "</script>";
    let mut svg = svg.replacen(" onload=\"init(evt)\"", "", 1);
    if let (Some(start), Some(end)) = (svg.find("<script"), svg.find(END)) {
        svg.replace_range(start..end + END.len(), "");
    }
    svg
}

/// Frames are light and stay so, with dark names; what lies around them follows the reader's system.
fn readable_in_the_dark(mut svg: String) -> String {
    const DARK: &str = "<style>@media (prefers-color-scheme: dark) { svg { background: #1b1b1f; } \
        svg > rect { fill: #1b1b1f; } svg > text { fill: #e6e6ea; } #frames rect { stroke: #1b1b1f; filter: brightness(.86); } }</style>";
    if let Some(end) = svg.rfind("</svg>") {
        svg.insert_str(end, DARK);
    }
    svg
}
