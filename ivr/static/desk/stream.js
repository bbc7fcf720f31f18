// The stream of events from the live process. Each ping is answered at once: that is how the desk knows that this page
// lives. Nothing here depends on timers while the stream is up, because browsers slow them down in hidden pages.

export class Stream {
  constructor(address, { event, resync, lost, back }) {
    this.address = address;
    this.on = { event, resync, lost, back };
    this.wasLost = false;
    this.failures = 0;
    this.open();
  }

  open() {
    const source = new EventSource(`${this.address}/desk/events`, { withCredentials: true });
    this.source = source;
    source.addEventListener("hello", () => {
      this.failures = 0;
      if (this.wasLost) this.on.back();
      this.wasLost = false;
      // What happened while there was no stream is not sent again, so everything is read again; also the first time:
      // between the drawing of the page and this moment a call may have been offered.
      this.on.resync();
    });
    source.addEventListener("ping", (message) => this.answer(JSON.parse(message.data).id));
    source.addEventListener("resync", () => this.on.resync());
    for (const name of ["offer", "withdrawn", "state", "line", "agents", "callbacks", "messages", "tasks", "task", "notes", "controls", "supervision", "changed", "called_back"]) {
      source.addEventListener(name, (message) => this.on.event(name, JSON.parse(message.data)));
    }
    source.addEventListener("error", () => this.failed(source));
  }

  failed(source) {
    this.failures += 1;
    if (!this.wasLost && this.failures > 1) {
      this.wasLost = true;
      this.on.lost();
    }
    if (source.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
    source.close();
    // Refused: perhaps signed out elsewhere. A panel's answer says so and leads to the sign-in page.
    this.on.resync();
    setTimeout(() => this.open(), Math.min(1000 * 2 ** Math.min(this.failures, 3), 8000));
  }

  answer(id) {
    fetch(`${this.address}/desk/alive`, {
      method: "POST",
      credentials: "include",
      body: new URLSearchParams({ id }),
      keepalive: true,
    }).catch(() => {
      // A lost answer is made up for by the next one, five seconds on; the stream's own error is shown to the agent.
    });
  }
}
