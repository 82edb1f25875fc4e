//! The picture of nothing: inferno has none.

use crate::xml::escaped;

/// An SVG that says in words that there is nothing to draw.
pub(super) fn svg(title: &str, words: &str, width: usize) -> String {
    let [title, words] = [title, words].map(escaped);
    format!(
        r##"<?xml version="1.0" standalone="no"?>
<svg version="1.1" width="{width}" height="80" viewBox="0 0 {width} 80" xmlns="http://www.w3.org/2000/svg">
<rect width="100%" height="100%" fill="#fafafa"/>
<text x="50%" y="28" text-anchor="middle" font-family="monospace" font-size="17">{title}</text>
<text x="50%" y="56" text-anchor="middle" font-family="monospace" font-size="12">{words}</text>
</svg>
"##
    )
}
