// The panel's right side: the servers' status and the tabs over the chosen snapshot, what it is compared with, and what to do
// if there is nothing.

import { ComparisonView } from "heapdiff/comparison.js";
import { load } from "heapdiff/data.js";
import { fill, h, say } from "heapdiff/dom.js";
import { FlameView } from "heapdiff/flame-view.js";
import { GrowthView } from "heapdiff/growth.js";
import { clip } from "heapdiff/format.js";
import { Loader } from "heapdiff/loader.js";
import { Series, explain } from "heapdiff/series.js";
import * as state from "heapdiff/state.js";
import { StatusView } from "heapdiff/status.js";
import { SummaryView } from "heapdiff/summary.js";
import { tabs } from "heapdiff/tabs.js";

export class PanelViews {
  /** @param {() => Promise<void>} refresh asks the panel anew what there is */
  constructor(refresh) {
    this.status = new StatusView(refresh);
    this.comparison = new Loader(answered(new ComparisonView()));
    this.growth = new Loader(answered(new GrowthView()));
    this.series = new Series();
    this.noSeries = h("div.empty", { hidden: true });
    this.summary = new Loader(new SummaryView());
    this.flame = new FlameView();
    this.bases = [this.baseChooser(), this.baseChooser()];
    this.alone = h("div.empty", { hidden: true });
    this.title = h("h2.chosen-title");
    this.nothing = h("div.empty.first", {});
    const ofSnapshot = (show) => (panel) => {
      this.title.hidden = !this.usable;
      if (this.usable) show(panel);
      else this.place(this.nothing, panel);
    };
    this.tabs = tabs([
      { id: "status", name: "Status", show: (panel) => this.showStatus(panel), hide: () => this.status.hide() },
      { id: "summary", name: "Summary", show: ofSnapshot((panel) => this.showSummary(panel)) },
      { id: "comparison", name: "Comparison", show: ofSnapshot((panel) => this.showComparison(panel)) },
      { id: "growth", name: "Growth", show: ofSnapshot((panel) => this.showGrowth(panel)) },
      { id: "flame", name: "Flame graph", show: ofSnapshot((panel) => this.showFlame(panel)) },
    ], () => (this.usable ? "summary" : "status"));
    this.chosen = h("div", { hidden: true }, this.title, this.tabs.element);
    this.element = h("div", {}, this.chosen, this.nothing);
  }

  /**
   * @param {object|null} snapshot the chosen one's entry
   * @param {{snapshots: object[], servers: object[]}} known
   */
  show(snapshot, known) {
    this.snapshot = snapshot;
    this.known = known;
    this.usable = snapshot !== null && !snapshot.error;
    const watching = known.servers.length > 0;
    this.chosen.hidden = !this.usable && !watching;
    this.nothing.hidden = this.usable;
    if (!this.usable) {
      this.showNothing(snapshot, known.servers);
      if (watching) this.tabs.refresh();
      else this.place(this.nothing, this.element);
      return;
    }
    say(this.title, clip(snapshot.label, 300));
    this.others = known.snapshots.filter((other) => other.id !== snapshot.id && !other.error);
    this.base = this.chosenBase(known.snapshots);
    this.judged = this.series.update(known.snapshots, snapshot);
    this.version = versionOf(snapshot);
    this.versions = `${this.version} ${versionOf(this.others.find((other) => other.id === this.base))}`;
    for (const chooser of this.bases) chooser.update(this.others, this.base);
    this.tabs.refresh();
  }

  /** The one that the reader chose, or the one before. */
  chosenBase(snapshots) {
    const wanted = state.get("base");
    if (this.others.some((other) => other.id === wanted)) return wanted;
    const at = snapshots.findIndex((other) => other.id === this.snapshot.id);
    return snapshots.slice(0, at).findLast((other) => !other.error)?.id ?? null;
  }

  baseChooser() {
    const select = h("select", { onchange: () => state.set({ base: select.value }, true) });
    const element = h("div.toolbar.top", {}, h("label.base", {}, h("span.choice-name", {}, "compared with"), select));
    let made = "";
    const update = (others, base) => {
      const options = [...(base === null ? [["", others.length ? "choose a snapshot" : "no other snapshot"]] : []),
        ...others.map((other) => [other.id, clip(other.label, 120)])];
      const key = JSON.stringify(options);
      if (key !== made) fill(select, options.map(([value, text]) => h("option", { value }, text)));
      made = key;
      select.value = base ?? "";
      select.disabled = others.length === 0;
    };
    return { element, update };
  }

  showStatus(panel) {
    this.title.hidden = true;
    this.place(this.status.element, panel);
    this.status.show(this.known);
  }

  /** Puts an element somewhere, in place of what may be there of a snapshot that is not any more. */
  place(element, where) {
    if (element.parentNode === where) return;
    if (where === this.element) where.append(element);
    else fill(where, element);
  }

  showSummary(panel) {
    this.summary.into(panel);
    this.summary.load(load, `api/snapshots/${encodeURIComponent(this.snapshot.id)}/summary`, this.version);
  }

  showComparison(panel) {
    this.comparison.into(panel, this.bases[0].element, this.alone);
    const alone = this.base === null;
    this.alone.hidden = !alone;
    this.comparison.place.hidden = alone;
    if (alone) {
      say(this.alone, this.others.length
        ? "This is the first snapshot. Choose above what to compare it with."
        : "A comparison needs a second snapshot: send the server some requests, then take another.");
      return;
    }
    const [base, snapshot] = [this.base, this.snapshot.id].map(encodeURIComponent);
    this.comparison.load(load, `api/comparison?base=${base}&snapshot=${snapshot}`, this.versions);
  }

  showGrowth(panel) {
    this.growth.into(panel, this.series.element, this.noSeries);
    const none = explain(this.noSeries, this.judged, this.snapshot);
    this.growth.place.hidden = none;
    if (none) return;
    const ids = this.judged.map((snapshot) => encodeURIComponent(snapshot.id));
    this.growth.load(load, `api/verdict?snapshots=${ids.join(",")}`, this.judged.map(versionOf).join(" "));
  }

  showFlame(panel) {
    this.flame.into(panel, this.bases[1].element);
    this.flame.show({ base: this.base, snapshot: this.snapshot.id }, this.versions);
  }

  showNothing(snapshot, servers) {
    if (snapshot) return fillOnce(this.nothing, snapshot.id, () => [
      h("h2", {}, clip(snapshot.label, 300)), h("p", {}, `This snapshot cannot be read: ${clip(snapshot.error, 600)}`)]);
    fillOnce(this.nothing, servers.length > 0 ? "server" : "none", () => [
      h("h2", {}, "Find what a service keeps"),
      h("ol", {},
        h("li", {}, servers.length ? "Take a snapshot of the server, on the left." : "Load a snapshot: with the button on the left, or drop the file here."),
        h("li", {}, "Send the server the requests that you suspect."),
        h("li", {}, "Take a second snapshot, and look at its Comparison."))]);
  }
}

/** A view with the head that its document brings above it. */
function answered(view) {
  const answer = h("div");
  let last = null;
  const show = (document) => {
    if (last !== document) answer.innerHTML = document.answer; // escaped where it was made
    last = document;
    view.show(document);
  };
  return { element: h("div", {}, answer, view.element), show };
}

/** A file may be replaced under its name, as a server does when it is asked for that name again. */
const versionOf = (snapshot) => snapshot && JSON.stringify({ ...snapshot, label: null });

/** Fills it anew only if it is about something else. */
function fillOnce(element, about, make) {
  if (element.dataset.about === about) return;
  element.dataset.about = about;
  fill(element, make());
}
