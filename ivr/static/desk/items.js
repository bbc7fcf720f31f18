// The opened task or message. Which one is in the page's address (#tasks/5), so that a reload, a crash or signing in
// again opens it anew; where the page was scrolled to comes back with it.

const KINDS = ["tasks", "messages"];

export class Items {
  constructor(place) {
    this.place = place;
    document.addEventListener("click", (event) => {
      const opener = event.target.closest("[data-open]");
      if (opener) this.open(opener.dataset.open);
      if (event.target.closest("[data-closes-item]")) this.close();
    });
    document.body.addEventListener("htmx:beforeSwap", (event) => this.drawn(event.detail));
    window.addEventListener("pagehide", () => sessionStorage.setItem("desk-scroll", String(window.scrollY)));
    window.addEventListener("hashchange", () => this.follow());
  }

  // The same again, asked for because of a push about others: what plays or is being typed is left alone.
  drawn(detail) {
    if (detail.target !== this.place) return;
    const shows = detail.xhr.getResponseHeader("X-Item-Shows");
    if (detail.requestConfig.verb === "get" && shows && shows === this.shows) detail.shouldSwap = false;
    this.shows = shows;
  }

  get shown() {
    return this.place.querySelector("#item")?.dataset.item || "";
  }

  get wanted() {
    const [kind, id] = location.hash.slice(1).split("/");
    return KINDS.includes(kind) && /^\d+$/.test(id || "") ? `${kind}/${id}` : "";
  }

  // After a load or a change of the address: show what it names.
  async follow() {
    if (!this.wanted) return this.clear();
    if (this.wanted !== this.shown) await this.fetch(this.wanted);
  }

  async restore() {
    await this.follow();
    const top = Number(sessionStorage.getItem("desk-scroll"));
    sessionStorage.removeItem("desk-scroll");
    if (top) window.scrollTo(0, top);
  }

  async open(item) {
    history.replaceState(null, "", `#${item}`);
    await this.fetch(item);
    const title = document.getElementById("item-title");
    title?.focus({ preventScroll: true });
    this.place.scrollIntoView({ block: "nearest" });
  }

  // Something about it changed elsewhere.
  refresh(kind) {
    if (this.shown.startsWith(`${kind}/`)) this.fetch(this.shown);
  }

  fetch(item) {
    return htmx.ajax("GET", `/desk/${item}`, { source: this.place, target: this.place, swap: "innerHTML" });
  }

  close() {
    const rows = [...document.querySelectorAll(`[data-open="${this.shown}"]`)];
    const row = rows.find((one) => one.checkVisibility());
    history.replaceState(null, "", location.pathname);
    this.clear();
    row?.focus();
  }

  clear() {
    this.place.replaceChildren();
    this.shows = "";
    this.mark();
  }

  // The row of what is open, in every list.
  mark() {
    for (const row of document.querySelectorAll("[data-open]")) {
      row.setAttribute("aria-current", String(row.dataset.open === this.shown));
    }
  }
}
