// A supervisor in somebody's call: this page's phone joins when it is asked to, and is put away when the call is over.
// Until then it is not registered, so that it takes nothing from the phone on the desk.

import { fetchToken, openPhone } from "../softphone/phone.js";
import { PhoneWidget } from "../softphone/widget.js";

const READY_MS = 8000;

export class Joined {
  constructor(csrf) {
    this.box = document.getElementById("joined");
    this.words = JSON.parse(this.box.dataset.texts);
    const options = { ...JSON.parse(this.box.dataset.phone), carrier: this.box.dataset.carrier };
    this.phone = openPhone({ ...options, token: () => fetchToken(csrf) });
    this.call = null;
    if (!this.phone) return;
    new PhoneWidget(this.phone, this.words);
    this.phone.addEventListener("state", () => this.settle());
    this.phone.addEventListener("heard", (event) => this.heard(event.detail));
    this.box.addEventListener("click", (event) => this.clicked(event));
    document.getElementById("joined-say")?.addEventListener("submit", (event) => this.said(event));
    window.addEventListener("beforeunload", (event) => this.phone.inCall && event.preventDefault());
  }

  // What the server answered: another mode of the call in hand, or a call to join.
  async join({ ticket, supervision, mode, language }, who) {
    const same = this.call?.supervision === supervision;
    this.call = { ticket, supervision, was: same && this.call.was };
    this.show(mode, same ? "" : who);
    if (same || !this.phone) return;
    this.box.querySelector(".talk")?.replaceChildren();
    try {
      this.phone.start();
      await this.ready();
      await this.phone.prepare();
      await this.phone.connect({ supervision, language });
    } catch (error) {
      this.trouble(this.words[`phone_trouble_${error.code}`] ?? this.words.phone_away);
    }
  }

  ready() {
    if (["ready", "error"].includes(this.phone.state)) return Promise.resolve();
    return new Promise((resolve) => {
      const end = setTimeout(resolve, READY_MS); // connecting says what is wrong
      const look = () => {
        if (this.phone.state !== "ready") return;
        clearTimeout(end);
        this.phone.removeEventListener("state", look);
        resolve();
      };
      this.phone.addEventListener("state", look);
    });
  }

  show(mode, who) {
    this.box.hidden = false;
    if (who) document.getElementById("joined-who").textContent = who;
    for (const button of this.box.querySelectorAll("[data-mode]")) {
      button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
    }
    const field = document.getElementById("joined-text");
    if (field) field.disabled = mode === "listen";
    this.trouble("");
  }

  settle() {
    if (!this.call) return;
    if (this.phone.inCall) this.call.was = true;
    else if (this.call.was && this.phone.state !== "connecting") this.over();
  }

  over() {
    this.call = null;
    this.box.hidden = true;
    this.phone.stop();
  }

  clicked(event) {
    const mode = event.target.closest("[data-mode]")?.dataset.mode;
    if (!mode || !this.call) return;
    htmx.ajax("POST", `/supervisor/tickets/${this.call.ticket}/supervise`, { target: "#floor-notice", values: { mode } });
    if (mode !== "leave") return;
    this.phone.hangup();
    this.over();
  }

  trouble(text) {
    const place = document.getElementById("joined-trouble");
    place.hidden = !text;
    place.textContent = text;
  }

  // -- a phone whose talk is typed --

  heard(frame) {
    if (frame.kind === "peer") this.add("heard", frame.text);
    else if (frame.kind === "say") this.add("event", frame.text);
  }

  said(event) {
    event.preventDefault();
    const field = event.target.elements.text;
    const text = field.value.trim();
    if (!text || !this.phone.inCall) return;
    this.phone.say(text);
    this.add("said", text);
    field.value = "";
  }

  add(who, text) {
    const chat = this.box.querySelector(".talk");
    if (!chat || !text) return;
    const bubble = document.createElement("li");
    bubble.className = who;
    bubble.textContent = text;
    chat.append(bubble);
    chat.scrollTop = chat.scrollHeight;
  }
}
