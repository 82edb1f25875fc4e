// A document's sites, frames and stacks under their names: the contract's arrays are compact, not readable.
// Comparison and summary have the same shape but for the numbers, so table and details are made once. No DOM.

export class Model {
  /** @param {object} document a comparison or a summary */
  constructor(document) {
    this.document = document;
    this.isComparison = document.kind === "comparison";
    this.frames = document.frames.map(frame);
    this.sites = document.sites.map(([constructor, at, own]) => ({ constructor, frame: this.frames[at] ?? null, own: own === 1 }));
    this.cached = new Map();
  }

  /** The rows grouped by `site`, `type` or `stack`. */
  rows(by) {
    if (!this.cached.has(by)) this.cached.set(by, this.document.rows[by].map((row) => this.row(row)));
    return this.cached.get(by);
  }

  row(row) {
    if (typeof row === "number") return this.stack(row);
    return this.isComparison
      ? { site: row[0], numbers: row[1], live: row[2], stacks: row[3], sites: row[4] }
      : { site: row[0], numbers: row[1], live: null, stacks: row[2], sites: row[3] };
  }

  /** One stack, with its own numbers. */
  stack(at) {
    const [frames, site, numbers, live = null] = this.document.stacks[at];
    return { frames, site, numbers, live, stacks: [at], sites: 1 };
  }

  /** The rows of the sites that are in a row by type, in the row's own order of stacks. */
  sitesOf(row) {
    if (!this.bySite) this.bySite = new Map(this.rows("site").map((row) => [row.site, row]));
    const sites = new Set(row.stacks.map((at) => this.document.stacks[at][1]));
    return [...sites].map((site) => this.bySite.get(site)).filter(Boolean);
  }

  /** The excerpt around a frame's line, if its source was found: path, first line, lines. */
  source(frame) {
    const found = frame && this.document.sources?.[frame.id];
    return found ? { path: found[0], first: found[1], lines: found[2] } : null;
  }
}

function frame([name, short, file, line, column, own], id) {
  const place = file ? [file, line, line ? column : null].filter((part) => part !== null && part !== undefined).join(":") : "";
  return { id, name, short, place, line, column, own: own === 1 };
}
