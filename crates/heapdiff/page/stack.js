// A call path, innermost frame first. What is not the user's is folded away behind a button.

import { excerpt } from "heapdiff/excerpt.js";
import { ICONS, h, icon } from "heapdiff/dom.js";
import { clip } from "heapdiff/format.js";

const LONGEST = 600;

/**
 * @param {import("heapdiff/model.js").Model} model
 * @param {object} stack one of the model's
 * @param {string} [held] what the excerpt at the site's line says; no excerpt there without it
 */
export function callPath(model, stack, held) {
  const site = model.sites[stack.site];
  const list = h("ol.path");
  let run = [];
  const flush = () => {
    if (run.length === 1) list.append(item(model, run[0]));
    else if (run.length) list.append(folded(model, run));
    run = [];
  };
  let found = false;
  for (const id of stack.frames) {
    const frame = model.frames[id];
    const isSite = !found && frame === site.frame;
    if (!frame.own && !isSite) {
      run.push(frame);
      continue;
    }
    flush();
    found ||= isSite;
    list.append(item(model, frame, isSite, isSite ? held : undefined));
  }
  flush();
  return list;
}

function item(model, frame, isSite = false, held = undefined) {
  const source = model.source(frame);
  const line = h("div.frame", {}, h("code.function", { title: clip(frame.name, 1000) }, clip(frame.short, LONGEST)),
    h("code.place", {}, clip(frame.place || "(no line known)", LONGEST)));
  const entry = h(`li${frame.own ? ".own" : ""}${isSite ? ".site" : ""}`, {}, line);
  if (source && isSite && held !== undefined) entry.append(excerpt(source, frame, held));
  else if (source) line.append(sourceButton(entry, source, frame));
  return entry;
}

function sourceButton(entry, source, frame) {
  let shown = null;
  const button = h("button.quiet.small", { type: "button", "aria-expanded": "false", onclick: () => {
    if (shown) shown.remove();
    shown = shown ? null : excerpt(source, frame);
    if (shown) entry.append(shown);
    button.setAttribute("aria-expanded", String(Boolean(shown)));
  } }, "source");
  return button;
}

function folded(model, frames) {
  const entry = h("li.folded");
  let inner = null;
  const button = h("button.fold", { type: "button", "aria-expanded": "false", onclick: () => {
    if (inner) inner.remove();
    inner = inner ? null : h("ol.path.inner", {}, frames.map((frame) => item(model, frame)));
    if (inner) entry.append(inner);
    button.setAttribute("aria-expanded", String(Boolean(inner)));
  } }, icon(ICONS.chevron), `${frames.length} frames of std and libraries`);
  entry.append(button);
  return entry;
}
