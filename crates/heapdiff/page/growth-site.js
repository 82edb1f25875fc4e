// A site over a series of snapshots: what it is, its chart, how much it gains, and the numbers behind that.

import { chart } from "heapdiff/chart.js";
import { h } from "heapdiff/dom.js";
import { clip, rate, thousands } from "heapdiff/format.js";

/** @param {object} site of the verdict's document */
export function card(site) {
  const allowed = site.allowed_because;
  return h(`li.growth-site.class-${site.class}${site.allowed ? ".allowed" : ""}`, {},
    h("div.growth-head", {},
      h("h3", {}, h("code", {}, clip(site.type, 300))),
      h("p.growth-place", {}, h("code.function", {}, clip(site.short_function, 300)), " ", h("code.place", {}, clip(site.place, 300))),
      h("p.growth-class", {}, h("span.badge", {}, site.class), site.allowed && h("span.badge.quiet", {}, "allowed"),
        site.grows_in_place && h("span.dim", {}, "grows in place")),
      h("p.measure", {}, h("b", {}, rate(site.bytes_per_request)), " bytes per request", bounds(site.bytes_per_request_low, site.bytes_per_request_high)),
      h("p.measure.dim", {}, rate(site.blocks_per_request), " blocks per request", bounds(site.blocks_per_request_low, site.blocks_per_request_high)),
      allowed && h("p.remark", {}, h("b", {}, "Allowed: "), clip(allowed, 600)),
      site.reason && h("p.remark", {}, h("b", {}, "Why unclear: "), site.reason)),
    h("figure.growth-chart", {}, chart(site.chart)),
    evidence(clip(site.type, 100), site.evidence, [["live bytes", (at) => thousands(at.live_bytes)], ["blocks", (at) => thousands(at.live_blocks)]]));
}

/** ` (36 to 84)`, if the rate is not exact. */
function bounds(low, high) {
  const [from, to] = [low, high].map((bound) => rate(bound).replace(/^\+/, ""));
  return from === to ? "" : ` (${from} to ${to})`;
}

/**
 * The numbers behind a chart, a row for each snapshot.
 * @param {string} of
 * @param {object[]} points
 * @param {[string, (at: object) => string][]} columns
 */
export function evidence(of, points, columns) {
  return h("table.facts.evidence", {}, h("caption.unseen", {}, `${of} at each snapshot`),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "requests"), columns.map(([head]) => h("th", { scope: "col" }, head)))),
    h("tbody", {}, points.map((at) => h("tr", {}, h("th", { scope: "row" }, thousands(at.requests)), columns.map(([, text]) => h("td", {}, text(at)))))));
}
