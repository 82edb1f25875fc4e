// A flame graph one can walk through: zoom, search, details, keyboard. Leaves which graph it is to flame-view.js.

import { fill, h, say } from "heapdiff/dom.js";
import { clip } from "heapdiff/format.js";

const SVG = "http://www.w3.org/2000/svg";
const ROW = 19;
/** The width of a character of the labels, 12 px monospace. */
const CHARACTER = 7.25;
/** What is narrower is not drawn; zooming brings it out. */
const NARROWEST = 0.6;
/** A tower that is narrower does not make the graph higher: it is cut off above the others. */
const TOWER = 3;

export class Flame {
  constructor() {
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.setAttribute("class", "flames");
    this.svg.setAttribute("role", "group");
    this.details = h("p.flame-details", {});
    this.element = h("div.flame", {}, this.svg, this.details);
    this.text = "";
    for (const [event, act] of Object.entries({
      click: (event) => this.zoom(this.boxOf(event)),
      pointerover: (event) => this.explain(this.boxOf(event)),
      pointerleave: () => this.explain(null),
      keydown: (event) => this.keydown(event),
    })) this.svg.addEventListener(event, act);
    // on the SVG itself it would make the SVG a stop of the Tab key
    this.element.addEventListener("focusin", (event) => this.focused(this.boxOf(event)));
    new ResizeObserver(() => {
      if (this.element.clientWidth !== this.width) this.draw();
    }).observe(this.element);
  }

  /** @param {{boxes: object[], root: object, title: string, said: string}} geometry */
  show(geometry) {
    this.geometry = geometry;
    this.zoomed = geometry.root;
    this.current = geometry.root;
    this.svg.setAttribute("aria-label", `${geometry.title}. Arrow keys move, Enter zooms in, Escape zooms out.`);
    this.draw();
    this.explain(null);
  }

  /** Marks the boxes whose name contains a text, and tells how much of what is in view they take: 0 to 1, or null. */
  search(text) {
    this.text = text.toLowerCase();
    for (const [group, box] of this.drawn ?? []) group.classList.toggle("matched", this.matches(box));
    this.svg.classList.toggle("searched", this.text !== "");
    return this.text && this.zoomed ? this.share() : null;
  }

  matches(box) {
    return this.text !== "" && box.name.toLowerCase().includes(this.text);
  }

  /** Boxes stand on one another: what is counted once must not count again. */
  share() {
    const { x, width } = this.zoomed;
    const found = this.geometry.boxes.filter((box) => inside(box, this.zoomed) && box.level >= this.zoomed.level && this.matches(box));
    found.sort((a, b) => a.x - b.x || b.width - a.width);
    let end = x;
    let sum = 0;
    for (const box of found) {
      if (box.x + box.width <= end + 1e-9) continue;
      sum += box.x + box.width - Math.max(end, box.x);
      end = box.x + box.width;
    }
    return Math.min(1, sum / width);
  }

  /** Shows a box as wide as the page, with what stands on it; `null`: all. */
  zoom(box) {
    if (!this.geometry?.root) return;
    const hadFocus = this.svg.contains(document.activeElement);
    this.zoomed = box ?? this.geometry.root;
    this.current = this.zoomed;
    this.draw();
    if (hadFocus) this.groupOf(this.current)?.focus({ preventScroll: true });
    this.explain(null);
    this.onzoom?.(this.zoomed !== this.geometry.root);
  }

  draw() {
    this.width = this.element.clientWidth;
    if (!this.geometry?.root || !this.width) return;
    let seen = this.geometry.boxes.filter((box) => this.isSeen(box));
    const wide = (box) => box.level <= this.zoomed.level || (box.width / this.zoomed.width) * this.width >= TOWER;
    const levels = seen.reduce((most, box) => (box.level > most && wide(box) ? box.level : most), 0) + 1;
    seen = seen.filter((box) => box.level < levels);
    const height = levels * ROW;
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${height}`);
    this.svg.setAttribute("width", this.width);
    this.svg.setAttribute("height", height);
    this.drawn = new Map(seen.map((box) => [this.group(box, height), box]));
    this.svg.replaceChildren(...this.drawn.keys());
  }

  isSeen(box) {
    if (box.level < this.zoomed.level) return inside(this.zoomed, box);
    return inside(box, this.zoomed) && (box.width / this.zoomed.width) * this.width >= NARROWEST;
  }

  group(box, height) {
    const isBelow = box.level < this.zoomed.level;
    const x = isBelow ? 0 : ((box.x - this.zoomed.x) / this.zoomed.width) * this.width;
    const width = isBelow ? this.width : (box.width / this.zoomed.width) * this.width;
    const y = height - (box.level + 1) * ROW;
    const group = element("g", { class: `box ${box.tone}${box.own ? " own" : ""}${isBelow ? " base" : ""}${this.matches(box) ? " matched" : ""}`,
      role: "button", tabindex: box === this.current ? 0 : -1, "aria-label": clip(this.words(box), 300) });
    group.append(element("rect", { x, y: y + 0.5, width: Math.max(0.4, width - 0.7), height: ROW - 1, rx: width > 4 ? 2 : 0 }));
    const characters = Math.floor((width - 8) / CHARACTER);
    if (characters > 2) {
      const label = element("text", { x: x + 4, y: y + ROW - 5.5 });
      label.textContent = clip(box.name, characters);
      group.append(label);
    }
    return group;
  }

  words(box) {
    return `${box.name}, ${box.amount}, ${this.percent(box)}`;
  }

  percent(box) {
    return `${(100 * box.width).toFixed(box.width < 0.001 ? 3 : 1)} %`;
  }

  boxOf(event) {
    const group = event.target.closest?.(".box");
    return group ? this.drawn.get(group) : null;
  }

  groupOf(box) {
    for (const [group, drawn] of this.drawn) if (drawn === box) return group;
    return null;
  }

  focused(box) {
    if (!box) return;
    for (const [group, drawn] of this.drawn) group.setAttribute("tabindex", drawn === box ? 0 : -1);
    this.current = box;
    this.explain(box);
  }

  keydown(event) {
    const at = this.boxOf(event);
    if (!at || event.ctrlKey || event.metaKey || event.altKey) return;
    const seen = (box) => box && this.isSeen(box);
    const beside = (step) => {
      const row = [...this.drawn.values()].filter((box) => box.level === at.level).sort((a, b) => a.x - b.x);
      return row[row.indexOf(at) + step];
    };
    const widest = (boxes) => boxes.reduce((most, box) => (!most || box.width > most.width ? box : most), null);
    if (event.key === "Enter" || event.key === " ") this.zoom(at);
    else if (event.key === "Escape") this.zoom(null);
    else if (event.key.startsWith("Arrow")) {
      const next = { ArrowUp: widest(at.children.filter(seen)), ArrowDown: at.parent, ArrowLeft: beside(-1), ArrowRight: beside(1) }[event.key];
      if (seen(next)) this.groupOf(next)?.focus();
    } else return;
    event.preventDefault();
  }

  /** Says all about a box in the bar below; null: about what is zoomed. */
  explain(box) {
    const about = box ?? this.zoomed;
    if (!about) return;
    if (box === null && this.zoomed === this.geometry.root) return say(this.details, this.geometry.said);
    fill(this.details, h("b", {}, clip(about.name, 800)), " ", h("span.dim", {}, `${about.amount}, ${this.percent(about)}`));
  }
}

const inside = (inner, outer) => inner.x >= outer.x - 1e-7 && inner.x + inner.width <= outer.x + outer.width + 1e-7;

function element(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
