// Light and dark: as the system says, until the reader says otherwise.

import { ICONS, fill, icon } from "heapdiff/dom.js";

const KEY = "heapdiff-theme";
const system = matchMedia("(prefers-color-scheme: dark)");

/** Shows the button that changes it. */
export function start(button) {
  apply(remembered());
  const show = () => {
    const next = isDark() ? "light" : "dark";
    button.setAttribute("aria-label", `Use the ${next} colours`);
    button.title = button.getAttribute("aria-label");
    fill(button, icon(next === "light" ? ICONS.sun : ICONS.moon));
  };
  button.addEventListener("click", () => {
    const chosen = isDark() ? "light" : "dark";
    apply(chosen);
    remember(chosen);
    show();
  });
  system.addEventListener("change", show);
  show();
  button.hidden = false;
}

const isDark = () => (document.documentElement.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";

function apply(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
}

// A file opened from disk may have no storage; then the choice lasts as long as the page.
function remembered() {
  try {
    const theme = localStorage.getItem(KEY);
    return theme === "light" || theme === "dark" ? theme : null;
  } catch {
    return null;
  }
}

function remember(theme) {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // see above
  }
}
