// What the panel has to say: errors that stay until they are dismissed, and short notices with a way back.

import { ICONS, h, icon } from "heapdiff/dom.js";

/** How long a notice stays; an error stays. */
const NOTICE = 10_000;

/** Shows an error above the views; the same one is not shown twice. Returns what takes it away. */
export function alert(text) {
  const place = document.getElementById("messages");
  const same = [...place.children].find((message) => message.firstChild.textContent === text);
  if (same) return () => same.remove();
  const message = h("div.alert", { role: "alert" }, h("p", {}, text),
    h("button.quiet.square", { type: "button", "aria-label": "Dismiss", onclick: () => message.remove() }, icon(ICONS.close)));
  place.append(message);
  return () => message.remove();
}

/**
 * Shows a notice at the edge for a while.
 * @param {string} text
 * @param {{name: string, act: () => void}} [action]
 */
export function notice(text, action) {
  const place = document.getElementById("toasts");
  const toast = h("div.toast", {}, h("span", {}, text),
    action && h("button", { type: "button", onclick: () => { toast.remove(); action.act(); } }, action.name),
    h("button.quiet.square", { type: "button", "aria-label": "Dismiss", onclick: () => toast.remove() }, icon(ICONS.close)));
  place.append(toast);
  while (place.children.length > 3) place.firstChild.remove();
  const leave = () => {
    // nobody's target vanishes under the hand
    if (toast.matches(":hover, :focus-within")) setTimeout(leave, 1000);
    else toast.remove();
  };
  setTimeout(leave, NOTICE);
}
