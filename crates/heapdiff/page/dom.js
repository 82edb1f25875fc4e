// Makes elements. Text becomes text nodes and nothing else, so what a snapshot says can never become markup.

/**
 * @param {string} tag an element's name, with classes: `span.place.dim`
 * @param {Object<string, any>} attributes `on…` adds a listener, `true` sets an empty attribute, null and false leave it out
 * @param {...(Node|string|number|null|undefined|false|Array)} children
 */
export function h(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  add(element, children);
  return element;
}

/** Puts `children` into `element` in place of what was there. */
export function fill(element, ...children) {
  element.replaceChildren();
  add(element, children);
  return element;
}

function add(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) element.append(child);
  }
}

/** Sets a text only if it is another one: a live region should not speak up for nothing. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const SVG = "http://www.w3.org/2000/svg";

/** An icon from a path on a 16 × 16 grid, drawn with a stroke; it says nothing to a screen reader. */
export function icon(path) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

export const ICONS = {
  chevron: "M6 3.5 10.5 8 6 12.5",
  close: "M4 4l8 8M12 4l-8 8",
  download: "M8 2v8M4.5 7 8 10.5 11.5 7M3 13.5h10",
  rename: "M3 13l.6-2.8L10.8 3 13 5.2 5.8 12.4 3 13",
  remove: "M3 4.5h10M6.5 4V2.5h3V4M4.5 4.5l.6 9h5.8l.6-9",
  camera: "M2.5 5h2.7l1-1.7h3.6l1 1.7h2.7v8h-11zM10.2 8.8a2.2 2.2 0 1 1-4.4 0 2.2 2.2 0 0 1 4.4 0",
  open: "M2.5 12.5v-9h4l1.3 1.6h5.7v7.4z",
  menu: "M2.5 4h11M2.5 8h11M2.5 12h11",
  sun: "M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6M8 1.2v1.6M8 13.2v1.6M1.2 8h1.6M13.2 8h1.6M3.2 3.2l1.1 1.1M11.7 11.7l1.1 1.1M3.2 12.8l1.1-1.1M11.7 4.3l1.1-1.1",
  moon: "M12.8 9.8A5.4 5.4 0 0 1 6.2 3.2a5.2 5.2 0 1 0 6.6 6.6",
};
