// Which columns a table's width allows, and how wide they get. The rest is said in the open row.

import { errorBar } from "heapdiff/format.js";

const PADDING = 18;
/** A head's button, with the mark of a bound and the arrow. */
const HEAD = 30;
const MARK = 14;
/** What smaller paddings save on a phone. */
const SAVED = 8;

let digit = 0;

/**
 * Size Delta (rank 0) and the sorted column always stay. What says nothing goes first, then the higher ranks.
 * @param {{columns: Column[], rows: import("heapdiff/rows.js").Rows, sort: string, widths: number[]|null}} table
 * @param {number} width
 * @returns {{shown: Column[], widths: number[]}}
 */
export function fit(table, width) {
  table.widths ??= table.columns.map((column) => needed(column, table.rows));
  const of = (column) => table.widths[table.columns.indexOf(column)];
  const name = width < 600 ? Math.max(132, width * 0.4) : Math.min(300, Math.max(240, width * 0.24));
  const empty = (column) => table.rows.numbers(column).every((number) => number === 0 || number === -Infinity);
  let shown = [...table.columns];
  const used = () => shown.reduce((sum, column) => sum + of(column), name);
  const droppable = shown.filter((column) => column.rank > 0 && column.id !== table.sort);
  droppable.sort((a, b) => empty(b) - empty(a) || b.rank - a.rank);
  // a phone is for one number, and the one it is sorted by
  const few = width < 480;
  for (const column of droppable) {
    if (!few && used() <= width) break;
    shown = shown.filter((kept) => kept !== column);
  }
  // there the marks are left out, too, and the name gets what is saved
  return { shown, widths: shown.map((column) => (few ? of(column) - (column.kind === "delta" ? SAVED + MARK : SAVED) : of(column))) };
}

/** The widest number, or the longest word of the head. */
function needed(column, rows) {
  digit ||= measureDigit();
  let longest = 0;
  let least = 0;
  let most = 0;
  for (const row of rows.list) {
    const number = row.numbers[column.at] ?? 0;
    if (number < least) least = number;
    if (number > most) most = number;
  }
  for (const number of [least, most]) longest = Math.max(longest, column.format(number).length);
  const error = rows.list.reduce((most, row) => Math.max(most, row.numbers[column.error] ?? 0), 0);
  if (error > 0) longest += `≈  ± ${errorBar(error)}`.length;
  if (column.id === "bytes_per_request" || column.id === "average_lifetime") longest = Math.max(longest, 8);
  const word = Math.max(...column.head.replace(/^# /, "#\u00a0").split(" ").map((word) => word.length));
  // deltas have a mark, and may be bold
  const number = column.kind === "delta" ? longest * digit * 1.1 + MARK : longest * digit;
  return Math.ceil(Math.max(number, word * digit * 0.98 + HEAD) + PADDING);
}

function measureDigit() {
  const context = document.createElement("canvas").getContext("2d");
  const { fontFamily, fontSize } = getComputedStyle(document.body);
  context.font = `${0.867 * parseFloat(fontSize)}px ${fontFamily}`; // a table's, as in table.css
  return Math.max(6, context.measureText("0").width);
}
