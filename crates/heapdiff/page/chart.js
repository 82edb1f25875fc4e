// Puts a chart that the model has drawn into the page, where the page's style colours it. Leaves what it shows to its SVG.

/**
 * @param {string} svg
 * @returns {SVGElement}
 */
export function chart(svg) {
  const read = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
  return document.importNode(read, true);
}
