// Reads the geometry of a flame graph that inferno drew: boxes with names and amounts. Draws nothing; nothing of the
// SVG itself gets into the page, so nothing in it can run.

/**
 * @typedef {object} Box
 * @property {string} name
 * @property {string} amount `130,023,424 bytes`
 * @property {number} x of the whole, 0 to 1, as `width`
 * @property {number} width
 * @property {number} level 0 at the bottom
 * @property {string} tone `grew`, `shrank`, `held` or `all`
 * @property {boolean} own the user's code
 * @property {Box|null} parent
 * @property {Box[]} children from left to right
 */

/**
 * @param {string} svg
 * @returns {{boxes: Box[], root: Box|null, title: string, said: string}} `said`: the subtitle, or why there is nothing
 */
export function geometry(svg) {
  // its style is not wanted, and the page's policy would complain about it
  const picture = new DOMParser().parseFromString(svg.replace(/<style[^]*?<\/style>/g, ""), "image/svg+xml");
  if (picture.querySelector("parsererror")) throw new Error("the flame graph cannot be read");
  const texts = [...picture.querySelectorAll("svg > text")];
  const title = texts.find((text) => text.id === "title")?.textContent ?? "";
  const said = texts.find((text) => text.id === "subtitle")?.textContent ?? texts.at(-1)?.textContent ?? "";
  const boxes = [...picture.querySelectorAll("#frames > g, #frames > a > g")].map(box).filter(Boolean);
  stack(boxes);
  return { boxes, root: boxes.find((box) => box.level === 0) ?? null, title, said };
}

function box(group) {
  const rect = group.querySelector("rect");
  const text = group.querySelector("title")?.textContent ?? "";
  const [, name, amount] = text.match(/^([^]*) \(([\d,]+ \w+)(?:, [^()]*)?\)$/) ?? [null, text, ""];
  if (!rect) return null;
  return {
    name, amount, ...tone(rect.getAttribute("fill")),
    x: parseFloat(rect.getAttribute("x")) / 100, width: parseFloat(rect.getAttribute("width")) / 100,
    y: parseFloat(rect.getAttribute("y")), level: 0, parent: null, children: [],
  };
}

// The colours are those of flamegraph/palette.rs: warm grew, cool shrank, green held, strong the user's, pale the rest.
function tone(fill) {
  const [red, green, blue] = (fill?.match(/\d+/g) ?? [0, 0, 0]).map(Number);
  const most = Math.max(red, green, blue);
  const range = most - Math.min(red, green, blue);
  if (range < 8) return { tone: "all", own: false };
  const tone = most === red ? "grew" : most === blue ? "shrank" : "held";
  return { tone, own: range > 70 };
}

/** Levels from heights; parents from what stands on what. */
function stack(boxes) {
  const heights = [...new Set(boxes.map((box) => box.y))].sort((a, b) => b - a);
  const levels = heights.map(() => []);
  const level = new Map(heights.map((y, at) => [y, at]));
  for (const box of boxes) {
    box.level = level.get(box.y);
    levels[box.level].push(box);
  }
  for (const row of levels) row.sort((a, b) => a.x - b.x);
  for (let at = 1; at < levels.length; at++) {
    let below = 0;
    const parents = levels[at - 1];
    for (const box of levels[at]) {
      const middle = box.x + box.width / 2;
      while (below + 1 < parents.length && parents[below + 1].x <= middle) below++;
      box.parent = parents[below];
      box.parent.children.push(box);
    }
  }
}
