// A table of any length that stays fluid: only the rows on the screen are in the document, between spacers as high as
// the rest. The page scrolls, not a box in it. Leaves order and filter to rows.js, the look of a row to row.js, and what
// an open one shows to its owner.

import { fill, h } from "heapdiff/dom.js";
import { fit } from "heapdiff/fit.js";
import { Offsets } from "heapdiff/offsets.js";
import { headCell, row } from "heapdiff/row.js";

/** Rows drawn beyond the screen's edges, so that a quick turn of the wheel shows no gap. */
const MARGIN = 10;
/** What the line of sums covers at the bottom of the screen, in pixels. */
const FOOT = 52;
/** Rows on paper. */
export const PRINTED = 50;
/** The width of a sheet of paper without its margins, in CSS pixels. */
const PAPER = 690;

export class Table {
  /**
   * @param {object} owner
   * @param {string} owner.caption
   * @param {(sort: string) => void} owner.onsort a head was pressed
   * @param {(row: object, hidden: Column[]) => HTMLElement} owner.detail what an open row shows
   * @param {(all: boolean) => void} owner.onlayout told whether all columns have found room
   */
  constructor({ caption, onsort, detail, onlayout }) {
    this.onsort = onsort;
    this.onlayout = onlayout;
    this.detail = detail;
    this.offsets = new Offsets();
    this.order = new Int32Array(0);
    /** @type {Map<number, {row: HTMLElement, below: HTMLElement|null}>} what is in the document, by position */
    this.drawn = new Map();
    /** @type {Map<number, HTMLElement>} what hangs below the open rows, by number of the row */
    this.open = new Map();
    this.current = 0;
    this.columns = [];
    this.shown = [];
    this.cols = h("colgroup");
    this.head = h("tr", { "aria-rowindex": 1 });
    this.body = h("tbody", { onclick: (event) => this.click(event), onkeydown: (event) => this.keydown(event), onfocusin: (event) => this.focused(event) });
    this.table = h("table.rows", {}, h("caption.unseen", {}, caption), this.cols, h("thead", {}, this.head), this.body);
    this.element = h("div.table", {}, this.table);
    this.watchSizes();
  }

  watchSizes() {
    const draw = () => this.draw();
    addEventListener("scroll", draw, { passive: true });
    addEventListener("beforeprint", () => this.print(true));
    addEventListener("afterprint", () => this.print(false));
    new ResizeObserver(() => {
      if (this.printing) return;
      this.layOut();
      this.draw();
    }).observe(this.element);
    this.below = new ResizeObserver(() => this.draw());
  }

  /**
   * Shows other rows, or the same ones in another order.
   * @param {import("heapdiff/rows.js").Rows} rows
   * @param {Int32Array} order
   * @param {{columns: Column[], sort: string, descending: boolean}} view sort: a column's id or `constructor`
   */
  show(rows, order, view) {
    if (rows !== this.rows) {
      this.closeAll();
      this.rows = rows;
      this.columns = view.columns;
      this.widths = null;
    }
    this.sort = view.sort;
    this.descending = view.descending;
    this.order = order;
    this.current = Math.min(this.current, Math.max(0, order.length - 1));
    this.placeOpen();
    this.table.setAttribute("aria-rowcount", order.length + 1);
    this.layOut(true);
    for (const at of [...this.drawn.keys()]) this.drop(at);
    this.draw();
  }

  print(printing) {
    if (!this.element.clientWidth) return;
    this.printing = printing;
    this.layOut();
    this.draw();
  }

  /** The open rows' positions have changed with the order. */
  placeOpen() {
    this.offsets.extra.clear();
    if (this.open.size === 0) return;
    for (let at = 0; at < this.order.length; at++) {
      const below = this.open.get(this.order[at]);
      if (below) this.offsets.extra.set(at, below.height ?? 0);
    }
  }

  /** Chooses the columns that fit and draws the head. */
  layOut(anew = false) {
    if (!this.rows || !this.element.clientWidth) return;
    const { shown, widths } = fit(this, this.printing ? PAPER : this.element.clientWidth);
    const same = shown.length === this.shown.length && shown.every((column, at) => column === this.shown[at]);
    fill(this.cols, h("col"), widths.map((width) => {
      const col = h("col");
      col.style.width = `${width}px`;
      return col;
    }));
    if (same && !anew) return;
    const focus = this.head.contains(document.activeElement) ? document.activeElement.dataset.sort : null;
    this.shown = shown;
    this.onlayout(shown.length === this.columns.length);
    this.table.setAttribute("aria-colcount", this.columns.length + 1);
    fill(this.head, headCell(this, { id: "constructor", head: "Constructor", title: "The type that was allocated, and where" }, 0),
      shown.map((column) => headCell(this, column, this.columns.indexOf(column) + 1)));
    if (focus) this.head.querySelector(`[data-sort="${focus}"]`)?.focus();
    if (!same) {
      for (const at of [...this.drawn.keys()]) this.drop(at);
      for (const below of this.open.values()) below.stale = true;
    }
  }

  /** Brings the document up to what is on the screen, or on paper, and nothing more. */
  draw() {
    if (!this.rows || !this.element.clientWidth) return;
    this.measure();
    const wanted = this.printing ? this.first(PRINTED) : this.onScreen();
    for (const at of [...this.drawn.keys()]) if (!wanted.has(at)) this.drop(at);
    for (const at of wanted) this.make(at);
    this.arrange([...wanted].sort((a, b) => a - b));
    this.measure();
  }

