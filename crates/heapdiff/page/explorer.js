// A table with its controls: filter, grouping, "only my code", sort. Comparison and summary are both one of these.
// The choices live in the address (state.js); this follows it.

import { detail } from "heapdiff/detail.js";
import { fill, h, say } from "heapdiff/dom.js";
import { plural, thousands } from "heapdiff/format.js";
import { Model } from "heapdiff/model.js";
import { Rows, haystacks } from "heapdiff/rows.js";
import * as state from "heapdiff/state.js";
import { PRINTED, Table } from "heapdiff/table.js";

const GROUPS = ["site", "type", "stack"];

export class Explorer {
  /**
   * @param {object} options
   * @param {string} options.caption
   * @param {string} options.key the sort's key in the address
   * @param {string} options.sort the column sorted by at first
   */
  constructor({ caption, key, sort }) {
    this.key = key;
    this.initial = sort;
    this.table = new Table({ caption, onsort: (id) => this.sortBy(id), detail: (row, hidden) => this.detail(row, hidden),
      onlayout: (all) => this.element.classList.toggle("all-columns", all) });
    this.controls();
    this.nothing = h("div.empty", { hidden: true });
    this.element = h("div.explorer", {}, this.toolbar, this.table.element, this.nothing);
    this.onPaper = h("p.on-paper");
  }

  controls() {
    this.text = h("input", { type: "search", placeholder: "Filter: type, function, file", "aria-label": "Filter rows by type, function or file",
      spellcheck: "false", autocomplete: "off", oninput: () => state.set({ q: this.text.value }) });
    this.groups = GROUPS.map((by) => h("button", { type: "button", onclick: () => state.set({ by: by === "site" ? null : by }) }, by));
    this.own = h("input", { type: "checkbox", role: "switch", onchange: () => state.set({ own: this.own.checked ? "1" : null }) });
    this.select = h("select", { "aria-label": "Sort by", onchange: () => this.sortBy(this.select.value, true) });
    this.turn = h("button.quiet.square", { type: "button", onclick: () => this.sortBy(this.sorted().id) });
    this.toolbar = h("div.toolbar", { role: "group", "aria-label": "What the table shows" },
      h("label.filter", {}, this.text),
      h("div.choice", { role: "group", "aria-label": "Group by" }, h("span.choice-name", {}, "Group by"), this.groups),
      h("label.switch", {}, this.own, "Only my code"),
      h("span.sort-by", {}, h("span.choice-name", {}, "Sort by"), this.select, this.turn),
      (this.status = h("span.status", { role: "status" })));
  }

  /** Shows a document. */
  show(document, columns) {
    if (document !== this.document) {
      this.document = document;
      this.model = new Model(document);
      this.columns = columns;
      this.groupings = new Map();
      this.drawn = null;
      fill(this.select, h("option", { value: "constructor" }, "Constructor"), columns.map((column) => h("option", { value: column.id }, column.head)));
      (globalThis.requestIdleCallback ?? setTimeout)(() => haystacks(this.model));
    }
    this.follow();
  }

  sorted() {
    const wanted = state.get(this.key, `-${this.initial}`);
    const descending = wanted.startsWith("-");
    const id = descending ? wanted.slice(1) : wanted;
    const known = id === "constructor" || this.columns.some((column) => column.id === id);
    return known ? { id, descending } : { id: this.initial, descending: true };
  }

  /** Another column: numbers from the largest, names from A. The same one: turned round. */
  sortBy(id, fresh = false) {
    const now = this.sorted();
    const descending = now.id === id && !fresh ? !now.descending : id !== "constructor";
    const text = `${descending ? "-" : ""}${id}`;
    state.set({ [this.key]: text === `-${this.initial}` ? null : text });
  }

  /** Brings controls and table up to the address. */
  follow() {
    if (!this.document) return;
    const by = GROUPS.includes(state.get("by")) ? state.get("by") : "site";
    const view = { text: state.get("q", ""), own: state.get("own") === "1", ...this.sorted() };
    if (this.text.value !== view.text) this.text.value = view.text;
    this.own.checked = view.own;
    for (const [at, button] of this.groups.entries()) button.setAttribute("aria-pressed", String(GROUPS[at] === by));
    this.select.value = view.id;
    this.turn.textContent = view.descending ? "▼" : "▲";
    this.turn.setAttribute("aria-label", view.descending ? "Largest first; turn round" : "Smallest first; turn round");
    const asked = JSON.stringify([by, view]);
    if (asked === this.drawn) return this.table.draw();
    this.drawn = asked;
    this.showRows(by, view);
  }

  showRows(by, view) {
    if (!this.groupings.has(by)) this.groupings.set(by, new Rows(this.model, by));
    const rows = this.groupings.get(by);
    const column = this.columns.find((column) => column.id === view.id) ?? null;
    const order = rows.order({ ...view, column });
    this.detail = detail(this.model, by, this.columns);
    // another order begins at its top
    const above = this.table.element.getBoundingClientRect().top;
    if (above < 0 && this.element.offsetParent) scrollBy(0, above);
    this.table.show(rows, order, { columns: this.columns, sort: view.id, descending: view.descending });
    const all = rows.list.length;
    const count = `${thousands(all)} ${plural(all, "row")}`;
    say(this.status, order.length === all ? count : `${thousands(order.length)} of ${count}`);
    this.showNothing(order.length === 0, view, all);
    this.paper(order.length);
  }

  showNothing(none, view, all) {
    this.nothing.hidden = !none;
    this.table.element.hidden = none;
    if (!none) return;
    if (all === 0) return fill(this.nothing, h("p", {}, this.document.kind === "summary"
      ? "Nothing is live in this snapshot." : "Nothing was allocated or freed between these snapshots."));
    const what = [view.text && `“${view.text}”`, view.own && "“Only my code”"].filter(Boolean).join(" and ");
    fill(this.nothing, h("p", {}, `No row matches ${what}.`),
      h("button", { type: "button", onclick: () => { state.set({ q: null, own: null }); this.text.focus(); } }, "Show all rows"));
  }

  /** What paper leaves out is said on paper. */
  paper(count) {
    this.onPaper.textContent = count > PRINTED ? `The first ${PRINTED} of ${thousands(count)} rows; the page itself has them all.` : "";
  }
}
