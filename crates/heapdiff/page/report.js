// The report: two snapshots, or a series, that never change; all documents in the file. The head is there already; this
// adds the tabs.

import { ComparisonView } from "heapdiff/comparison.js";
import { load } from "heapdiff/data.js";
import { h } from "heapdiff/dom.js";
import { FlameView } from "heapdiff/flame-view.js";
import { GrowthView } from "heapdiff/growth.js";
import { Loader } from "heapdiff/loader.js";
import * as state from "heapdiff/state.js";
import { SummaryView } from "heapdiff/summary.js";
import { tabs } from "heapdiff/tabs.js";

/**
 * @param {{base: string, snapshot: string, tabs: string[], view: object}} boot the ids of the two snapshots that are
 *   compared, which tabs there are (the first is open), and how to look at them at first
 */
export function start(boot) {
  state.begin(boot.view);
  const growth = new Loader(new GrowthView());
  const comparison = new Loader(new ComparisonView());
  const summary = new Loader(new SummaryView());
  const flame = new FlameView();
  const which = chooser();

  const all = [
    { id: "growth", name: "Growth", show: (panel) => {
      growth.into(panel);
      growth.load(load, "api/verdict");
    } },
    { id: "comparison", name: "Comparison", show: (panel) => {
      comparison.into(panel);
      comparison.load(load, `api/comparison?base=${boot.base}&snapshot=${boot.snapshot}`);
    } },
    { id: "summary", name: "Summary", show: (panel) => {
      summary.into(panel, which.element);
      summary.load(load, `api/snapshots/${which.follow() === "before" ? boot.base : boot.snapshot}/summary`);
    } },
    { id: "flame", name: "Flame graph", show: (panel) => {
      flame.into(panel);
      flame.show({ base: boot.base, snapshot: boot.snapshot });
    } },
  ];
  const views = tabs(all.filter((tab) => boot.tabs.includes(tab.id)), () => boot.tabs[0]);

  document.getElementById("views").append(views.element);
  state.listen(views.refresh);
  views.refresh();
}

/** Which snapshot the summary is of. */
function chooser() {
  const names = ["before", "after"];
  const buttons = names.map((name) => h("button", { type: "button", onclick: () => state.set({ of: name === "after" ? null : name }) }, name));
  const element = h("div.toolbar.top", {}, h("div.choice", { role: "group", "aria-label": "Snapshot" }, h("span.choice-name", {}, "Snapshot"), buttons));
  const follow = () => {
    const chosen = state.get("of") === "before" ? "before" : "after";
    for (const [at, button] of buttons.entries()) button.setAttribute("aria-pressed", String(names[at] === chosen));
    return chosen;
  };
  return { element, follow };
}
