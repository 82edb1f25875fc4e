// The panel: servers and snapshots on the left, the servers' status and the views of the chosen snapshot on the right. Asks
// every other second what there is, for snapshots and servers come and go without it.

import * as api from "heapdiff/api.js";
import { PanelViews } from "heapdiff/panel-views.js";
import { h } from "heapdiff/dom.js";
import { loader } from "heapdiff/files.js";
import { alert } from "heapdiff/messages.js";
import { Servers } from "heapdiff/servers.js";
import { Snapshots } from "heapdiff/snapshots.js";
import * as state from "heapdiff/state.js";

const EVERY = 2000;

export function start() {
  new Panel().start();
}

class Panel {
  constructor() {
    this.known = { snapshots: [], servers: [], deleted: [] };
    this.servers = new Servers((taken) => this.arrived(taken), () => this.refresh());
    this.snapshots = new Snapshots({ select: (id) => this.select(id), refresh: () => this.refresh() });
    this.views = new PanelViews(() => this.refresh());
    this.sidebar = document.getElementById("sidebar");
    this.drawer = document.getElementById("drawer");
  }

  async start() {
    this.sidebar.append(this.servers.element,
      h("section", { "aria-label": "Snapshots" },
        h("div.section-head", {}, h("h2.section", {}, "Snapshots"), loader((loaded) => this.arrived(loaded))),
        this.snapshots.element,
        h("p.hint", {}, "Or drop files anywhere on this page.")));
    document.getElementById("views").append(this.views.element);
    this.drawer.addEventListener("click", () => this.showSidebar(!this.sidebar.classList.contains("open")));
    state.listen(() => this.show());
    document.addEventListener("visibilitychange", () => this.refresh());
    await this.refresh();
    if (this.known.snapshots.length === 0 && this.known.servers.length === 0) this.showSidebar(true);
    setInterval(() => this.refresh(), EVERY);
  }

  /** Asks what there is. One question at a time; one that comes meanwhile is asked after. */
  async refresh() {
    if (document.visibilityState === "hidden") return;
    if (this.asking) {
      this.again ??= this.asking.then(() => {
        this.again = null;
        return this.refresh();
      });
      return this.again;
    }
    this.asking = this.ask();
    try {
      await this.asking;
    } finally {
      this.asking = null;
    }
  }

  async ask() {
    try {
      this.known = { servers: [], deleted: [], ...(await api.list()) };
      this.silent?.();
      this.silent = null;
    } catch (error) {
      this.silent ??= alert(error.message[0].toUpperCase() + error.message.slice(1));
      return;
    }
    this.show();
  }

  /** A new snapshot is what one wants to see. */
  async arrived(snapshot) {
    await this.refresh();
    this.select(snapshot.id);
  }

  select(id) {
    state.set({ snapshot: id, base: null }, true);
    this.showSidebar(false);
  }

  show() {
    const good = this.known.snapshots.filter((snapshot) => !snapshot.error);
    const wanted = this.known.snapshots.find((snapshot) => snapshot.id === state.get("snapshot"));
    const chosen = wanted ?? good.at(-1) ?? null;
    this.servers.update(this.known.servers);
    this.snapshots.update(this.known, chosen?.id);
    this.views.show(chosen, this.known);
  }

  /** On narrow screens the sidebar lies above the views and can be put away. */
  showSidebar(open) {
    this.sidebar.classList.toggle("open", open);
    this.drawer.setAttribute("aria-expanded", String(open));
  }
}
