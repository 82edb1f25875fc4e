// The tab "Flame graph": which graph, of bytes or blocks, and the search in it. Drawing is flame.js's.

import { load } from "heapdiff/data.js";
import { fill, h, say } from "heapdiff/dom.js";
import { percent } from "heapdiff/format.js";
import { geometry } from "heapdiff/flame-geometry.js";
import { Flame } from "heapdiff/flame.js";
import { Loader } from "heapdiff/loader.js";
import * as state from "heapdiff/state.js";

const GRAPHS = [["diff", "What changed"], ["before", "Before"], ["after", "After"]];
const COUNTS = ["bytes", "blocks"];

export class FlameView {
  constructor() {
    this.flame = new Flame();
    this.flame.onzoom = (zoomed) => {
      this.reset.disabled = !zoomed;
      this.find();
    };
    this.controls();
    this.legend = h("p.flame-legend");
    this.element = h("div", {}, this.flame.element, this.legend);
    this.loader = new Loader({ element: this.element, show: (read) => this.draw(read) });
  }

  controls() {
    this.graphs = GRAPHS.map(([id, name]) => h("button", { type: "button", onclick: () => state.set({ graph: id === "diff" ? null : id }) }, name));
    this.counts = COUNTS.map((count) => h("button", { type: "button", onclick: () => state.set({ count: count === "bytes" ? null : count }) }, count));
    this.text = h("input", { type: "search", placeholder: "Search frames", "aria-label": "Search frames", spellcheck: "false", autocomplete: "off",
      oninput: () => state.set({ find: this.text.value }) });
    this.matched = h("span.matched-share", { role: "status" });
    this.reset = h("button", { type: "button", disabled: true, onclick: () => this.flame.zoom(null) }, "Reset zoom");
    this.toolbar = h("div.toolbar", { role: "group", "aria-label": "What the flame graph shows" },
      h("div.choice", { role: "group", "aria-label": "Graph" }, this.graphs),
      h("div.choice", { role: "group", "aria-label": "Widths count" }, h("span.choice-name", {}, "Live"), this.counts),
      h("label.filter", {}, this.text), this.matched, this.reset);
  }

  into(panel, ...above) {
    this.loader.into(panel, ...above, this.toolbar);
  }

  /**
   * @param {{base: string|null, snapshot: string}} ids without a base there is but one graph
   * @param {string} [version] of the two
   */
  show({ base, snapshot }, version) {
    const wanted = state.get("graph", "diff");
    const graph = !base ? "after" : GRAPHS.some(([id]) => id === wanted) ? wanted : "diff";
    const count = state.get("count") === "blocks" ? "blocks" : "bytes";
    for (const [at, button] of this.graphs.entries()) {
      button.setAttribute("aria-pressed", String(GRAPHS[at][0] === graph));
      button.disabled = !base && GRAPHS[at][0] !== "after";
    }
    for (const [at, button] of this.counts.entries()) button.setAttribute("aria-pressed", String(COUNTS[at] === count));
    if (this.text.value !== state.get("find", "")) this.text.value = state.get("find", "");
    const of = graph === "diff" ? `base=${encodeURIComponent(base)}&snapshot=${encodeURIComponent(snapshot)}`
      : `snapshot=${encodeURIComponent(graph === "before" ? base : snapshot)}`;
    this.graph = graph;
    this.loader.load(async (url, signal) => geometry(await load(url, signal)), `api/flamegraph?${of}&count=${count}`, version);
  }

  draw(read) {
    if (read !== this.read) {
      this.read = read;
      this.flame.element.hidden = !read.root;
      this.legendOf(read);
      if (read.root) this.flame.show(read);
      this.reset.disabled = true;
    }
    this.flame.draw();
    this.find();
  }

  legendOf(read) {
    if (!read.root) return fill(this.legend, read.said);
    const key = (tone, text) => h(`span.key.${tone}`, {}, h("span.swatch", { "aria-hidden": "true" }), h("span.swatch.pale", { "aria-hidden": "true" }), text);
    fill(this.legend, this.graph === "diff" ? [key("grew", "grew (left)"), key("shrank", "shrank (right)")] : key("held", "live"),
      h("span", {}, "Strong: your code. Pale: the standard library, crates, the runtime. What a frame called stands on top of it."));
  }

  find() {
    const share = this.flame.search(state.get("find", ""));
    say(this.matched, share === null ? "" : share === 0 ? "no match" : `matched ${percent(share)}`);
  }
}
