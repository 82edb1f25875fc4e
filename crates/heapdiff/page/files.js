// Snapshots from files: by the picker, or dropped anywhere on the page.

import * as api from "heapdiff/api.js";
import { ICONS, h, icon } from "heapdiff/dom.js";
import { alert, notice } from "heapdiff/messages.js";

/**
 * @param {(loaded: object) => Promise<void>} onloaded called with the entry of each
 * @returns {HTMLElement} the button
 */
export function loader(onloaded) {
  const input = h("input", { type: "file", multiple: true, accept: ".json,application/json", hidden: true, onchange: async () => {
    const files = [...input.files];
    input.value = "";
    await load(files, onloaded);
  } });
  const button = h("button.load", { type: "button", onclick: () => input.click() }, icon(ICONS.open), "Load …");
  dropTarget((files) => load(files, onloaded));
  return h("span", {}, input, button);
}

async function load(files, onloaded) {
  for (const file of files) {
    try {
      const loaded = await api.upload(file);
      notice(`Loaded ${file.name}.`);
      await onloaded(loaded);
    } catch (error) {
      alert(`Cannot load ${file.name}: ${error.message}`);
    }
  }
}

function dropTarget(ondrop) {
  const target = h("div.drop", { hidden: true, "aria-hidden": "true" }, h("p", {}, "Drop snapshots to load them"));
  document.body.append(target);
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragenter", (event) => {
    if (carriesFiles(event)) target.hidden = false;
  });
  addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault(); // or the browser would open the file in place of the page
    event.dataTransfer.dropEffect = "copy";
  });
  addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) target.hidden = true;
  });
  addEventListener("drop", (event) => {
    target.hidden = true;
    if (!carriesFiles(event)) return;
    event.preventDefault();
    ondrop([...event.dataTransfer.files]);
  });
}
