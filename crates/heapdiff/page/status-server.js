// A server in the tab "Status": its charts with their numbers, what happened, and the two buttons for snapshots. All numbers
// are the document's.

import * as api from "heapdiff/api.js";
import { chart } from "heapdiff/chart.js";
import { ICONS, fill, h, icon, say } from "heapdiff/dom.js";
import { clip, clock, duration, plural, thousands } from "heapdiff/format.js";
import { keep } from "heapdiff/keyed.js";
import { alert } from "heapdiff/messages.js";
import * as state from "heapdiff/state.js";

const STATES = { up: "up", gone: "gone", waiting: "not asked yet", "no-metrics": "no metrics" };

export class StatusServer {
  /** @param {() => Promise<void>} refresh asks the panel anew what there is */
  constructor(refresh) {
    this.refresh = refresh;
    this.name = h("h3");
    this.mark = h("span.server-state");
    this.url = h("code.server-url");
    this.take = h("button.primary.take", { type: "button", onclick: () => this.snapshot() }, icon(ICONS.camera), "Snapshot");
    this.compare = h("button", { type: "button", onclick: () => this.compareLast() }, "Compare the last two");
    this.result = h("p.server-result", { role: "status" });
    this.detail = h("p.status-detail", { role: "status" });
    this.charts = h("div.status-charts");
    this.statuses = h("p.status-line");
    this.events = h("ol.status-events");
    this.happened = h("div", {}, h("h4", {}, "What happened"), this.events);
    this.element = h("article.status-server", {},
      h("div.status-head", {}, h("div.status-who", {}, h("div.server-head", {}, this.name, this.mark), this.url),
        h("div.status-tools", {}, this.take, this.compare)),
      h("div.status-said", {}, this.detail, this.result), this.charts, this.statuses, this.happened);
  }

  /** What the panel's list says: names, snapshots, and whether one is being taken. */
  know(known) {
    this.known = known;
    if (this.told) this.follow();
  }

  /** @param {object} told the server's part of the document */
  update(told) {
    this.told = told;
    this.mark.className = `server-state ${told.state === "up" ? "up" : "gone"}`;
    say(this.mark, STATES[told.state] ?? told.state);
    say(this.url, told.url);
    say(this.detail, told.detail ? clip(told.detail, 600) : "");
    keep(this.charts, told.charts, figure);
    this.charts.classList.toggle("old", told.state !== "up");
    const statuses = Object.entries(told.statuses ?? {}).map(([status, count]) => `${thousands(count)} with ${clip(status, 40)}`);
    const since = [];
    if (statuses.length > 0) since.push(`answers: ${statuses.join(", ")}`);
    if (told.snapshots !== null) since.push(`${thousands(told.snapshots)} ${plural(told.snapshots, "snapshot")}`);
    say(this.statuses, since.length > 0 ? `Since it was started: ${since.join("; ")}` : "");
    this.happened.hidden = told.events.length === 0;
    const events = told.events.map(({ at_ms: at, what }) => `${clock(new Date(at).toISOString())} ${what}`);
    const key = events.join("\n");
    if (this.key !== key) fill(this.events, events.map((event) => h("li", {}, event)));
    this.key = key;
    this.follow();
  }

  follow() {
    const card = this.card();
    const name = clip(card?.name ?? new URL(this.told.url).host, 120);
    say(this.name, name);
    this.element.setAttribute("aria-label", name);
    this.take.setAttribute("aria-label", `Snapshot of ${name}`);
    this.compare.setAttribute("aria-label", `Compare the last two of ${name}`);
    const busy = this.taking || Boolean(card?.capture);
    this.take.setAttribute("aria-disabled", String(busy || card?.state !== "up" || this.told.state === "gone"));
    if (busy) say(this.result, "Taking a snapshot …");
    this.pair = this.lastTwo(card);
    this.compare.disabled = this.pair === null;
  }

  card() {
    return this.known?.servers.find((server) => server.id === this.told.id) ?? null;
  }

  /** The last two snapshots of this server: those that the panel took of it, and those under a name that it alone has. */
  lastTwo(card) {
    if (!card) return null;
    const alone = card.name !== null && this.known.servers.filter((other) => other.name === card.name).length === 1;
    const own = this.known.snapshots.filter((snapshot) => !snapshot.error
      && (card.taken.includes(snapshot.id) || (alone && snapshot.server === card.name)));
    return own.length > 1 ? own.slice(-2) : null;
  }

  async snapshot() {
    if (this.take.getAttribute("aria-disabled") === "true") return;
    state.set({ tab: "status" }); // with its first snapshot the panel would show that instead
    this.taking = true;
    this.follow();
    let result = "";
    try {
      const taken = await api.capture(this.told.id);
      const paused = taken.pause_us === null ? "" : `; paused ${duration(taken.pause_us)}`;
      result = `Taken: ${clip(taken.label, 80)}${paused}`;
    } catch (error) {
      alert(`No snapshot of ${this.name.textContent}: ${error.message}`);
    }
    this.taking = false;
    await this.refresh();
    say(this.result, result);
  }

  compareLast() {
    if (!this.pair) return;
    const [base, snapshot] = this.pair;
    state.set({ tab: "comparison", base: base.id, snapshot: snapshot.id }, true);
  }
}

/** A chart, and its lines in numbers. */
function figure() {
  const title = h("h4");
  const values = h("table.status-values");
  const picture = h("div");
  const element = h("figure.status-chart", {}, h("figcaption", {}, title, values), picture);
  let rows = [];
  let made = null;
  const update = (told) => {
    say(title, told.title);
    const names = JSON.stringify([told.missing, told.values.map((value) => value.name)]);
    if (names !== made) {
      made = names;
      rows = told.values.map(({ name }) => [name, h("td"), h("td.dim")]);
      fill(values, h("caption.unseen", {}, `${told.title} in numbers`),
        rows.map(([name, now, beside]) => h("tr", {}, h("th", { scope: "row" }, name), now, beside)));
      if (told.missing) fill(picture, h("p.status-missing", {}, told.missing));
    }
    for (const [at, [, now, beside]] of rows.entries()) {
      const value = told.values[at];
      say(now, value.now ?? "–");
      say(beside, value.beside ?? "");
    }
    if (told.svg) fill(picture, chart(told.svg));
  };
  return { element, update };
}
