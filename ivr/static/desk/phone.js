// The agent's phone in the page, with the built-in carrier: what is typed the caller hears, what the caller says is
// shown and heard. The line itself is line.js (window.Line); this file puts it on the desk.

export class Phone {
  constructor({ carrier, csrf, words, badge, toast }) {
    Object.assign(this, { csrf, words, badge, toast });
    this.muted = false;
    this.ticket = "";
    this.line = new window.Line(carrier, { audio: true });
    // A function: a fresh token for each registration, since one lives ten minutes only.
    this.line.register(() => this.token());
    this.line.addEventListener("registered", () => this.showState());
    this.line.addEventListener("disconnected", () => this.showState());
    this.line.addEventListener("state", () => this.showState());
    this.line.addEventListener("play", (event) => this.heard(event.detail));
    this.line.addEventListener("trouble", (event) => this.add("event", event.detail.text));
    this.line.addEventListener("ended", () => this.showState());
    document.addEventListener("submit", (event) => this.submitted(event));
    document.addEventListener("click", (event) => this.clicked(event));
    this.showState();
  }

  get inCall() {
    return this.line.state === "in-call";
  }

  async token() {
    const answer = await fetch("/desk/phone-token", { method: "POST", headers: { "X-CSRF-Token": this.csrf } });
    if (!answer.ok) throw new Error(`no token (${answer.status})`);
    return { token: (await answer.json()).token };
  }

  dial(offer, language) {
    this.line.dial({ params: { offer: String(offer) }, language });
  }

  // Called whenever the call's panel was drawn.
  show(panel) {
    this.panel = panel;
    const { mode, ticket } = panel.dataset;
    if (ticket !== this.ticket) {
      this.ticket = ticket;
      this.muted = false;
      this.line.muted = false;
    }
    if (["idle", "wrap_up"].includes(mode) && this.line.state !== "idle") this.line.hangup();
    this.showState();
  }

  showState() {
    const [kind, text] = this.inCall
      ? ["ok", this.words.phone_in_call]
      : this.line.registeredAs
        ? ["", this.words.phone_ready]
        : ["bad", this.words.phone_away];
    this.badge.hidden = false;
    this.badge.className = `badge ${kind}`;
    this.badge.textContent = text;
    // Accepted in another tab, or the page was reloaded: the phone can still be connected from here.
    const here = document.getElementById("connect-here");
    if (here) here.hidden = this.line.state !== "idle" || !this.line.registeredAs;
  }

  heard(frame) {
    if (frame.kind === "peer") this.add("heard", frame.text);
    else if (frame.kind === "say") this.add("event", frame.text);
  }

  add(who, text) {
    const chat = this.panel?.querySelector(".talk");
    if (!chat || !text) return;
    const bubble = document.createElement("li");
    bubble.className = who;
    bubble.textContent = text;
    chat.append(bubble);
    chat.scrollTop = chat.scrollHeight;
  }

  submitted(event) {
    if (event.target.dataset.act !== "say") return;
    event.preventDefault();
    const field = event.target.elements.text;
    const text = field.value.trim();
    if (!text || this.muted) return;
    if (!this.inCall) {
      this.toast(this.words.phone_away);
      return;
    }
    this.line.say(text);
    this.add("said", text);
    field.value = "";
  }

  clicked(event) {
    const button = event.target.closest("[data-act=mute], [data-act=sound], #connect-here");
    if (!button) return;
    if (button.id === "connect-here") {
      this.dial(button.dataset.offer, button.dataset.language);
      return;
    }
    if (button.dataset.act === "mute") {
      this.muted = !this.muted;
      button.closest(".phone").querySelector("input").disabled = this.muted;
      button.textContent = this.muted ? this.words.unmute : this.words.mute;
      button.setAttribute("aria-pressed", String(this.muted));
    } else {
      this.line.muted = !this.line.muted;
      button.textContent = this.line.muted ? this.words.sound_on : this.words.sound_off;
      button.setAttribute("aria-pressed", String(this.line.muted));
    }
  }
}
