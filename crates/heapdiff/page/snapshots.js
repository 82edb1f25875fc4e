// The snapshots in the sidebar: choose, download, rename, delete and bring back.

import * as api from "heapdiff/api.js";
import { ICONS, h, icon, say } from "heapdiff/dom.js";
import { clip, clock, duration, mebibytes, moment, plural, size, thousands } from "heapdiff/format.js";
import { keep } from "heapdiff/keyed.js";
import { alert, notice } from "heapdiff/messages.js";

export class Snapshots {
  /**
   * @param {{select: (id: string) => void, refresh: () => Promise<void>}} panel
   */
  constructor(panel) {
    this.panel = panel;
    this.list = h("ul.snapshots");
    this.deleted = h("ul.deleted");
    this.trash = h("details.trash", { hidden: true }, h("summary", {}, "Deleted"), this.deleted);
    this.none = h("p.none", { hidden: true }, "None yet.");
    this.missing = h("p.none", { role: "status", hidden: true });
    this.element = h("div", {}, this.none, this.missing, this.list, this.trash);
  }

  update({ snapshots, deleted = [], missing = [] }, chosen) {
    this.chosen = chosen;
    this.none.hidden = snapshots.length > 0 || missing.length > 0;
    this.missing.hidden = missing.length === 0;
    const gone = `${plural(missing.length, "Folder")} not there at the moment: ${clip(missing.join(", "), 600)}`;
    if (this.missing.textContent !== gone) this.missing.textContent = gone;
    keep(this.list, snapshots, (snapshot) => this.entry(snapshot));
    this.trash.hidden = deleted.length === 0;
    say(this.trash.firstChild, `Deleted (${deleted.length})`);
    keep(this.deleted, deleted, (snapshot) => this.gone(snapshot));
  }

  entry({ id }) {
    const label = h("span.snapshot-label");
    const when = h("span.snapshot-line");
    const holds = h("span.snapshot-holds");
    const rest = h("span.snapshot-line");
    const choose = h("button.snapshot-choose", { type: "button", onclick: () => this.panel.select(id) }, label, holds, when, rest);
    const download = h("a", { href: api.file(id), download: "" }, icon(ICONS.download));
    const rename = h("button.quiet.square", { type: "button", onclick: () => this.rename(entry) }, icon(ICONS.rename));
    const remove = h("button.quiet.square", { type: "button", onclick: () => this.remove(entry) }, icon(ICONS.remove));
    const tools = h("div.snapshot-tools", {}, download, rename, remove);
    const element = h("li.snapshot", {}, choose, tools);
    const entry = { id, element, choose, tools, update };
    const named = [[download, "Download"], [rename, "Rename"], [remove, "Delete"]];
    const self = this;

    function update(snapshot) {
      entry.snapshot = snapshot;
      const name = clip(snapshot.label, 200);
      const chosen = self.chosen === id;
      element.classList.toggle("chosen", chosen);
      element.classList.toggle("broken", Boolean(snapshot.error));
      if (chosen) choose.setAttribute("aria-current", "true");
      else choose.removeAttribute("aria-current");
      if (label.textContent !== name) {
        say(label, name);
        label.title = name;
        for (const [tool, verb] of named) {
          tool.setAttribute("aria-label", `${verb} ${name}`);
          tool.title = verb;
        }
      }
      say(holds, snapshot.error ? `cannot be read: ${clip(snapshot.error, 300)}` : `${size(snapshot.live_bytes)} live · ${thousands(snapshot.live_blocks)} ${plural(snapshot.live_blocks, "block")}`);
      say(when, snapshot.error ? "" : whenTaken(snapshot));
      say(rest, snapshot.error ? "" : beside(snapshot));
      when.title = snapshot.time ? moment(snapshot.time) : "";
    }

    return entry;
  }

  /** A deleted one, which can come back. */
  gone({ id }) {
    const label = h("span.snapshot-label");
    const button = h("button.small.quiet", { type: "button", onclick: () => this.restore(id) }, "Restore");
    const update = (snapshot) => {
      say(label, clip(snapshot.label, 200));
      button.setAttribute("aria-label", `Restore ${label.textContent}`);
    };
    return { element: h("li", {}, label, button), update };
  }

  rename(entry) {
    const before = entry.snapshot.label;
    const input = h("input", { type: "text", "aria-label": "New name", maxlength: 100, spellcheck: "false" });
    input.value = before;
    let done = false;
    const finish = async (save) => {
      if (done) return;
      done = true;
      const label = input.value.trim();
      const hadFocus = form.contains(document.activeElement);
      form.replaceWith(entry.choose);
      entry.tools.hidden = false;
      if (hadFocus) entry.choose.focus();
      if (!save || !label || label === before) return;
      await this.attempt(`cannot rename ${clip(before, 80)}`, () => api.rename(entry.id, label));
    };
    const form = h("form.rename", { onsubmit: (event) => { event.preventDefault(); finish(true); }, onfocusout: (event) => {
      if (!form.contains(event.relatedTarget)) finish(true);
    }, onkeydown: (event) => { if (event.key === "Escape") finish(false); } },
    input, h("button.small", {}, "Save"), h("button.small.quiet", { type: "button", onclick: () => finish(false) }, "Cancel"));
    entry.choose.replaceWith(form);
    entry.tools.hidden = true;
    input.select();
    input.focus();
  }

  async remove(entry) {
    const next = (entry.element.nextElementSibling ?? entry.element.previousElementSibling)?.querySelector(".snapshot-choose");
    const name = clip(entry.snapshot.label, 80);
    const done = await this.attempt(`cannot delete ${name}`, () => api.remove(entry.id));
    if (!done) return;
    (next ?? document.querySelector(".load"))?.focus();
    notice(`Deleted ${name}.`, { name: "Undo", act: () => this.restore(entry.id) });
  }

  restore(id) {
    return this.attempt("cannot restore it", async () => {
      const snapshot = await api.restore(id);
      await this.panel.refresh();
      this.list.entries.get(snapshot.id ?? id)?.choose.focus();
    });
  }

  /** Does it, says why not, and brings the list up to date in any case. */
  async attempt(failed, act) {
    try {
      await act();
      return true;
    } catch (error) {
      alert(`${failed[0].toUpperCase()}${failed.slice(1)}: ${error.message}`);
      return false;
    } finally {
      await this.panel.refresh();
    }
  }
}

function whenTaken(snapshot) {
  const parts = [];
  if (snapshot.time) parts.push(clock(snapshot.time));
  if (snapshot.requests !== null) parts.push(`${thousands(snapshot.requests)} ${plural(snapshot.requests, "request")}`);
  return parts.join(" · ");
}

function beside(snapshot) {
  const parts = [];
  if (snapshot.rss_bytes !== null) parts.push(`RSS ${mebibytes(snapshot.rss_bytes)}`);
  if (snapshot.pause_us !== null) parts.push(`paused ${duration(snapshot.pause_us)}`);
  return parts.join(" · ");
}
