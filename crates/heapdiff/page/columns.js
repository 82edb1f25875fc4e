// What the columns are called, hold and mean, in the words of the terminal and of docs/reading-a-comparison.md.
// Leaves sorting to rows.js and drawing to table.js.

import { lifetime, percent, rate, signed, thousands } from "heapdiff/format.js";

/**
 * @typedef {object} Column
 * @property {string} id as in the address
 * @property {string} head
 * @property {number} at its index in CHANGE or HOLDING
 * @property {number} [error] the index of its standard error
 * @property {"amount"|"delta"} kind a delta has a sign and a direction
 * @property {(number: number) => string} format
 * @property {string} [bound] `≥` a lower bound, `≤` an upper one
 * @property {string} tone what its bar stands for: `grew`, `shrank` or `held`, as in the flame graph
 * @property {string} title
 * @property {number} rank which to leave out first where it is narrow: the higher, the sooner; 0 stays
 */

const LOWER = "Lower bound: DHAT counts per stack, so a block that was freed and one that was allocated by the same stack cancel out.";
const UPPER = "Upper bound: each realloc counts as an allocation.";

/** @type {Column[]} */
const CHANGE = [
  { id: "new", head: "# New", at: 0, kind: "amount", bound: "≥", rank: 4, title: `Blocks more. ${LOWER}` },
  { id: "deleted", head: "# Deleted", at: 1, kind: "amount", tone: "shrank", bound: "≥", rank: 6, title: `Blocks fewer. ${LOWER}` },
  { id: "delta", head: "# Delta", at: 2, error: 10, kind: "delta", rank: 1, title: "Live blocks after − before. Exact, or an estimate (≈) with its standard error." },
  { id: "alloc_size", head: "Alloc. Size", at: 3, kind: "amount", bound: "≥", rank: 2, title: `Bytes more. ${LOWER}` },
  { id: "freed_size", head: "Freed Size", at: 4, kind: "amount", tone: "shrank", bound: "≥", rank: 5, title: `Bytes fewer. ${LOWER}` },
  { id: "size_delta", head: "Size Delta", at: 5, error: 11, kind: "delta", rank: 0, title: "Live bytes after − before. Exact, or an estimate (≈) with its standard error." },
  { id: "grew_in_place", head: "Grew in place", at: 6, kind: "amount", bound: "≥", rank: 3,
    title: `Bytes by which blocks were enlarged by realloc: a collection that grows stays one block. ${LOWER}` },
  { id: "churned_bytes", head: "Churned", at: 7, kind: "amount", bound: "≤", rank: 7,
    title: `Bytes allocated and freed between the snapshots. ${UPPER}` },
  { id: "churned_blocks", head: "# Churned", at: 8, kind: "amount", bound: "≤", rank: 8,
    title: `Blocks allocated and freed between the snapshots. ${UPPER}` },
];

/** @type {Column} */
const PER_REQUEST = {
  id: "bytes_per_request", head: "Bytes per request", at: 9, kind: "delta", tone: "grew", format: rate, rank: 3,
  title: "Size Delta ÷ the requests between the snapshots.",
};

/** The columns of a comparison. */
export function ofComparison(comparison) {
  const columns = CHANGE.map((column) => ({ format: column.kind === "delta" ? signed : thousands, tone: "grew", ...column }));
  return comparison.requests ? [...columns, PER_REQUEST] : columns;
}

/** The columns of a snapshot's summary; those that it knows nothing for are left out. */
export function ofSummary(summary) {
  const unit = summary.time_unit ?? "µs";
  /** @type {Column[]} */
  const columns = [
    { id: "live_bytes", head: "Live bytes", at: 0, error: 9, rank: 0, title: "Bytes live in this snapshot." },
    { id: "share", head: "Share", at: 2, rank: 1, format: percent, bar: true, title: "Part of all live bytes." },
    { id: "live_blocks", head: "# Blocks", at: 1, error: 10, rank: 1, title: "Blocks live in this snapshot." },
    { id: "average_block", head: "Average block", at: 3, rank: 3, title: "Live bytes ÷ live blocks." },
    { id: "average_lifetime", head: "Average lifetime", at: 4, rank: 6, format: (amount) => lifetime(amount, unit),
      title: "How long a block lived on average, of all that were ever allocated here; those still live count up to now." },
    { id: "peak_bytes", head: "At peak", at: 5, rank: 4, title: "Bytes live here when the whole heap was largest." },
    { id: "peak_blocks", head: "# At peak", at: 6, rank: 7, title: "Blocks live here when the whole heap was largest." },
    { id: "total_bytes", head: "Allocated", at: 7, rank: 5, title: "Bytes ever allocated here." },
    { id: "total_blocks", head: "# Allocated", at: 8, rank: 8, title: "Blocks ever allocated here." },
  ];
  const known = ({ at }) => summary.stacks.some(([, , numbers]) => numbers[at] !== null);
  return columns.filter(known).map((column) => ({ kind: "amount", format: thousands, tone: "held", ...column }));
}
