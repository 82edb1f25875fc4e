// The servers in the sidebar: whether each is up, what it holds, and the button that takes a snapshot of it.

import * as api from "heapdiff/api.js";
import { ICONS, h, icon, say } from "heapdiff/dom.js";
import { duration, mebibytes, plural, size, thousands } from "heapdiff/format.js";
import { keep } from "heapdiff/keyed.js";
import { alert } from "heapdiff/messages.js";

const STAGES = { asking: "asking the server", fetching: "fetching the file", reading: "reading the file" };

export class Servers {
  /** @param {(taken: object) => void} ontaken called with the new snapshot's entry */
  constructor(ontaken, refresh) {
    this.ontaken = ontaken;
    this.refresh = refresh;
    this.list = h("ul.servers");
    this.element = h("section", { "aria-label": "Servers", hidden: true }, h("h2.section", {}, "Servers"), this.list);
  }

  update(servers) {
    this.element.hidden = servers.length === 0;
    keep(this.list, servers, (server) => this.entry(server));
  }

  entry({ id }) {
    const name = h("span.server-name");
    const mark = h("span.server-state");
    const url = h("code.server-url");
    const facts = h("p.server-facts");
    const button = h("button.primary.take", { type: "button", onclick: () => take() }, icon(ICONS.camera), "Take snapshot");
    const stage = h("span", {});
    const progress = h("div.progress", { hidden: true }, h("progress", { "aria-label": "Taking a snapshot" }), stage);
    const result = h("p.server-result", { role: "status" });
    const element = h("li.server", {}, h("div.server-head", {}, name, mark), url, facts, button, progress, result);
    let began = 0;
    let latest = null;

    const take = async () => {
      if (button.getAttribute("aria-disabled") === "true") return;
      began = performance.now();
      say(result, "");
      show();
      const ticking = setInterval(() => { show(); this.refresh(); }, 400);
      try {
        const taken = await api.capture(id);
        say(result, taken.pause_us === null ? `Taken: ${taken.label}` : `Taken; paused ${duration(taken.pause_us)}`);
        this.ontaken(taken);
      } catch (error) {
        alert(`No snapshot of ${latest.name ?? latest.url}: ${error.message}`);
      } finally {
        clearInterval(ticking);
        began = 0;
        show();
        this.refresh();
      }
    };

    const show = () => {
      const up = latest.state === "up";
      const busy = began > 0 || latest.capture;
      say(name, latest.name ?? new URL(latest.url).host);
      mark.className = `server-state ${up ? "up" : "gone"}`;
      say(mark, up ? "up" : "gone");
      say(url, latest.url);
      say(facts, up ? held(latest) : latest.detail ?? "does not answer");
      // aria-disabled, not disabled: the button keeps the focus while it works
      button.setAttribute("aria-disabled", String(!up || Boolean(busy)));
      progress.hidden = !busy;
      if (!busy) return;
      const elapsed = began ? performance.now() - began : latest.capture.elapsed_ms;
      say(stage, `${STAGES[latest.capture?.stage] ?? STAGES.asking} · ${(elapsed / 1000).toFixed(1)} s`);
    };

    return { element, update: (server) => { latest = server; show(); } };
  }
}

function held(server) {
  const parts = [];
  if (server.live_bytes !== null) parts.push(`${size(server.live_bytes)} live`);
  if (server.rss_bytes !== null) parts.push(`RSS ${mebibytes(server.rss_bytes)}`);
  if (server.requests !== null) parts.push(`${thousands(server.requests)} ${plural(server.requests, "request")}`);
  return parts.join(" · ");
}
