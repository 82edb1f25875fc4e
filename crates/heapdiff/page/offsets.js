// Where each row of a long table is: rows are of one height, but for what hangs below an open one. No DOM.

export class Offsets {
  constructor() {
    this.height = 48;
    /** @type {Map<number, number>} position of an open row → the height of what hangs below it */
    this.extra = new Map();
  }

  /** Where the row at `position` begins. */
  top(position) {
    let extra = 0;
    for (const [at, height] of this.extra) if (at < position) extra += height;
    return position * this.height + extra;
  }

  /** The row at height `y` of `count` rows. */
  at(y, count) {
    let low = 0;
    let high = count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.top(middle + 1) > y) high = middle;
      else low = middle + 1;
    }
    return Math.min(low, count);
  }
}
