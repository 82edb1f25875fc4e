// Sorts and filters a table's rows: 20,000 of them between two frames of the screen. Keys and texts to look in are
// made once and kept in typed arrays. No DOM.

/** The rows of one grouping, ready to be put in order. */
export class Rows {
  /**
   * @param {import("heapdiff/model.js").Model} model
   * @param {"site"|"type"|"stack"} by
   */
  constructor(model, by) {
    this.model = model;
    this.by = by;
    this.list = model.rows(by);
    this.keys = new Map();
  }

  /**
   * The numbers of the rows to show, in order.
   * @param {{column: import("heapdiff/columns.js").Column|null, descending: boolean, text: string, own: boolean}} view
   *     column null: by constructor
   */
  order({ column, descending, text, own }) {
    const passes = this.filter(text.toLowerCase(), own);
    let count = 0;
    const order = new Int32Array(this.list.length);
    for (let at = 0; at < order.length; at++) if (passes === null || passes[at]) order[count++] = at;
    const key = column ? this.numbers(column) : this.names();
    const sign = descending ? -1 : 1;
    // equal rows keep the document's order, the largest first
    return order.subarray(0, count).sort((a, b) => (key[a] === key[b] ? a - b : key[a] < key[b] ? -sign : sign));
  }

  /** A column's numbers, row by row; what is not known sorts last. */
  numbers(column) {
    return this.key(column.id, (row) => row.numbers[column.at] ?? -Infinity);
  }

  /** The place of each row in the alphabet of constructors. */
  names() {
    if (this.keys.has("constructor")) return this.keys.get("constructor");
    const names = this.list.map((row) => this.model.sites[row.site].constructor.toLowerCase());
    const sorted = [...new Set(names)].sort();
    const place = new Map(sorted.map((name, at) => [name, at]));
    const key = Float64Array.from(names, (name) => place.get(name));
    this.keys.set("constructor", key);
    return key;
  }

  key(id, of) {
    if (!this.keys.has(id)) this.keys.set(id, Float64Array.from(this.list, of));
    return this.keys.get(id);
  }

  /** Which rows have the text in type, function or file (by stack in any frame); null: all. */
  filter(text, own) {
    if (text === "" && !own) return null;
    const { sites } = this.model;
    const found = text === "" ? null : this.find(text);
    return Uint8Array.from(this.list, (row) => (!own || sites[row.site].own) && (!found || found(row)) ? 1 : 0);
  }

  find(text) {
    const texts = haystacks(this.model);
    const inFrame = Uint8Array.from(texts.frames, (frame) => (frame.includes(text) ? 1 : 0));
    const inSite = Uint8Array.from(this.model.sites, (site, at) =>
      texts.sites[at].includes(text) || (site.frame && inFrame[site.frame.id]) ? 1 : 0);
    const { stacks } = this.model.document;
    if (this.by === "stack") return (row) => inSite[row.site] || stacks[row.stacks[0]][0].some((frame) => inFrame[frame]);
    if (this.by === "type") return (row) => inSite[row.site] || row.stacks.some((at) => inSite[stacks[at][1]]);
    return (row) => inSite[row.site];
  }
}

const made = new WeakMap();

/** All names of a document in lower case, so that a letter typed costs no more than looking. */
export function haystacks(model) {
  if (!made.has(model)) {
    made.set(model, {
      frames: model.frames.map((frame) => `${frame.name} ${frame.short} ${frame.place}`.toLowerCase()),
      sites: model.sites.map((site) => site.constructor.toLowerCase()),
    });
  }
  return made.get(model);
}
