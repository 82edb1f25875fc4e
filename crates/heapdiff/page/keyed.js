// Keeps a list in step with data that is asked for every other second: entries are updated where they stand, so that
// neither focus nor a half-typed name is lost.

/**
 * @template T
 * @param {HTMLElement} list
 * @param {T[]} items each with an `id`
 * @param {(item: T) => {element: HTMLElement, update: (item: T) => void}} make
 */
export function keep(list, items, make) {
  list.entries ??= new Map();
  const ids = new Set(items.map((item) => item.id));
  for (const [id, entry] of list.entries) {
    if (ids.has(id)) continue;
    entry.element.remove();
    list.entries.delete(id);
  }
  let place = list.firstChild;
  for (const item of items) {
    let entry = list.entries.get(item.id);
    if (!entry) {
      entry = make(item);
      list.entries.set(item.id, entry);
    }
    entry.update(item);
    if (entry.element === place) place = place.nextSibling;
    else list.insertBefore(entry.element, place);
  }
}
