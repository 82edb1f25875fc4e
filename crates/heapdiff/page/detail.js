// What an open row shows: its name in full, the numbers that found no column, and its call paths (by type: its sites).

import { ICONS, h, icon } from "heapdiff/dom.js";
import { held, remark } from "heapdiff/excerpt.js";
import { plural, thousands, told } from "heapdiff/format.js";
import { more } from "heapdiff/more.js";
import { place } from "heapdiff/row.js";
import { callPath } from "heapdiff/stack.js";

/**
 * @param {import("heapdiff/model.js").Model} model
 * @param {"site"|"type"|"stack"} by
 * @param {Column[]} columns all of the table's
 * @returns {(row: object, hidden: Column[]) => HTMLElement} for table.js
 */
export function detail(model, by, columns) {
  const requests = model.document.requests;
  return (row, hidden) => {
    const site = model.sites[row.site];
    const body = by === "type" && row.sites > 1 ? sites(row) : paths(row);
    return h("div.detail", {}, name(site, row), facts(row, hidden), body);
  };

  function name(site, row) {
    const full = site.frame?.name ?? "";
    const where = by !== "type" || row.sites === 1;
    const note = where ? remark(row, requests) : null;
    return h("div.full", {},
      site.constructor.length > 48 && h("p.full-name", {}, h("code", {}, site.constructor)),
      where && full && full !== site.constructor && h("p.full-function", {}, "in ", h("code", {}, full)),
      note && h("p.remark", {}, note));
  }

  function facts(row, hidden) {
    const entries = hidden.filter((column) => row.numbers[column.at] !== null).map((column) => [
      column.bound ? `${column.head} ${column.bound}` : column.head, told(column, row.numbers)]);
    if (row.live) {
      const [beforeBytes, beforeBlocks, afterBytes, afterBlocks] = row.live.map(thousands);
      entries.unshift(["Live bytes", `${beforeBytes} → ${afterBytes}`], ["Live blocks", `${beforeBlocks} → ${afterBlocks}`]);
    }
    return entries.length > 0 && h("dl.facts-of-row", {}, entries.map(([head, text]) => h("div", {}, h("dt", {}, head), h("dd", {}, text))));
  }

  function sites(row) {
    const list = model.sitesOf(row);
    return h("div", {}, h("p.heading", {}, `${thousands(list.length)} ${plural(list.length, "site")}`),
      more(h("ul.parts"), list, (part, at) => {
        const site = model.sites[part.site];
        return foldable(h("span.two", {}, place(site)), part, at === 0, () => paths(part));
      }));
  }

  function paths(row) {
    if (row.stacks.length === 1) {
      const stack = model.stack(row.stacks[0]);
      return h("div", {}, h("p.heading", {}, "Call path, innermost first"), callPath(model, stack, held(row)));
    }
    return h("div", {}, h("p.heading", {}, `${thousands(row.stacks.length)} call paths, innermost frame first`),
      more(h("ul.parts"), row.stacks, (number, at) => {
        const stack = model.stack(number);
        return foldable(h("span.path-name", {}, `Call path ${at + 1}`), stack, at === 0, () => callPath(model, stack, held(stack)));
      }));
  }

  /** A part of the row with its own numbers; its inside is made when it is first opened. */
  function foldable(title, part, open, make) {
    let inside = null;
    const toggle = () => {
      const opened = !entry.classList.contains("open");
      if (opened && !inside) entry.append((inside = h("div.inside", {}, make())));
      if (inside) inside.hidden = !opened;
      entry.classList.toggle("open", opened);
      button.setAttribute("aria-expanded", String(opened));
    };
    const button = h("button.part", { type: "button", "aria-expanded": "false", onclick: toggle },
      icon(ICONS.chevron), title, h("span.part-numbers", {}, numbers(part)));
    const entry = h("li", {}, button);
    if (open) toggle();
    return entry;
  }

  function numbers(part) {
    return columns.filter((column) => part.numbers[column.at] && !column.bar).slice(0, 6).map((column) => {
      const number = part.numbers[column.at];
      const direction = column.kind === "delta" ? (number > 0 ? ".more" : ".less") : "";
      return h(`span.part-number${direction}`, {}, h("span.dim", {}, `${column.head} `), h("b", {}, told(column, part.numbers)));
    });
  }
}
