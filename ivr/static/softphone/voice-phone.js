// The agent's phone through Twilio's Voice SDK (window.Twilio): registered as long as it is started, one call at a time.

import { Phone, PhoneError } from "./base.js";
import { Microphone } from "./microphone.js";

const JOIN_MS = 9000; // the queue gives an agent ten seconds to come
const REGISTER_MS = 5000; // how long an accepted call waits for a phone that is just coming back
const RETRY_MS = [500, 1000, 2000, 4000, 8000];
const RENEW_BEFORE_MS = 120_000; // a hidden page's timers may come a minute late
const SIGNALLING_LOST_MS = 30_000; // a call outlives its signalling this long
const LEVEL_MS = 100;

// What the SDK's warnings mean to a person.
const WARNINGS = {
  "high-rtt": "network",
  "high-jitter": "network",
  "high-packet-loss": "network",
  "high-packets-lost-fraction": "network",
  "low-mos": "network",
  "low-bytes-received": "no_sound",
  "low-bytes-sent": "no_sound",
  "ice-connectivity-lost": "no_sound",
  "constant-audio-input-level": "silent_microphone",
};
const AUTHORISATION = new Set([20101, 20104, 31201, 31202, 31204, 31205, 51007]);

// The SDK would fetch sounds from elsewhere; the desk rings by itself, and keys are made with oscillators.
class NoSound {
  async play() {}
  stop() {}
  setSinkIds() {}
}

export class VoicePhone extends Phone {
  #device; #call; #muted = false; #tries = 0; #timer; #levelAt = 0;

