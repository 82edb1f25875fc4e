//! What can be computed of how a page looks: width, lightness, contrast.

use serde::Deserialize;

use super::Page;

/// A text that can hardly be read on what is behind it.
#[derive(Debug, Deserialize)]
pub struct Faint {
    pub text: String,
    /// As WCAG 2 defines it.
    pub ratio: f64,
    pub color: String,
    pub behind: String,
}

impl Page {
    /// What is wider than the window and cannot be scrolled in a box of its own.
    #[track_caller]
    pub fn sideways(&self) -> Vec<String> {
        self.js(SIDEWAYS, &[])
    }

    /// The texts in view of less contrast than WCAG 2 wants at level AA.
    #[track_caller]
    pub fn faint(&self) -> Vec<Faint> {
        self.js(FAINT, &[])
    }

    /// How light what is behind the page is, from 0 to 255.
    #[track_caller]
    pub fn lightness(&self) -> f64 {
        self.js(LIGHTNESS, &[])
    }
}

const LIGHTNESS: &str = r#"
const context = document.createElement("canvas").getContext("2d");
const [page, root] = [document.body, document.documentElement].map((element) => getComputedStyle(element).backgroundColor);
context.fillStyle = page === "rgba(0, 0, 0, 0)" ? root : page;
context.fillRect(0, 0, 1, 1);
const [r, g, b] = context.getImageData(0, 0, 1, 1).data;
return (r + g + b) / 3;"#;

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

/// A canvas turns any notation of a colour into numbers.
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
