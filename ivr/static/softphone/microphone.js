// Microphone and loudspeaker: the permission, which ones are chosen (remembered on this machine), and trying them out.

import { PhoneError } from "./base.js";

const KEPT = { input: "softphone-input", output: "softphone-output" };
const TEST_MS = 700;

export class Microphone extends EventTarget {
  static get supported() {
    return Boolean(navigator.mediaDevices?.getUserMedia && window.RTCPeerConnection);
  }

  // `changed` is called when the permission changes.
  constructor(changed) {
    super();
    this.trouble = "";
    this.changed = changed;
    this.known = [];
    if (!Microphone.supported) return;
    navigator.mediaDevices.addEventListener("devicechange", () => this.#look());
    this.#look();
    this.#watchPermission();
  }

  get constraints() {
    const id = localStorage.getItem(KEPT.input);
    return { echoCancellation: true, noiseSuppression: true, autoGainControl: true, ...(id ? { deviceId: { ideal: id } } : {}) };
  }

  // Asks the person where they were not asked yet. Raises microphone_denied or microphone_missing.
  async ask() {
    if ((await this.#permission()) === "granted" && (await this.#look())) {
      this.#is("");
      return;
    }
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: this.constraints });
      for (const track of stream.getTracks()) track.stop();
    } catch (error) {
      const denied = ["NotAllowedError", "SecurityError", "PermissionDeniedError"].includes(error.name);
      this.#is(denied ? "microphone_denied" : "microphone_missing");
      throw new PhoneError(this.trouble, error.name);
    }
    this.#is("");
    await this.#look(); // names are told only now
  }

  async #permission() {
    try {
      return (await navigator.permissions.query({ name: "microphone" })).state;
    } catch {
      return "unknown"; // this browser does not tell; asking it is the only way
    }
  }

  async #watchPermission() {
    try {
      const permission = await navigator.permissions.query({ name: "microphone" });
      const told = () => {
        if (permission.state === "denied") this.#is("microphone_denied");
        else if (this.trouble === "microphone_denied") this.#is("");
      };
      permission.addEventListener("change", told);
      told();
    } catch {
      // This browser does not tell; it will when it is asked.
    }
  }

  #is(trouble) {
    if (this.trouble === trouble) return;
    this.trouble = trouble;
    this.changed();
  }

  // Whether there is a microphone at all.
  async #look() {
    this.known = await navigator.mediaDevices.enumerateDevices();
    this.dispatchEvent(new Event("devices"));
    return this.known.some((one) => one.kind === "audioinput");
  }

  list() {
    const of = (kind, which) => {
      const kept = localStorage.getItem(KEPT[which]) || "default";
      const found = this.known.filter((one) => one.kind === kind && one.deviceId);
      const chosen = found.some((one) => one.deviceId === kept) ? kept : "default";
      return found.map((one) => ({ id: one.deviceId, name: one.label, chosen: one.deviceId === chosen }));
    };
    return { inputs: of("audioinput", "input"), outputs: of("audiooutput", "output") };
  }

  async choose(which, id, audio, inCall) {
    localStorage.setItem(KEPT[which], id);
    if (which === "output") await this.chooseSpeaker(audio);
    else if (inCall) await audio?.setInputDevice(id);
  }

  // What was chosen earlier may be unplugged today: then the system's own.
  async chooseSpeaker(audio) {
    if (!audio?.isOutputSelectionSupported) return;
    const kept = localStorage.getItem(KEPT.output) || "default";
    const there = audio.availableOutputDevices.has(kept) ? kept : "default";
    if (audio.availableOutputDevices.has(there)) await audio.speakerDevices.set(there);
  }

  // After a call: the microphone is let go, so that the browser shows no recording.
  release(audio) {
    if (audio?.inputDevice) audio.unsetInputDevice().catch(() => {}); // a call that is just ending lets it go itself
  }

  async watch(told) {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: this.constraints });
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      told(Math.min(1, 4 * Math.sqrt(samples.reduce((sum, one) => sum + one * one, 0) / samples.length)));
    }, 100);
    return () => {
      clearInterval(timer);
      for (const track of stream.getTracks()) track.stop();
      context.close();
    };
  }

  async playTestSound() {
    const context = new AudioContext();
    const out = context.createMediaStreamDestination();
    const tone = context.createOscillator();
    const level = context.createGain();
    level.gain.value = 0.2;
    tone.frequency.value = 587.33;
    tone.connect(level).connect(out);
    const player = new Audio();
    player.srcObject = out.stream;
    const kept = localStorage.getItem(KEPT.output);
    if (kept && player.setSinkId && this.known.some((one) => one.deviceId === kept)) await player.setSinkId(kept);
    tone.start();
    tone.stop(context.currentTime + TEST_MS / 1000);
    await player.play();
    await new Promise((over) => setTimeout(over, TEST_MS + 100));
    player.srcObject = null;
    await context.close();
  }
}
