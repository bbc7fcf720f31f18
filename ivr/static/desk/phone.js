// The phone on the desk: it is ready before calls come, joins the call that was accepted, and leaves with it.

export class DeskPhone {
  constructor({ phone, widget, words, toast }) {
    Object.assign(this, { phone, widget, words, toast });
    this.ticket = "";
    phone.addEventListener("heard", (event) => this.heard(event.detail));
    phone.addEventListener("state", () => this.showState());
    document.addEventListener("submit", (event) => this.submitted(event));
    document.addEventListener("click", (event) => this.clicked(event));
    document.body.addEventListener("htmx:confirm", (event) => this.asked(event));
  }

  get inCall() {
    return this.phone.inCall;
  }

  // Their own telephone or this one: the status panel says which after each change.
  follow(kind) {
    if (["line", "voice"].includes(kind)) this.phone.start();
    else this.phone.stop();
  }

  // Nothing that leads to a call is asked of the server before the phone can take one.
  async asked(event) {
    const by = event.detail.triggeringEvent?.submitter ?? event.detail.elt;
    if (!by.matches("[data-needs-phone]")) return;
    event.preventDefault();
    try {
      await this.phone.prepare();
    } catch (error) {
      // At the status the window says all; at a call there is no time for one.
      if (by.matches("[data-needs-phone=ready]")) this.widget.open();
      else this.showTrouble(error.code);
      return;
    }
    if (by.isConnected) event.detail.issueRequest();
    // A push drew the panel anew meanwhile: what was pressed stands there again.
    else document.querySelector(`[data-needs-phone="${by.dataset.needsPhone}"]`)?.click();
  }

  async dial(offer, language) {
    try {
      await this.phone.connect({ offer, language });
    } catch (error) {
      this.showTrouble(error.code);
    }
  }

  // Called whenever the call's panel was drawn.
  show(panel) {
    this.panel = panel;
    const { mode, ticket } = panel.dataset;
    if (ticket !== this.ticket) {
      this.ticket = ticket;
      this.phone.muted = false;
      if (!this.phone.spoken) this.phone.silent = false;
    }
    if (["idle", "wrap_up"].includes(mode)) this.phone.hangup();
    this.widget.draw();
    this.showState();
  }

  showState() {
    if (this.phone.busy) this.showTrouble("");
    for (const field of document.querySelectorAll(".say[data-act=say] input")) field.disabled = this.phone.muted;
    // Accepted in another tab, the page was reloaded, or it did not come about: it can still be connected from here.
    const here = document.getElementById("connect-here");
    if (here) here.hidden = this.phone.state !== "ready";
  }

  showTrouble(code) {
    const place = document.getElementById("phone-trouble");
    if (!place) {
      if (code) this.toast(this.words[`phone_trouble_${code}`]);
      return;
    }
    place.hidden = !code;
    place.textContent = code ? this.words[`phone_trouble_${code}`] : "";
  }

  // -- a phone whose talk is typed -------------------------------------------------------------------------------

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
    if (!text || this.phone.muted) return;
    if (!this.inCall) {
      this.toast(this.words.phone_away);
      return;
    }
    this.phone.say(text);
    this.add("said", text);
    field.value = "";
  }

  clicked(event) {
    const here = event.target.closest("#connect-here");
    if (here) this.dial(here.dataset.offer, here.dataset.language);
    if (event.target.closest("[data-phone-act=mute]")) this.showState();
  }
}
