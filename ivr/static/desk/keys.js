// Keys by their place on the board, so that they work in a Cyrillic layout too: one letter each, `?` for all of them,
// the arrows from row to row.

export function watchKeys({ leaveItem }) {
  const help = document.getElementById("keys");
  document.getElementById("keys-button")?.addEventListener("click", () => help.showModal());

  document.addEventListener("keydown", (event) => {
    if (help.open) return; // the dialog has its own
    if (event.key === "Escape") {
      if (event.target.matches("input, textarea, select")) event.target.blur();
      else leaveItem();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) {
      if (!event.key.startsWith("Arrow")) return;
    }
    if (event.target.matches("input:not([type=radio]), textarea, select, [contenteditable]")) return;
    if (event.key === "?" || (event.code === "Slash" && event.shiftKey)) {
      event.preventDefault();
      help.showModal();
      return;
    }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (toRow(event.target, event.key === "ArrowDown" ? 1 : -1)) event.preventDefault();
      return;
    }
    const name = nameOf(event);
    if (!name) return;
    const button = visible(`[data-key="${name}"]`);
    const field = visible(`[data-focus-key="${name}"]`);
    if (button && !button.disabled) {
      event.preventDefault();
      button.click();
    } else if (field) {
      event.preventDefault();
      field.focus();
      field.scrollIntoView({ block: "nearest" });
    }
  });
}

// `KeyA` is a, `Digit1` is 1; with Shift, shift+a.
function nameOf(event) {
  const found = event.code.match(/^(?:Key|Digit)(.)$/);
  return found ? (event.shiftKey ? "shift+" : "") + found[1].toLowerCase() : "";
}

function visible(selector) {
  return [...document.querySelectorAll(selector)].find((one) => one.checkVisibility());
}

function toRow(from, step) {
  const list = from.closest?.(".rows");
  if (!list) return false;
  const rows = [...list.querySelectorAll("button.row, summary, [tabindex]")];
  if (!rows.length) return false; // let the list itself scroll
  const next = rows[rows.indexOf(from.closest("button.row, summary, [tabindex]")) + step];
  next?.focus();
  return true;
}
