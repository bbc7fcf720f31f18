// The reports page: its plot, and the second date only where it means something.

import { drawPlots } from "./plot.js";

const kind = document.getElementById("period");
const until = document.getElementById("until-field");
const fit = () => {
  until.hidden = kind.value !== "custom";
};
kind.addEventListener("change", fit);
fit();
drawPlots();
