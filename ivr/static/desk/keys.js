// One-letter keys, by the key's place on the board, so that they work in a Cyrillic layout too.

export function watchKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target.matches("input, textarea")) {
      event.target.blur();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.target.matches("input:not([type=radio]), textarea, select, [contenteditable]")) return;
    const key = event.code.startsWith("Key") ? event.code.slice(3).toLowerCase() : "";
    if (!key) return;
    const field = document.querySelector(`[data-focus-key="${key}"]`);
    const button = document.querySelector(`[data-key="${key}"]`);
    if (button && !button.disabled) {
      event.preventDefault();
      button.click();
    } else if (field) {
      event.preventDefault();
      field.focus();
    }
  });
}
