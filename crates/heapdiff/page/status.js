// The tab "Status": how each server is, and how it came to be so. The panel tells it once a second, as long as somebody sees
// it: a browser makes six connections to one host and no more, so a tab that nobody sees must not hold one.

import * as api from "heapdiff/api.js";
import { h, say } from "heapdiff/dom.js";
import { keep } from "heapdiff/keyed.js";
import * as state from "heapdiff/state.js";
import { StatusServer } from "heapdiff/status-server.js";

const MINUTES = ["1", "5", "15"];

/** After so many milliseconds without news the numbers are said to be old; and a connection that was refused is tried again. */
const OLD = 4000;
const AGAIN = 2000;

export class StatusView {
  /** @param {() => Promise<void>} refresh asks the panel anew what there is */
  constructor(refresh) {
    this.refresh = refresh;
    this.buttons = MINUTES.map((minutes) => h("button", { type: "button", "data-minutes": minutes,
      onclick: () => state.set({ minutes: minutes === MINUTES[0] ? null : minutes }) }, `${minutes} min`));
    this.choice = h("div.choice", { role: "group", "aria-label": "How far back" }, this.buttons);
    this.news = h("span.status", { role: "status" });
    this.list = h("div.status-servers");
    this.empty = h("p.empty", { hidden: true }, "No server is watched. Start the panel with the URL of one: ",
      h("code", {}, "cargo panel http://127.0.0.1:3000 snapshots"));
    this.element = h("div", {}, h("div.toolbar", {}, this.choice, this.news), this.empty, this.list);
    this.shown = false;
    document.addEventListener("visibilitychange", () => this.follow());
  }

  /** @param {{snapshots: object[], servers: object[]}} known */
  show(known) {
    this.known = known;
    this.shown = true;
    this.empty.hidden = known.servers.length > 0;
    this.follow();
    for (const { server } of this.list.entries?.values() ?? []) server.know(known);
  }

  hide() {
    this.shown = false;
    this.follow();
  }

  /** Is connected if and only if somebody looks. */
  follow() {
    const wanted = state.get("minutes", MINUTES[0]);
    const minutes = MINUTES.includes(wanted) ? wanted : MINUTES[0];
    for (const button of this.buttons) button.setAttribute("aria-pressed", String(button.dataset.minutes === minutes));
    const looking = this.shown && document.visibilityState !== "hidden";
    if (looking && this.source && this.minutes === minutes) return;
    this.close();
    if (looking) this.open(minutes);
  }

  open(minutes) {
    this.minutes = minutes;
    this.source = api.status(minutes);
    this.source.addEventListener("status", (event) => this.update(JSON.parse(event.data)));
    this.source.addEventListener("error", () => {
      // the browser connects again by itself, unless it was told no
      if (this.source?.readyState !== EventSource.CLOSED) return;
      this.close();
      this.later = setTimeout(() => this.follow(), AGAIN);
    });
    this.wait();
  }

  close() {
    clearTimeout(this.later);
    clearTimeout(this.old);
    this.source?.close();
    this.source = null;
  }

  wait() {
    clearTimeout(this.old);
    this.old = setTimeout(() => say(this.news, "No news from the panel: connecting again …"), OLD);
  }

  update(document) {
    this.wait();
    say(this.news, "");
    keep(this.list, document.servers, () => {
      const server = new StatusServer(this.refresh);
      server.know(this.known);
      return { element: server.element, server, update: (told) => server.update(told) };
    });
  }
}
