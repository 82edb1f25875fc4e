// Which snapshots the panel judges together: all of one run of the server, until the reader says otherwise.

import { fill, h, say } from "heapdiff/dom.js";
import { clip, plural, thousands } from "heapdiff/format.js";
import { keep } from "heapdiff/keyed.js";
import * as state from "heapdiff/state.js";

/** Fewer show no course; more are not judged at once. Both as the panel's server has it. */
const LEAST = 3;
const MOST = 24;

export class Series {
  constructor() {
    this.summary = h("summary");
    this.list = h("ul.series-list");
    this.all = h("button.small.quiet", { type: "button", onclick: () => state.set({ series: null }) }, "All of this run");
    this.element = h("details.series", {}, this.summary, h("fieldset", {}, h("legend.unseen", {}, "Snapshots of the series"), this.list), this.all);
  }

  /**
   * Brings the boxes up to the snapshots there are, oldest first.
   * @returns {object[]} those of the series, in their order
   */
  update(snapshots, chosen) {
    const usable = snapshots.filter((snapshot) => !snapshot.error);
    const wanted = state.get("series")?.split(",") ?? [];
    const picked = usable.filter((snapshot) => wanted.includes(snapshot.id));
    this.series = picked.length > 0 ? picked : run(usable, chosen);
    this.all.disabled = picked.length === 0;
    keep(this.list, usable, (snapshot) => this.entry(snapshot));
    const [first, last] = [this.series[0], this.series.at(-1)];
    const from = this.series.length > 1 && known(first) && known(last) ? `, ${thousands(first.requests)} to ${thousands(last.requests)} requests` : "";
    say(this.summary, `Series: ${this.series.length} of ${usable.length} ${plural(usable.length, "snapshot")}${from}`);
    return this.series;
  }

  entry({ id }) {
    const box = h("input", { type: "checkbox", onchange: () => this.pick(id, box.checked) });
    const name = h("span.series-name");
    const rest = h("span.dim");
    const update = (snapshot) => {
      box.checked = this.series.includes(snapshot);
      box.disabled = !known(snapshot);
      say(name, clip(snapshot.label, 120));
      say(rest, known(snapshot) ? `${thousands(snapshot.requests)} ${plural(snapshot.requests, "request")}` : "requests not known");
    };
    return { element: h("li", {}, h("label", {}, box, " ", name, " ", rest)), update };
  }

  pick(id, checked) {
    const ids = this.series.map((snapshot) => snapshot.id).filter((other) => other !== id);
    state.set({ series: (checked ? [...ids, id] : ids).join(",") });
  }
}

/** Why there can be no verdict on a series yet, and what to do; null if there can be one. */
export function missing(series, chosen) {
  if (series.length === 0 && !known(chosen)) {
    return "This snapshot does not say how many requests were served. A verdict needs that: have the program write “requests” into its snapshots.";
  }
  const falls = series.findIndex((snapshot, at) => at > 0 && snapshot.requests <= series[at - 1].requests);
  if (falls > 0) {
    const say = ({ label, requests }) => `${clip(label, 80)} (${thousands(requests)})`;
    return `The requests must rise from snapshot to snapshot, but ${say(series[falls])} comes after ${say(series[falls - 1])}. Choose above.`;
  }
  if (series.length < LEAST) {
    return `A verdict needs at least three snapshots of one run; ${series.length === 1 ? "this is the only one" : `there are ${series.length}`}. `
      + "Send the server as many requests as it has served so far, and take another; do that three or four times.";
  }
  if (series.length > MOST) return `At most ${MOST} snapshots are judged at once: choose fewer above, best those where the requests doubled.`;
  return null;
}

/** Fills an element with what is missing, and tells whether anything is. */
export function explain(element, series, chosen) {
  const why = missing(series, chosen);
  element.hidden = why === null;
  if (why !== null && element.textContent !== why) fill(element, h("p", {}, why));
  return why !== null;
}

const known = (snapshot) => snapshot.requests !== null;

/** The snapshots of the chosen one's server around it, as long as the requests rise: a server that was started again begins anew. */
function run(snapshots, chosen) {
  const same = snapshots.filter((other) => known(other) && other.server === chosen.server && other.command === chosen.command);
  const runs = [[]];
  for (const snapshot of same) {
    const last = runs.at(-1).at(-1);
    if (last && snapshot.requests < last.requests) runs.push([]);
    if (last?.requests !== snapshot.requests || runs.at(-1).length === 0) runs.at(-1).push(snapshot);
    else if (snapshot === chosen) runs.at(-1).splice(-1, 1, snapshot);
  }
  return runs.find((run) => run.includes(chosen)) ?? [];
}
