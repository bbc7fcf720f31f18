// The lists beside the call: which tab is shown, and where each is scrolled to, also after a push has drawn it anew. What
// the list of promises shows stands in the page's address, to be kept, sent to somebody, and found again on reload.

export class Lists {
  constructor() {
    this.scrolled = new Map();
    document.addEventListener("click", (event) => {
      const tab = event.target.closest("[data-tab]");
      if (!tab) return;
      localStorage.setItem(`desk-tab-${tab.parentElement.dataset.tabs}`, tab.dataset.tab);
      this.show();
    });
    document.body.addEventListener("htmx:beforeSwap", (event) => this.remember(event.detail.target));
    document.body.addEventListener("htmx:afterSwap", (event) => {
      this.show();
      this.comeBack(event.detail.target);
    });
    document.addEventListener("change", (event) => this.filtered(event.target.closest("#callbacks-filter")));
    this.show();
  }

  filtered(form) {
    if (!form) return;
    const address = new URL(location.href);
    for (const [name, value] of new FormData(form)) {
      if (value && value !== "all") address.searchParams.set(name, value);
      else address.searchParams.delete(name);
    }
    history.replaceState(history.state, "", address);
  }

  show() {
    for (const tabs of document.querySelectorAll("[data-tabs]")) {
      const chosen = localStorage.getItem(`desk-tab-${tabs.dataset.tabs}`) || "mine";
      for (const tab of tabs.querySelectorAll("[data-tab]")) tab.setAttribute("aria-pressed", String(tab.dataset.tab === chosen));
      for (const part of document.querySelectorAll(`[data-tab-of="${tabs.dataset.tabs}"]`)) part.hidden = part.dataset.tabName !== chosen;
    }
  }

  remember(panel) {
    if (!panel?.id?.startsWith("panel-")) return;
    this.scrolled.set(panel.id, [...panel.querySelectorAll(".rows")].map((rows) => rows.scrollTop));
  }

  comeBack(panel) {
    if (!panel?.id?.startsWith("panel-")) return;
    const tops = this.scrolled.get(panel.id) || [];
    [...panel.querySelectorAll(".rows")].forEach((rows, index) => {
      rows.scrollTop = tops[index] || 0;
    });
  }
}
