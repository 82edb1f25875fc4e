// The tab "Comparison": the explorer over what changed, and below it the line that says that the sums are right.

import * as columns from "heapdiff/columns.js";
import { fill, h } from "heapdiff/dom.js";
import { Explorer } from "heapdiff/explorer.js";
import { signed, told } from "heapdiff/format.js";

const DELTA = { at: 2, error: 10, format: signed };
const SIZE_DELTA = { at: 5, error: 11, format: signed };

export class ComparisonView {
  constructor() {
    this.explorer = new Explorer({ caption: "What changed between the two snapshots", key: "sort", sort: "alloc_size" });
    this.foot = h("div.foot");
    this.legend = h("p.legend");
    this.element = h("div", {}, this.explorer.element, this.foot, this.legend);
  }

  /** @param {object} comparison the document */
  show(comparison) {
    if (comparison !== this.comparison) {
      this.comparison = comparison;
      this.list = columns.ofComparison(comparison);
      fill(this.foot, this.explorer.onPaper,
        h("p.sums", {}, "Σ Size Delta ", h("b", {}, told(SIZE_DELTA, comparison.total)), " bytes, Σ # Delta ", h("b", {}, told(DELTA, comparison.total)),
          " blocks: exactly heap after − heap before."));
      fill(this.legend, h("b", {}, "≥"), " lower bound, for DHAT counts per stack; the deltas are exact, or estimates (", h("b", {}, "≈"), "). ",
        h("b", {}, "≤"), " upper bound: each realloc counts as an allocation.");
    }
    this.explorer.show(comparison, this.list);
  }
}
