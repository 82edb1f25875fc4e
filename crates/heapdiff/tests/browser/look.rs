//! How the report looks, where that can be computed: width, darkness, contrast, paper. The rest is in screenshots.

use serde::Deserialize;

use crate::browser::{Page, wait_for};
use crate::report::Report;
use crate::table::Table;

const TABS: [&str; 3] = ["Comparison", "Summary", "Flame graph"];

/// What is wider than the window and cannot be scrolled in a box of its own.
const SIDEWAYS: &str = r#"
const root = document.scrollingElement;
const boxed = (element) => {
    for (let at = element.parentElement; at && at !== document.body; at = at.parentElement) {
        if (getComputedStyle(at).overflowX !== "visible") return true;
    }
    return false;
};
const wide = [...document.body.querySelectorAll("*")].filter((element) => {
    const box = element.getBoundingClientRect();
    return box.width > 1 && box.right > innerWidth + 1 && element.checkVisibility() && !boxed(element);
});
const names = wide.slice(0, 5).map((element) => element.outerHTML.slice(0, 160));
if (root.scrollWidth > root.clientWidth) names.push(`scrolls ${root.scrollWidth} in ${root.clientWidth}`);
return names;"#;

/// Opens a tab, and waits until it shows what it has.
fn open(page: &Page, tab: &str) {
    page.the("tab", tab).click();
    if tab == "Flame graph" {
        page.css("svg [tabindex], svg rect");
    } else {
        Table::of(page);
    }
}

#[test]
fn no_width_scrolls_sideways() {
    let Some(report) = Report::orders() else {
        return;
    };
    let page = &report.page;
    page.the("button", "orders/src/main.rs:36:14").click();
    for (width, height) in [(320, 640), (375, 800), (1000, 800), (1600, 900)] {
        page.size(width, height);
        for tab in TABS {
            open(page, tab);
            let sideways = page.js::<Vec<String>>(SIDEWAYS, &[]);
            assert!(sideways.is_empty(), "{tab} at {width} px: {sideways:#?}");
        }
    }
}

#[test]
fn every_view_is_kept_as_a_picture_narrow_and_wide_light_and_dark() {
    let Some(report) = Report::orders() else {
        return;
    };
    let page = &report.page;
    for scheme in ["light", "dark"] {
        page.colour_scheme(scheme);
        for (width, height) in [(375, 812), (1000, 800), (1600, 1000)] {
            page.size(width, height);
            for tab in TABS {
                open(page, tab);
                if tab == "Comparison" {
                    page.js::<()>("scrollTo(0, 0)", &[]); // with the head
                }
                let name = tab.to_lowercase().replace(' ', "-");
                page.screenshot(&format!("report-{name}-{width}-{scheme}"));
            }
        }
    }
    open(page, "Comparison");
    page.size(1000, 1600).colour_scheme("light");
    page.the("button", "orders/src/main.rs:36:14").click();
    page.screenshot("report-row-1000-light");
    page.size(375, 1600)
        .colour_scheme("dark")
        .screenshot("report-row-375-dark");
    page.said_nothing();
}

/// A text that can hardly be read on what is behind it.
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "printed")]
struct Faint {
    text: String,
    ratio: f64,
    color: String,
    behind: String,
}

/// Contrast as WCAG 2 defines it; a canvas turns any notation of a colour into numbers.
const FAINT: &str = r#"
const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const known = new Map();
const rgba = (color) => {
    if (!known.has(color)) {
        context.clearRect(0, 0, 1, 1);
        context.fillStyle = color;
        context.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
        known.set(color, [r, g, b, a / 255]);
    }
    return known.get(color);
};
const over = ([r, g, b, a], behind) => [r, g, b].map((part, at) => part * a + behind[at] * (1 - a));
const behind = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
        const color = rgba(getComputedStyle(at).backgroundColor);
        layers.unshift(color);
        if (color[3] === 1) break;
    }
    const canvas = rgba(getComputedStyle(document.body).backgroundColor).slice(0, 3);
    return layers.reduce((below, color) => over(color, below), canvas);
};
const luminance = (color) => {
    const [r, g, b] = color.map((part) => (part /= 255) <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const faint = [];
for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const element = text.parentElement;
    const range = document.createRange();
    range.selectNodeContents(text);
    if (!text.data.trim() || element.closest("script, style, svg:not([role])") || !element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    const box = range.getBoundingClientRect();
    if (box.width < 2 || box.height < 2) continue;
    const style = getComputedStyle(element);
    let opacity = 1;
    for (let at = element; at; at = at.parentElement) opacity *= getComputedStyle(at).opacity;
    const drawn = element.closest("g")?.querySelector("rect");
    const ground = drawn ? over(rgba(getComputedStyle(drawn).fill), behind(element)) : behind(element);
    const [r, g, b, a] = rgba(drawn ? style.fill : style.color);
    const lights = [luminance(ground), luminance(over([r, g, b, a * opacity], ground))];
    const ratio = (Math.max(...lights) + 0.05) / (Math.min(...lights) + 0.05);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) faint.push({ text: text.data.trim().slice(0, 60), ratio, color: style.color, behind: ground.map(Math.round).join() });
}
return faint;"#;

/// How light what is behind the page is, from 0 to 255.
fn lightness(page: &Page) -> f64 {
    page.js(
        "const context = document.createElement('canvas').getContext('2d');
         const color = getComputedStyle(document.body).backgroundColor;
         context.fillStyle = color === 'rgba(0, 0, 0, 0)' ? getComputedStyle(document.documentElement).backgroundColor : color;
         context.fillRect(0, 0, 1, 1);
         const [r, g, b] = context.getImageData(0, 0, 1, 1).data;
         return (r + g + b) / 3;",
        &[],
    )
}

#[test]
fn light_is_light_and_dark_is_dark_and_all_text_can_be_read_on_it() {
    let Some(report) = Report::orders() else {
        return;
    };
    let page = report.page.size(1600, 1200);
    page.the("button", "orders/src/main.rs:36:14").click();
    for (scheme, range) in [("light", 200.0..256.0), ("dark", 0.0..60.0)] {
        page.colour_scheme(scheme);
        wait_for(scheme, || range.contains(&lightness(page)).then_some(()));
        for tab in TABS {
            open(page, tab);
            let faint = page.js::<Vec<Faint>>(FAINT, &[]);
            assert!(faint.is_empty(), "{tab}, {scheme}: {faint:#?}");
        }
    }
    // and one may choose otherwise than the system
    page.the("button", "Use the light colours").click();
    wait_for("light", || (lightness(page) > 200.0).then_some(()));
    page.reload();
    wait_for("light again", || (lightness(page) > 200.0).then_some(()));
}

#[test]
fn paper_has_the_rows_and_not_the_controls() {
    let Some(report) = Report::orders() else {
        return;
    };
    let page = report.page.size(1000, 800);
    let first = Table::of(page);
    let pdf = page.print();
    assert!(pdf.starts_with(b"%PDF"), "{} bytes", pdf.len());
    page.print_media();
    wait_for("no filter on paper", || {
        page.all("searchbox", "").is_empty().then_some(())
    });
    let text = page.js::<String>("return document.body.innerText", &[]);
    assert!(
        text.contains("Vec<Arc<Redundant>>") && text.contains("exactly heap after"),
        "{text}"
    );
    assert!(lightness(page) > 200.0);
    assert_eq!(Table::of(page).count, first.count);
    page.said_nothing();
}
