// The tab "Growth": the whole heap over the requests, and a card for each site that moved; what leaks comes first. The
// verdict, the order and the charts are the document's.

import { chart } from "heapdiff/chart.js";
import { fill, h, say } from "heapdiff/dom.js";
import { mebibytes, plural, thousands } from "heapdiff/format.js";
import { card, evidence } from "heapdiff/growth-site.js";
import { AT_ONCE, more } from "heapdiff/more.js";
import * as state from "heapdiff/state.js";

const CLASSES = ["leak", "unclear", "bounded", "one-time", "shrinking"];

export class GrowthView {
  constructor() {
    this.heap = h("section.growth-heap", { "aria-label": "The whole heap" });
    this.choice = h("div.choice.wraps", { role: "group", "aria-label": "Class" });
    this.status = h("span.status", { role: "status" });
    this.toolbar = h("div.toolbar", { role: "group", "aria-label": "Which sites are shown" }, this.choice, this.status);
    this.sites = h("section", { "aria-label": "Sites" });
    this.rest = h("p.legend");
    this.onPaper = h("p.on-paper");
    this.element = h("div.growth", {}, this.heap, this.toolbar, this.sites, this.onPaper, this.rest);
  }

  /** @param {object} verdict the document */
  show(verdict) {
    if (verdict !== this.verdict) {
      this.verdict = verdict;
      this.drawn = null;
      this.showHeap(verdict);
      this.choices(verdict.sites);
      const left = verdict.sites_left_out;
      fill(this.rest, h("b", {}, "may hold"), " A collection that grows in place shows its room, which is up to twice what it holds. ",
        h("b", {}, "Dashed"), " a straight line, as a leak grows. Sites that hold what they held are not shown",
        left > 0 && `, nor ${thousands(left)} more that grew little: heapdiff verdict --format json has them all`, ".");
    }
    this.follow();
  }

  showHeap({ chart: svg, heap }) {
    fill(this.heap, h("figure.growth-chart", {}, chart(svg)), h("div.growth-facts", {},
      h("h2", {}, "The whole heap"),
      evidence("The whole heap", heap, [
        ["live bytes", (at) => thousands(at.live_bytes)], ["blocks", (at) => thousands(at.live_blocks)],
        heap.some((at) => at.rss_bytes !== null) && ["RSS", (at) => (at.rss_bytes === null ? "–" : mebibytes(at.rss_bytes))],
      ].filter(Boolean))));
  }

  choices(sites) {
    const count = (name) => sites.filter((site) => site.class === name).length;
    const there = CLASSES.filter((name) => count(name) > 0);
    this.buttons = ["all", ...there].map((name) => h("button", { type: "button", "data-class": name,
      onclick: () => state.set({ class: name === "all" ? null : name }) },
    name, h("span.count", {}, ` ${thousands(name === "all" ? sites.length : count(name))}`)));
    fill(this.choice, this.buttons);
    this.toolbar.hidden = sites.length === 0;
  }

  /** Brings buttons and cards up to the address. */
  follow() {
    const wanted = state.get("class");
    const chosen = this.buttons.some((button) => button.dataset.class === wanted) ? wanted : "all";
    for (const button of this.buttons) button.setAttribute("aria-pressed", String(button.dataset.class === chosen));
    if (chosen === this.drawn) return;
    this.drawn = chosen;
    const all = this.verdict.sites;
    const sites = chosen === "all" ? all : all.filter((site) => site.class === chosen);
    const count = `${thousands(all.length)} ${plural(all.length, "site")}`;
    say(this.status, sites.length === all.length ? count : `${thousands(sites.length)} of ${count}`);
    this.onPaper.textContent = sites.length > AT_ONCE ? `Of ${thousands(sites.length)} sites those that were unfolded; the page itself has them all.` : "";
    if (sites.length === 0) return fill(this.sites, h("p.empty", {}, "No site grew or shrank."));
    fill(this.sites, h("h2.unseen", {}, "Sites"), more(h("ul.growth-sites"), sites, card));
  }
}
