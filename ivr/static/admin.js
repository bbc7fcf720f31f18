// Pages of the house: moments in the reader's own zone, and copying a link.

import { watchTimes } from "./desk/times.js";

watchTimes(document.documentElement.lang);

for (const button of document.querySelectorAll("[data-copies]")) {
  const field = document.getElementById(button.dataset.copies);
  field.addEventListener("focus", () => field.select());
  button.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      button.textContent = button.dataset.done;
    } catch {
      field.focus(); // no clipboard on a page without https: it is selected, ready for Ctrl-C
    }
  });
}
