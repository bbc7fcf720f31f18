// What is being written is kept in this browser until the server has it: over a reload, a crash, a lost network. Each
// person's is kept apart, for a day at most, and signing out forgets it.

const DAY = 24 * 3600 * 1000;

export class Drafts {
  constructor(person) {
    this.prefix = `desk-draft:${person}:`;
    this.here = new Set(); // what is being written on this very page; the store is shared with the other tabs
    for (const key of this.keys()) {
      const kept = this.read(key);
      if (!kept || Date.now() - kept.at > DAY) localStorage.removeItem(key);
    }
    document.addEventListener("input", (event) => {
      if (event.target.matches("[data-draft]")) this.keep(event.target);
    });
    // Sent and done: what was in the form is the server's now. Before the answer is drawn, which may hold the field anew.
    document.body.addEventListener("htmx:beforeOnLoad", (event) => {
      const { xhr, requestConfig } = event.detail;
      const form = requestConfig.elt;
      if (!form.matches("[data-clears-drafts]") || xhr.status >= 300 || xhr.getResponseHeader("X-Not-Done")) return;
      for (const field of form.querySelectorAll("[data-draft]")) this.forget(field.id);
    });
    document.querySelector("form[action$='/sign-out']")?.addEventListener("submit", () => {
      for (const key of this.keys()) localStorage.removeItem(key);
    });
  }

  keys() {
    return Object.keys(localStorage).filter((key) => key.startsWith(this.prefix));
  }

  read(key) {
    try {
      return JSON.parse(localStorage.getItem(key));
    } catch {
      return null; // not ours to understand: treated as none
    }
  }

  has(id) {
    return this.here.has(id);
  }

  keep(field) {
    this.here.add(field.id);
    if (!field.value) {
      // Emptied: nothing to bring back, but not saved either.
      localStorage.removeItem(this.prefix + field.id);
      return;
    }
    const draft = { text: field.value, at: Date.now(), version: field.dataset.version };
    try {
      localStorage.setItem(this.prefix + field.id, JSON.stringify(draft));
    } catch {
      // The browser's store is full or closed to us: the server's copy is what remains.
    }
  }

  forget(id) {
    this.here.delete(id);
    localStorage.removeItem(this.prefix + id);
  }

  // Put back what was being written. Notes that somebody changed meanwhile keep both texts.
  restore(root) {
    for (const field of root.querySelectorAll("[data-draft]:not([data-restored])")) {
      field.dataset.restored = "yes";
      const kept = this.read(this.prefix + field.id);
      if (!kept || kept.text === field.value) continue;
      const theirs = field.value;
      const changed = kept.version !== undefined && kept.version !== field.dataset.version;
      this.here.add(field.id);
      field.value = changed && theirs && !kept.text.includes(theirs) ? `${theirs}\n${kept.text}` : kept.text;
      if (field.matches("[hx-trigger*=again]")) htmx.trigger(field, "again");
    }
  }
}