  first(count) {
    return new Set(Array.from({ length: Math.min(count, this.order.length) }, (_, at) => at));
  }

  onScreen() {
    const top = -this.body.getBoundingClientRect().top;
    const from = Math.max(0, this.offsets.at(top, this.order.length) - MARGIN);
    const to = Math.min(this.order.length, this.offsets.at(top + innerHeight, this.order.length) + 1 + MARGIN);
    const wanted = new Set();
    for (let at = from; at < to; at++) wanted.add(at);
    // a row that has the focus stays, or the keyboard would be lost with it
    for (const [at, drawn] of this.drawn) {
      if (at < this.order.length && (drawn.row.contains(document.activeElement) || drawn.below?.contains(document.activeElement))) wanted.add(at);
    }
    return wanted;
  }

  /** Puts rows and spacers in order, and touches only what is not in its place: a moved element loses the focus. */
  arrange(positions) {
    const wanted = [];
    let next = 0;
    const space = (to) => {
      const height = this.offsets.top(to) - this.offsets.top(next);
      if (height > 0) wanted.push(spacer(height, this.shown.length + 1));
    };
    for (const at of positions) {
      space(at);
      const { row, below } = this.drawn.get(at);
      wanted.push(row);
      if (below) wanted.push(below);
      next = at + 1;
    }
    space(this.order.length);
    for (const spacer of this.body.querySelectorAll(":scope > .spacer")) spacer.remove();
    let place = this.body.firstChild;
    for (const element of wanted) {
      if (element === place) place = place.nextSibling;
      else this.body.insertBefore(element, place);
    }
  }

  make(at) {
    const number = this.order[at];
    const drawn = this.drawn.get(at) ?? { row: row(this, at), below: null };
    const below = this.open.get(number);
    if (below?.stale) {
      below.stale = false;
      below.cell.colSpan = this.shown.length + 1;
      fill(below.cell, this.detail(this.rows.list[number], this.columns.filter((column) => !this.shown.includes(column))));
    }
    drawn.below = below ?? null;
    this.drawn.set(at, drawn);
  }

  drop(at) {
    const { row, below } = this.drawn.get(at);
    row.remove();
    below?.remove();
    this.drawn.delete(at);
  }

  /** How high rows are, and what hangs below the open ones, depends on fonts and width: look. */
  measure() {
    for (const [at, { row, below }] of this.drawn) {
      if (!row.isConnected) continue;
      this.offsets.height = row.getBoundingClientRect().height || this.offsets.height;
      if (!below) continue;
      below.height = below.getBoundingClientRect().height;
      this.offsets.extra.set(at, below.height);
    }
  }

  click(event) {
    const row = event.target.closest("tr.row");
    if (!row || !this.body.contains(row) || String(getSelection())) return;
    const at = Number(row.dataset.at);
    this.setCurrent(at);
    this.toggle(at);
  }

  keydown(event) {
    const opener = event.target.closest(".opener");
    if (!opener || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = Number(opener.closest("tr").dataset.at);
    const page = Math.max(1, Math.floor(innerHeight / this.offsets.height) - 3);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: Infinity, PageDown: at + page, PageUp: at - page }[event.key];
    const isOpen = this.open.has(this.order[at]);
    if (to !== undefined) this.go(to);
    else if ((event.key === "ArrowRight" && !isOpen) || (event.key === "ArrowLeft" && isOpen)) this.toggle(at);
    else return;
    event.preventDefault();
  }

  focused(event) {
    const row = event.target.closest("tr.row");
    if (row) this.setCurrent(Number(row.dataset.at));
  }

  /** Moves the focus to another row, into view. */
  go(to) {
    const at = Math.max(0, Math.min(this.order.length - 1, to));
    const y = this.body.getBoundingClientRect().top + this.offsets.top(at);
    const top = this.head.getBoundingClientRect().height;
    if (y < top) scrollBy(0, y - top - 8);
    else if (y + this.offsets.height > innerHeight - FOOT) scrollBy(0, y + this.offsets.height - innerHeight + FOOT);
    this.draw();
    this.setCurrent(at);
    this.drawn.get(at)?.row.querySelector(".opener").focus({ preventScroll: true });
  }

  /** The one row that the Tab key comes to. */
  setCurrent(at) {
    for (const [position, { row }] of this.drawn) row.querySelector(".opener").tabIndex = position === at ? 0 : -1;
    this.current = at;
  }

  toggle(at) {
    const number = this.order[at];
    const opened = this.open.get(number);
    if (opened) {
      this.below.unobserve(opened.cell);
      opened.remove();
      this.open.delete(number);
      this.offsets.extra.delete(at);
    } else {
      const cell = h("td");
      const below = h("tr.below", {}, cell);
      Object.assign(below, { cell, stale: true });
      this.open.set(number, below);
      this.below.observe(cell);
    }
    const row = this.drawn.get(at)?.row;
    row?.classList.toggle("open", !opened);
    row?.querySelector(".opener").setAttribute("aria-expanded", String(!opened));
    this.draw();
  }

  closeAll() {
    this.below.disconnect();
    for (const below of this.open.values()) below.remove();
    this.open.clear();
    this.offsets.extra.clear();
    this.current = 0;
  }
}

function spacer(height, columns) {
  const cell = h("td", { colspan: columns });
  cell.style.height = `${height}px`;
  return h("tr.spacer", { "aria-hidden": "true" }, cell);
}
