// Tabs, after the ARIA pattern: arrow keys move, one tab is in the tab order. What a panel shows is its owner's business.

import { h } from "heapdiff/dom.js";
import * as state from "heapdiff/state.js";

/**
 * @param {{id: string, name: string, show: (panel: HTMLElement) => void, hide?: () => void}[]} tabs `show` is called whenever
 *   its panel comes up, and `hide` when another one has
 * @param {() => string} initial the tab that is shown when the address names none
 * @returns {{element: HTMLElement, refresh: () => void}}
 */
export function tabs(tabs, initial) {
  const buttons = tabs.map((tab) =>
    h("button.tab", {
      type: "button", role: "tab", id: `tab-${tab.id}`, "aria-controls": `panel-${tab.id}`,
      onclick: () => select(tab.id),
    }, tab.name));
  const panels = tabs.map((tab) =>
    h("section.tab-panel", { role: "tabpanel", id: `panel-${tab.id}`, "aria-labelledby": `tab-${tab.id}` }));
  const list = h("div.tabs", { role: "tablist", "aria-label": "Views", onkeydown: move }, buttons);

  let shown = -1;

  function chosen() {
    const wanted = state.get("tab", initial());
    return Math.max(0, tabs.findIndex((tab) => tab.id === wanted));
  }

  function select(id) {
    state.set({ tab: id }, true);
  }

  function move(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = Number.isFinite(step) ? (chosen() + step + tabs.length) % tabs.length : step < 0 ? 0 : tabs.length - 1;
    select(tabs[at].id);
    buttons[at].focus();
  }

  function refresh() {
    const at = chosen();
    for (const [index, button] of buttons.entries()) {
      button.setAttribute("aria-selected", String(index === at));
      button.tabIndex = index === at ? 0 : -1;
      panels[index].hidden = index !== at;
    }
    if (shown !== at) tabs[shown]?.hide?.();
    shown = at;
    tabs[at].show(panels[at]);
  }

  return { element: h("div.views", {}, list, panels), refresh };
}
