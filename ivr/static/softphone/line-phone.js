// The built-in carrier's telephone: caller and agent hear each other where both have a microphone; what is typed the
// caller hears too, and what they type is shown and read out. The line itself is line.js (window.Line).

import { Talk } from "../sound/talk.js";
import { Phone, PhoneError } from "./base.js";

const JOIN_MS = 8000;

export class LinePhone extends Phone {
  constructor({ carrier, token }) {
    super();
    this.spoken = false;
    this.carrier = carrier;
    this.token = token;
    this.quiet = false;
  }

  start() {
    if (this.line) return;
    this.line = new window.Line(this.carrier, { audio: true });
    this.talk = new Talk(this.line);
    this.line.addEventListener("ended", () => this.talk.close());
    for (const type of ["registered", "disconnected", "state", "ended"]) this.line.addEventListener(type, () => this.settle());
    this.line.addEventListener("play", (event) => this.tell("heard", event.detail));
    this.line.addEventListener("trouble", (event) => this.tell("heard", { kind: "say", text: event.detail.text }));
    // A function: a fresh token for each registration, since one lives ten minutes only.
    this.line.register(async () => ({ token: await this.token() }));
    this.settle();
  }

  stop() {
    this.talk?.close();
    this.line?.close();
    this.line = undefined;
    this.become("off");
  }

  async prepare() {
    // Asked here, so that no question stands in the way of a call; nobody waits for the answer: without a microphone one
    // types.
    if (this.allowed || !Talk.supported) return;
    navigator.mediaDevices.getUserMedia({ audio: true }).then(
      (stream) => { this.allowed = true; for (const track of stream.getTracks()) track.stop(); },
      () => { this.allowed = false; },
    );
  }

  async microphone() {
    this.line.mic = false;
    if (!this.allowed) return;
    try {
      await this.talk.open();
      this.talk.silent = this.quiet;
      this.line.mic = true;
    } catch {
      this.allowed = false; // taken away since: what is said is typed
    }
  }

  get muted() {
    return this.quiet;
  }

  set muted(value) {
    this.quiet = value;
    if (this.talk) this.talk.silent = value;
  }

  async connect({ language, ...params }) {
    await this.microphone();
    const texts = Object.fromEntries(Object.entries(params).map(([name, value]) => [name, String(value)]));
    this.line.dial({ params: texts, language });
    await this.until(() => this.inCall, JOIN_MS, "call_failed");
  }

  say(text) {
    if (!this.inCall) throw new PhoneError("carrier_away");
    if (!this.muted) this.line.say(text);
  }

  digits(keys) {
    this.line.press(keys);
  }

  hangup() {
    if (this.line && this.line.state !== "idle") this.line.hangup();
  }

  get silent() {
    return Boolean(this.line?.muted);
  }

  set silent(value) {
    if (this.line) this.line.muted = value;
  }

  settle() {
    const line = this.line;
    if (!line) return;
    if (line.state === "in-call") this.become("in-call");
    else if (line.state !== "idle") this.become("connecting");
    else this.become(line.registeredAs ? "ready" : "offline");
  }
}
