// A long list, shown twenty at a time.

import { h } from "heapdiff/dom.js";
import { thousands } from "heapdiff/format.js";

export const AT_ONCE = 20;

/**
 * The first items of a list, and a button for more.
 * @template T
 * @param {HTMLElement} list
 * @param {T[]} items
 * @param {(item: T, at: number) => Node} make
 */
export function more(list, items, make) {
  const whole = h("div.more-list", {}, list);
  const button = h("button.quiet.more-button", { type: "button", onclick: next });
  let shown = 0;
  function next() {
    const first = shown;
    const end = Math.min(items.length, shown + AT_ONCE);
    for (; shown < end; shown++) list.append(make(items[shown], shown));
    const left = items.length - shown;
    if (left === 0) button.remove();
    else {
      button.textContent = `Show ${Math.min(AT_ONCE, left)} more of ${thousands(left)}`;
      whole.append(button);
    }
    // the button may be gone: the keyboard goes on with the first of what came
    if (first > 0) list.children[first].querySelector("button")?.focus();
  }
  next();
  return whole;
}
