// A few lines of source with the word at a frame's line and column marked, and what is held there; as the terminal shows it.

import { h } from "heapdiff/dom.js";
import { clip, plural, rate, signed, thousands } from "heapdiff/format.js";

const LONGEST = 400;

/**
 * @param {{path: string, first: number, lines: string[]}} source
 * @param {{line: number, column: number|null}} frame
 * @param {string} [held] what to say below the line
 */
export function excerpt(source, frame, held) {
  const lines = source.lines.map((text, at) => {
    const number = source.first + at;
    const marked = number === frame.line;
    const line = h(marked ? "div.line.marked" : "div.line", {}, h("span.no", {}, String(number)),
      h("code", {}, marked ? withMark(text, frame.column) : clip(text, LONGEST)));
    return marked && held ? [line, h("div.held", {}, h("span.no"), h("span", {}, held))] : line;
  });
  return h("div.excerpt", { role: "group", "aria-label": `${source.path}, line ${frame.line}` }, h("div.excerpt-lines", {}, lines));
}

function withMark(text, column) {
  const start = column ? column - 1 : text.length - text.trimStart().length;
  const rest = text.slice(start);
  const word = column ? (rest.match(/^(?:[\p{L}\p{N}_!]+|.)/u)?.[0] ?? "") : rest.trimEnd();
  return [clip(text.slice(0, start), LONGEST), h("mark", {}, clip(word, LONGEST)), clip(text.slice(start + word.length), LONGEST)];
}

/** `67,108,864 bytes held here, +83,886 bytes per request`. */
export function held(row) {
  if (!row.live) return `${thousands(row.numbers[0])} bytes held here`;
  const [perRequest, delta] = [row.numbers[9], row.numbers[5]];
  const gained = perRequest === null || perRequest === undefined
    ? `${signed(delta)} bytes since the first snapshot`
    : `${rate(perRequest)} bytes per request`;
  return `${thousands(row.live[2])} bytes held here, ${gained}`;
}

/** What the change of the blocks says beside that of the bytes; nothing unless it grew over known requests. */
export function remark(row, requests) {
  const [delta, sizeDelta] = [row.numbers[2], row.numbers[5]];
  if (!row.live || !requests || sizeDelta <= 0) return null;
  const over = `${thousands(requests)} ${plural(requests, "request")}`;
  if (delta === 1) return `1 block more in ${over}: what grew is one collection`;
  if (delta > 1) return `${thousands(delta)} blocks more in ${over}`;
  return `in ${over}, and no block more: what grew is one collection, in place`;
}
