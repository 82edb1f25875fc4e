// Puts a document into its view: says that it is loading if that takes a while, and why it failed if it did.

import { fill, h } from "heapdiff/dom.js";

export class Loader {
  /** @param {{element: HTMLElement, show: (document: object) => void}} view */
  constructor(view) {
    this.view = view;
    this.place = h("div");
    this.wanted = null;
    this.ready = false;
  }

  /** Puts the view into a panel, once; `above` it what chooses the document. */
  into(panel, ...above) {
    if (!this.place.isConnected) fill(panel, above, this.place);
  }

  /**
   * Loads the document at `url`, or shows the one that is there again.
   * @param {(url: string, signal: AbortSignal) => Promise<object>} load
   * @param {string} [version] tells the document from an earlier one of the same URL
   * @returns {Promise<object|null>} null: something else was asked for meanwhile, or it failed
   */
  async load(load, url, version = "") {
    const wanted = `${url} ${version}`;
    if (wanted === this.wanted) {
      if (this.ready) this.view.show(this.document);
      return this.ready ? this.document : null;
    }
    this.wanted = wanted;
    this.ready = false;
    this.abort?.abort();
    this.abort = new AbortController();
    const slow = setTimeout(() => fill(this.place, h("p.loading", { role: "status" }, "Loading …")), 250);
    try {
      const document = await load(url, this.abort.signal);
      if (wanted !== this.wanted) return null;
      clearTimeout(slow);
      if (this.place.firstChild !== this.view.element) fill(this.place, this.view.element);
      this.document = document;
      this.ready = true;
      this.view.show(document);
      return document;
    } catch (error) {
      if (wanted === this.wanted) this.fail(error, () => this.load(load, url, version));
      return null;
    } finally {
      clearTimeout(slow);
    }
  }

  fail(error, again) {
    this.wanted = null;
    fill(this.place, h("div.alert", { role: "alert" }, h("p", {}, error.message),
      h("button", { type: "button", onclick: again }, "Try again")));
  }
}
