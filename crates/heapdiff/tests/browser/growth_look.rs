//! How Growth looks, where that can be computed: width, contrast of what is drawn, paper. The rest is in screenshots.

use crate::browser::{Page, wait_for};
use crate::verdict_page::{ALL, VerdictPage};

/// What is drawn or written in the charts with too little contrast to what it stands on: 3 for lines and dots, 4.5 for
/// texts. What only leads the eye (the grid, what a bar's half is) may be paler.
const PALE: &str = r#"
const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const rgb = (color) => {
    context.fillStyle = color;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
};
const luminance = (color) => {
    const [r, g, b] = rgb(color).map((part) => (part /= 255) <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
        const color = getComputedStyle(at).backgroundColor;
        if (!/, 0\)$|transparent/.test(color)) return color;
    }
    return getComputedStyle(document.documentElement).backgroundColor;
};
const pale = [];
for (const part of document.querySelectorAll(".chart-line, .chart-point, .chart-axis, .chart-text")) {
    const style = getComputedStyle(part);
    const color = style.stroke === "none" ? style.fill : style.stroke;
    const lights = [luminance(color), luminance(ground(part.closest("figure")))];
    const ratio = (Math.max(...lights) + 0.05) / (Math.min(...lights) + 0.05);
    const least = part.tagName === "text" ? 4.5 : 3;
    if (ratio < least) pale.push(`${part.getAttribute("class")}: ${color}, ${ratio.toFixed(2)}`);
}
return pale;"#;

/// What part of the charts' texts lies over another one, or outside of its chart.
const COLLIDING: &str = r#"
const found = [];
for (const svg of document.querySelectorAll("svg.chart")) {
    const all = [...svg.querySelectorAll("text")].map((text) => [text.textContent.trim(), text.getBoundingClientRect()]);
    const whole = svg.getBoundingClientRect();
    for (const [at, [name, box]] of all.entries()) {
        if (box.left < whole.left - 1 || box.right > whole.right + 1) found.push(`${name} leaves the chart`);
        for (const [other, over] of all.slice(at + 1)) {
            const apart = box.right <= over.left || over.right <= box.left || box.bottom <= over.top + 3 || over.bottom <= box.top + 3;
            if (!apart) found.push(`${name} over ${other}`);
        }
    }
}
return found;"#;

fn opened() -> Option<VerdictPage> {
    let made = VerdictPage::of(&ALL)?;
    made.shows("5 sites");
    Some(made)
}

fn top(page: &Page) {
    page.js::<()>("scrollTo(0, 0)", &[]);
}

#[test]
fn no_width_scrolls_sideways_and_no_label_lies_over_another() {
    let Some(verdict) = opened() else { return };
    let page = &verdict.page;
    for (width, height) in [(320, 640), (375, 812), (1000, 800), (1600, 1000)] {
        page.size(width, height);
        let sideways = page.sideways();
        assert!(sideways.is_empty(), "at {width} px: {sideways:#?}");
        let colliding = page.js::<Vec<String>>(COLLIDING, &[]);
        assert!(colliding.is_empty(), "at {width} px: {colliding:#?}");
    }
}

#[test]
fn charts_and_texts_are_seen_in_the_light_and_in_the_dark() {
    let Some(verdict) = opened() else { return };
    let page = verdict.page.size(1600, 1200);
    let mut colours = Vec::new();
    for scheme in ["light", "dark"] {
        page.colour_scheme(scheme);
        let faint = page.faint();
        assert!(faint.is_empty(), "{scheme}: {faint:#?}");
        let too_pale = page.js::<Vec<String>>(PALE, &[]);
        assert!(too_pale.is_empty(), "{scheme}: {too_pale:#?}");
        colours.push(page.js::<String>(
            "return getComputedStyle(document.querySelector('.growth-site .chart-point')).fill",
            &[],
        ));
    }
    assert_ne!(colours[0], colours[1], "the charts do not follow the theme");
    page.the("button", "Use the light colours").click();
    wait_for("the reader's choice", || {
        let too_pale = page.js::<Vec<String>>(PALE, &[]);
        (page.lightness() > 200.0 && too_pale.is_empty()).then_some(())
    });
}

#[test]
fn growth_is_kept_as_a_picture_narrow_and_wide_light_and_dark() {
    let Some(verdict) = opened() else { return };
    let page = &verdict.page;
    for scheme in ["light", "dark"] {
        page.colour_scheme(scheme);
        for (width, height) in [(375, 2400), (1000, 1800), (1600, 1400)] {
            page.size(width, height);
            top(page);
            page.screenshot(&format!("verdict-growth-{width}-{scheme}"));
        }
    }
    page.said_nothing();
}

#[test]
fn paper_has_the_verdict_and_the_charts_and_not_the_controls() {
    let Some(verdict) = opened() else { return };
    let page = verdict.page.colour_scheme("dark");
    assert!(page.print().starts_with(b"%PDF"));
    page.print_media();
    wait_for("no tabs on paper", || {
        page.all("tab", "").is_empty().then_some(())
    });
    assert!(page.all("button", "leak 2").is_empty());
    assert!(page.lightness() > 200.0);
    assert_eq!(page.all("image", "").len(), 6);
    let too_pale = page.js::<Vec<String>>(PALE, &[]);
    assert!(too_pale.is_empty(), "{too_pale:#?}");
    page.size(800, 1800);
    top(page);
    page.screenshot("verdict-growth-print");
    page.said_nothing();
}
