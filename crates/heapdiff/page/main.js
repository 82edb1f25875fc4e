// Where the page begins: reads what the shell says it is, and starts the report or the panel.

import { ICONS, fill, icon } from "heapdiff/dom.js";
import * as panel from "heapdiff/panel.js";
import * as report from "heapdiff/report.js";
import * as theme from "heapdiff/theme.js";

const boot = JSON.parse(document.getElementById("boot").textContent);

theme.start(document.getElementById("theme"));
const drawer = document.getElementById("drawer");
if (drawer) fill(drawer, icon(ICONS.menu));
if (boot.mode === "panel") panel.start();
else report.start(boot);