  constructor({ token, hosts = [], edges = [] }) {
    super();
    this.spoken = true;
    this.token = token;
    this.hosts = hosts;
    this.edges = edges;
    this.microphone = new Microphone(() => this.#settle());
    this.microphone.addEventListener("devices", () => this.tell("devices"));
    // A browser lets a page sound only after the person has touched it.
    const touched = () => this.#resume();
    document.addEventListener("pointerdown", touched);
    document.addEventListener("keydown", touched);
  }

  get identity() {
    return this.#device?.identity ?? "";
  }

  // -- registration ----------------------------------------------------------------------------------------------

  start() {
    if (this.state !== "off") return;
    if (!window.Twilio?.Device || !Microphone.supported) {
      this.become("error", "not_supported");
      return;
    }
    this.become("offline");
    this.#open();
  }

  stop() {
    clearTimeout(this.#timer);
    this.hangup();
    this.#drop();
    this.become("off");
  }

  async #open() {
    let token;
    try {
      token = await this.token();
    } catch {
      this.#again();
      return;
    }
    if (this.state === "off" || this.#device) return;
    const device = new window.Twilio.Device(token, {
      ...(this.hosts.length ? { chunderw: this.hosts, publishEvents: false } : {}),
      ...(this.edges.length ? { edge: this.edges } : {}),
      appName: "hotline",
      codecPreferences: ["opus", "pcmu"],
      logLevel: "silent",
      maxCallSignalingTimeoutMs: SIGNALLING_LOST_MS,
      Sound: NoSound,
      tokenRefreshMs: RENEW_BEFORE_MS,
    });
    this.#device = device;
    for (const type of ["registering", "registered", "unregistered"]) device.on(type, () => this.#settle());
    device.on("registered", () => { this.#tries = 0; });
    device.on("tokenWillExpire", () => this.#renew());
    device.on("error", (error) => { if (AUTHORISATION.has(error.code)) this.#refused(); });
    // Nobody calls an agent's browser; it is registered only to know that it works.
    device.on("incoming", (call) => call.reject());
    this.#settle();
    try {
      await device.register();
    } catch {
      if (device === this.#device) this.#refused();
      return;
    }
    this.microphone.chooseSpeaker(device.audio);
  }

  async #renew() {
    const device = this.#device;
    try {
      const token = await this.token();
      if (device === this.#device) device.updateToken(token);
    } catch {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => device === this.#device && this.#renew(), RETRY_MS.at(-1));
    }
  }

  // The token is no longer taken: begin anew with another. Never under a call, which needs none to go on.
  #refused() {
    if (this.#call) return;
    this.#drop();
    this.#again();
  }

  #again() {
    if (this.state === "off") return;
    this.#settle();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#open(), RETRY_MS[Math.min(this.#tries++, RETRY_MS.length - 1)]);
  }

  #drop() {
    const device = this.#device;
    this.#device = undefined;
    device?.destroy();
  }

  #settle() {
    if (this.state === "off" || this.busy) return;
    if (["microphone_denied", "microphone_missing"].includes(this.microphone.trouble)) this.become("error", this.microphone.trouble);
    else this.become(this.#device?.state === "registered" ? "ready" : "offline");
  }

  // -- a call ----------------------------------------------------------------------------------------------------

  async prepare() {
    if (this.trouble === "not_supported") throw new PhoneError("not_supported");
    this.#resume();
    try {
      await this.microphone.ask();
    } finally {
      this.#settle();
    }
    await this.until(() => this.state === "ready" || this.busy, REGISTER_MS, "carrier_away");
  }

  // `params` go to the application's webhook; `language` is for the other kind of phone.
  async connect({ language, ...params }) {
    if (this.busy) return;
    await this.until(() => this.state === "ready", REGISTER_MS, "carrier_away");
    this.become("connecting");
    const texts = Object.fromEntries(Object.entries(params).map(([name, value]) => [name, String(value)]));
    try {
      const call = await this.#device.connect({ params: texts, rtcConstraints: { audio: this.microphone.constraints } });
      this.#call = call;
      await this.#joined(call);
    } catch (error) {
      this.#over();
      throw error instanceof PhoneError ? error : new PhoneError("call_failed", error.message);
    }
  }

  #joined(call) {
    return new Promise((resolve, reject) => {
      let failure = new PhoneError("call_failed", "ended");
      const timer = setTimeout(() => {
        failure = new PhoneError("call_failed", "no answer");
        call.disconnect();
      }, JOIN_MS);
      call.on("accept", () => {
        clearTimeout(timer);
        call.mute(this.#muted);
        this.become("in-call");
        resolve();
      });
      call.on("error", (error) => {
        if (error.code === 31401) failure = new PhoneError("microphone_denied");
        else if (error.code === 31402) failure = new PhoneError("microphone_missing");
        else failure = new PhoneError("call_failed", String(error.code));
        if (call.status() === "closed") ended();
      });
      // An error is told after the end that it caused.
      const ended = () => setTimeout(() => {
        clearTimeout(timer);
        if (this.#call === call) this.#over();
        reject(failure);
      });
      for (const type of ["disconnect", "cancel", "reject"]) call.on(type, ended);
      call.on("volume", (input, output) => this.#level(input, output));
      call.on("warning", (name) => WARNINGS[name] && this.warn(WARNINGS[name], true));
      call.on("warning-cleared", (name) => WARNINGS[name] && this.warn(WARNINGS[name], false));
      call.on("reconnecting", () => this.warn("reconnecting", true));
      call.on("reconnected", () => this.warn("reconnecting", false));
    });
  }

  #over() {
    this.#call = undefined;
    this.#muted = false;
    for (const name of [...this.warnings]) this.warn(name, false);
    this.microphone.release(this.#device?.audio);
    if (this.state === "off") return;
    this.state = "offline"; // whatever it was; the next line says what is
    this.#settle();
    if (this.state === "offline") this.tell("state", { state: "offline", trouble: "" });
  }

  #level(input, output) {
    const now = performance.now();
    if (now - this.#levelAt < LEVEL_MS) return;
    this.#levelAt = now;
    this.tell("level", { input, output });
  }

  hangup() {
    this.#call?.disconnect();
  }

  digits(keys) {
    this.#call?.sendDigits(keys);
  }

  get muted() {
    return this.#muted;
  }

  set muted(value) {
    this.#muted = value;
    this.#call?.mute(value);
    if (value) this.warn("silent_microphone", false);
  }

  // -- devices ---------------------------------------------------------------------------------------------------

  // {inputs, outputs}: [{id, name, chosen}]
  devices() {
    return this.microphone.list(this.#device?.audio);
  }

  // which: "input" or "output". In a call it changes at once.
  async choose(which, id) {
    await this.microphone.choose(which, id, this.#device?.audio, this.busy);
    this.tell("devices");
  }

  // A meter while no call runs: resolves with a function that ends it.
  watchLevel(told) {
    return this.microphone.watch(told);
  }

  playTestSound() {
    return this.microphone.playTestSound();
  }

  #resume() {
    const audio = window.Twilio?.Device?.audioContext;
    if (audio?.state === "suspended") audio.resume();
  }
}
