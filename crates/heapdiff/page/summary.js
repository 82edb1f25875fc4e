// The tab "Summary": what a snapshot says about itself, and the explorer over what it holds.

import * as columns from "heapdiff/columns.js";
import { fill, h } from "heapdiff/dom.js";
import { Explorer } from "heapdiff/explorer.js";
import { duration, mebibytes, moment, plural, size, thousands } from "heapdiff/format.js";

export class SummaryView {
  constructor() {
    this.explorer = new Explorer({ caption: "What the snapshot holds", key: "order", sort: "live_bytes" });
    this.facts = h("dl.snapshot-facts");
    this.routes = h("div");
    this.element = h("div", {}, this.facts, this.routes, this.explorer.element, h("div.foot.none", {}, this.explorer.onPaper));
  }

  /** @param {object} summary the document */
  show(summary) {
    if (summary !== this.summary) {
      this.summary = summary;
      this.list = columns.ofSummary(summary);
      fill(this.facts, facts(summary).map(([head, text, small]) =>
        h("div", {}, h("dt", {}, head), h("dd", {}, text, small && h("small", {}, small)))));
      fill(this.routes, routes(summary.snapshot.requests_by_route));
    }
    this.explorer.show(summary, this.list);
  }
}

/** What is known of: head, text, and a small remark. */
function facts(summary) {
  const snapshot = summary.snapshot;
  const known = (value, make) => value !== null && value !== undefined && make(value);
  return [
    ["Live heap", size(snapshot.live_bytes), `${thousands(snapshot.live_bytes)} bytes`],
    ["Live blocks", thousands(snapshot.live_blocks)],
    known(summary.estimate, (text) => ["Estimates", text]),
    known(snapshot.rss_bytes, (rss) => ["RSS", mebibytes(rss), `${thousands(rss)} bytes`]),
    known(snapshot.requests, (requests) => ["Requests", thousands(requests)]),
    known(summary.total_bytes, (bytes) => ["Allocated so far", size(bytes), `in ${thousands(summary.total_blocks)} ${plural(summary.total_blocks, "block")}`]),
    known(snapshot.pause_us, (us) => ["Pause", duration(us), "could not allocate"]),
    known(snapshot.time, (time) => ["Taken", moment(time), known(snapshot.uptime_us, (us) => `after ${duration(us)}`) || null]),
    known(snapshot.server, (server) => ["Server", server]),
    known(snapshot.command, (command) => ["Command", h("code", {}, command)]),
  ].filter(Boolean);
}

/** Requests by route, the busiest first, if the snapshot counts them. */
function routes(counts) {
  const list = Array.isArray(counts) ? counts : Object.entries(counts ?? {});
  if (list.length === 0) return null;
  return h("details.routes", {}, h("summary", {}, `Requests by route (${list.length})`),
    h("ul", {}, list.sort((a, b) => b[1] - a[1]).map(([route, count]) => h("li", {}, h("code", {}, route), ` ${thousands(count)}`))));
}
