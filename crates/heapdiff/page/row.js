// How a row of a table looks, and its head: elements, no more. Which rows there are is table.js's.

import { ICONS, h, icon } from "heapdiff/dom.js";
import { clip, told } from "heapdiff/format.js";

/** Characters of a name in a row; all of it is in the open row. */
const LONGEST = 300;

/**
 * A column's head, which sorts.
 * @param {import("heapdiff/table.js").Table} table
 */
export function headCell(table, column, at) {
  const sorted = table.sort === column.id;
  const direction = table.descending ? "descending" : "ascending";
  return h(at ? "th.number" : "th.name", { scope: "col", "aria-sort": sorted ? direction : null, "aria-colindex": at + 1 },
    h("button", { type: "button", title: column.title, "data-sort": column.id, onclick: () => table.onsort(column.id) },
      h("span.arrow", { "aria-hidden": "true" }, sorted ? (table.descending ? "▼" : "▲") : ""),
      h("span", {}, column.head),
      column.bound && h("span.bound", {}, h("span", { "aria-hidden": "true" }, column.bound),
        h("span.unseen", {}, column.bound === "≥" ? " lower bound" : " upper bound"))));
}

/** The row at a position of the table's order. */
export function row(table, at) {
  const number = table.order[at];
  const entry = table.rows.list[number];
  const site = table.rows.model.sites[entry.site];
  const button = h("button.opener", {
    type: "button", "aria-expanded": String(table.open.has(number)), tabindex: at === table.current ? 0 : -1,
  }, icon(ICONS.chevron), h("span.two", {},
    h("span.constructor", { title: clip(site.constructor, 1000) }, clip(site.constructor, LONGEST)),
    place(site, entry.sites)));
  const cells = table.shown.map((column) => cell(table, column, entry.numbers));
  return h(`tr.row${site.own ? ".own" : ""}${table.open.has(number) ? ".open" : ""}`, { "data-at": at, "aria-rowindex": at + 2 },
    h("th.name", { scope: "row", "aria-colindex": 1 }, button), cells);
}

function cell(table, column, numbers) {
  const number = numbers[column.at];
  const element = h("td.number", { "aria-colindex": table.columns.indexOf(column) + 2 });
  if (number === null || number === undefined) return element;
  if (number === 0) element.classList.add("zero");
  else if (column.kind === "delta") element.classList.add(number > 0 ? "more" : "less");
  // weight for what weighs: a page of bold numbers says nothing
  if (Math.abs(number) >= 0.01 * largest(table, column)) element.classList.add("major");
  element.append(told(column, numbers));
  const share = column.bar ? number : column.id === table.sort ? Math.abs(number) / largest(table, column) : 0;
  if (share >= 0.01) {
    const tone = column.kind === "delta" && number < 0 ? "shrank" : column.tone;
    const bar = h(`span.share.${tone}`, { "aria-hidden": "true" });
    bar.style.width = `${(100 * share).toFixed(2)}%`;
    element.append(h("span.share-of", {}, bar));
  }
  return element;
}

const most = new WeakMap();

/** The largest number of a column, whatever its sign. */
function largest(table, column) {
  const key = table.rows.numbers(column);
  if (!most.has(key)) most.set(key, key.reduce((most, number) => (Number.isFinite(number) ? Math.max(most, Math.abs(number)) : most), 0));
  return most.get(key) || 1;
}

/** The line below the constructor: function, and file with line. */
export function place(site, sites = 1) {
  const where = site.frame?.place || "(no line known)";
  // where the function stands for the type, it need not be said twice
  const short = site.frame && site.frame.short !== site.constructor ? site.frame.short : "";
  const more = sites > 1 ? ` (and ${sites - 1} more ${sites === 2 ? "site" : "sites"})` : "";
  return h("span.where", {},
    short && h("span.function", { title: clip(site.frame.name, 1000) }, clip(short, LONGEST)),
    h("span.place", { title: clip(where, 1000) }, h("bdi", {}, clip(where, LONGEST))),
    more && h("span.more-sites", {}, more));
}
