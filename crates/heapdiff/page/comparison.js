// The tab "Comparison": the explorer over what changed, and below it the line that says that the sums are right.

import * as columns from "heapdiff/columns.js";
import { fill, h } from "heapdiff/dom.js";
import { Explorer } from "heapdiff/explorer.js";
import { signed } from "heapdiff/format.js";

export class ComparisonView {
  constructor() {
    this.explorer = new Explorer({ caption: "What changed between the two snapshots", key: "sort", sort: "alloc_size" });
    this.foot = h("div.foot");
    this.element = h("div", {}, this.explorer.element, this.foot);
  }

  /** @param {object} comparison the document */
  show(comparison) {
    if (comparison !== this.comparison) {
      this.comparison = comparison;
      const [, , delta, , , sizeDelta] = comparison.total;
      fill(this.foot, this.explorer.status,
        h("p.sums", {}, "Σ Size Delta ", h("b", {}, signed(sizeDelta)), " bytes, Σ # Delta ", h("b", {}, signed(delta)),
          " blocks: exactly heap after − heap before."),
        h("p.legend", {}, h("b", {}, "≥"), " lower bound, for DHAT counts per stack; the deltas are exact. ",
          h("b", {}, "≤"), " upper bound: each realloc counts as an allocation."));
    }
    this.explorer.show(comparison, this.columns());
  }

  columns() {
    if (this.made !== this.comparison) {
      this.made = this.comparison;
      this.list = columns.ofComparison(this.comparison);
    }
    return this.list;
  }
}
