// What the reader chose (tab, sort, filter …), kept in the address after `#`, so that reload, back and a copied link work.

const listeners = new Set();
let current = read();

function read() {
  return new URLSearchParams(location.hash.slice(1));
}

/** The choice called `key`, or `fallback`. */
export const get = (key, fallback = null) => current.get(key) ?? fallback;

/**
 * Changes choices; null takes one away. `step` makes it a step that the back button undoes: for changes of place,
 * not for every letter of a filter.
 * @param {Object<string, string|null>} changes
 */
export function set(changes, step = false) {
  const before = current.toString();
  for (const [key, value] of Object.entries(changes)) {
    if (value === null || value === "") current.delete(key);
    else current.set(key, value);
  }
  if (current.toString() === before) return;
  const url = `#${current}`;
  try {
    if (step) history.pushState(null, "", url);
    else history.replaceState(null, "", url);
  } catch {
    location.hash = url; // some browsers allow no more than this on file://, or a few changes a second
  }
  tell();
}

/** What holds where the address says nothing at all. */
export function begin(choices) {
  if (!location.hash) set(choices);
}

/** Calls `listener` on every change, whoever made it. */
export function listen(listener) {
  listeners.add(listener);
}

function tell() {
  for (const listener of listeners) listener();
}

function followAddress() {
  const next = read();
  if (next.toString() === current.toString()) return;
  current = next;
  tell();
}

addEventListener("popstate", followAddress);
addEventListener("hashchange", followAddress);
