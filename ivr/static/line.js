// A telephone in the browser: the client of the built-in carrier's /line. A classic script that defines window.Line.
// The frames are described in docs/carrier.md; each arrives as an event of its type, the frame in event.detail.
(() => {
  "use strict";

  const RECONNECT_MS = [500, 1000, 2000, 4000, 8000];

  class Line extends EventTarget {
    #url; #audio; #socket = null; #who = null; #tries = 0; #closed = false; #queue = [];
    #players = new Map(); #tone = null; #peers = []; #peer = null; #volume = 1; #muted = false; #timer = null;
    mic = false; // whether the next call carries sound both ways (see sound/talk.js)

    // url: the carrier's address (http://host:8002). audio: whether this telephone has a loudspeaker.
    constructor(url, { audio = true } = {}) {
      super();
      this.#url = url.replace(/\/$/, "");
      this.#audio = audio;
      this.state = "idle";
      this.sid = "";
      this.registeredAs = "";
      this.#connect();
    }

    get connected() { return this.#socket?.readyState === WebSocket.OPEN; }
    get volume() { return this.#volume; }
    set volume(value) { this.#volume = Math.min(1, Math.max(0, value)); this.#applyVolume(); }
    get muted() { return this.#muted; }
    set muted(value) { this.#muted = Boolean(value); this.#applyVolume(); }
    get audio() { return this.#audio; }
    set audio(value) { this.#audio = Boolean(value); if (!value) this.#silence(); }

    // who: {number} or {token}, or a function that gives one (asked anew after each reconnection).
    register(who, { language } = {}) {
      this.#who = { who, language };
      return this.#sendRegistration();
    }

    dial({ to = "", from, params = {}, language = "ru", chaos = [], seed = 0 } = {}) {
      if (this.state !== "idle") return;
      this.#send({ type: "dial", to, ...(from === undefined ? {} : { from }), params, language, chaos, seed, audio: this.#audio, mic: this.mic });
    }

    // 20 ms of what its person says: 160 bytes of mu-law at 8 kHz. Heard ones come as "sound" events.
    sendSound(bytes) { if (this.connected && this.state === "in-call") this.#socket.send(bytes); }
    press(digits) { this.#send({ type: "digits", digits }); }
    say(text) { this.#send({ type: "say", text }); }
    hangup() { this.#send({ type: "hangup" }); }
    answer() { this.#send({ type: "answer", audio: this.#audio, mic: this.mic }); }
    reject() { this.#send({ type: "reject" }); }

    // For good: no reconnection.
    close() { this.#closed = true; clearTimeout(this.#timer); this.#silence(); this.#socket?.close(); }

    // -- the socket ------------------------------------------------------------------------------------------

    #connect() {
      const socket = new WebSocket(`${this.#url.replace(/^http/, "ws")}/line`);
      socket.binaryType = "arraybuffer";
      this.#socket = socket;
      socket.addEventListener("open", async () => {
        this.#tries = 0;
        this.#emit("connected", {});
        await this.#sendRegistration();
        for (const frame of this.#queue.splice(0)) this.#send(frame);
      });
      socket.addEventListener("message", ({ data }) => {
        if (data instanceof ArrayBuffer) this.#emit("sound", { bytes: data });
        else this.#take(JSON.parse(data));
      });
      socket.addEventListener("close", () => {
        if (this.#closed || this.#socket !== socket) return;
        if (this.state !== "idle") this.#take({ type: "ended", sid: this.sid, reason: "carrier gone" });
        this.registeredAs = "";
        this.#emit("disconnected", {});
        const wait = RECONNECT_MS[Math.min(this.#tries++, RECONNECT_MS.length - 1)];
        this.#timer = setTimeout(() => this.#connect(), wait);
      });
    }

    async #sendRegistration() {
      if (!this.#who || !this.connected) return;
      let who;
      try {
        who = typeof this.#who.who === "function" ? await this.#who.who() : this.#who.who;
      } catch (error) {
        this.#emit("trouble", { text: `registration: ${error.message}` });
        return;
      }
      const { language } = this.#who;
      if (this.connected) this.#socket.send(JSON.stringify({ type: "register", ...who, audio: this.#audio, ...(language ? { language } : {}) }));
    }

    #send(frame) {
      if (this.connected) this.#socket.send(JSON.stringify(frame));
      else if (frame.type === "dial") this.#queue.push(frame);
    }

    #emit(type, detail) { this.dispatchEvent(new CustomEvent(type, { detail })); }

    #become(state) {
      if (this.state === state) return;
      this.state = state;
      this.#emit("state", { state });
    }

    #take(frame) {
      switch (frame.type) {
        case "registered": this.registeredAs = frame.as; break;
        case "ringing": this.sid = frame.sid; this.#become("ringing"); this.#startTone("ringing"); break;
        case "incoming": this.sid = frame.sid; this.#become("incoming"); this.#startTone("ringing"); break;
        case "answered": this.sid = frame.sid; this.#stopTone(); this.#become("in-call"); break;
        case "play": this.#play(frame); break;
        case "stop": this.#stop(frame.id); break;
        case "ended":
          this.#silence();
          if (frame.reason === "busy") { this.#startTone("busy"); setTimeout(() => this.#stopTone("busy"), 2500); }
          this.#become("idle");
          break;
      }
      this.#emit(frame.type, frame);
    }

    // -- sound -----------------------------------------------------------------------------------------------

    #play(frame) {
      if (!this.#audio || !frame.url) return;
      if (frame.kind === "peer") { this.#peers.push(frame); this.#nextPeer(); return; }
      const player = new Audio(frame.url);
      const loop = frame.loop ?? 1;
      let left = loop;
      player.loop = loop === 0;
      this.#players.set(frame.id, player);
      const over = () => {
        if (left > 1) { left -= 1; player.currentTime = 0; player.play().catch(() => {}); return; }
        if (this.#players.get(frame.id) !== player) return;
        this.#players.delete(frame.id);
        this.#send({ type: "played", id: frame.id });
      };
      player.addEventListener("ended", over);
      // A browser that may not play yet must not hold up the call: the carrier's own timer goes on.
      player.addEventListener("error", () => this.#players.delete(frame.id));
      this.#start(player);
    }

    #nextPeer() {
      if (this.#peer || !this.#peers.length) return;
      const frame = this.#peers.shift();
      const player = (this.#peer = new Audio(frame.url));
      const next = () => { if (this.#peer === player) { this.#peer = null; this.#nextPeer(); } };
      player.addEventListener("ended", next);
      player.addEventListener("error", next);
      this.#start(player, next);
    }

    #startTone(name) {
      this.#stopTone();
      if (!this.#audio) return;
      this.#tone = new Audio(`${this.#url}/audio/tones/${name}.wav`);
      this.#tone.loop = true;
      this.#tone.dataset.name = name;
      this.#start(this.#tone);
    }

    #stopTone(name) {
      if (!this.#tone || (name && this.#tone.dataset.name !== name)) return;
      this.#tone.pause();
      this.#tone = null;
    }

    #start(player, refused) {
      player.volume = this.#volume;
      player.muted = this.#muted;
      player.play().catch((error) => {
        if (error.name === "NotAllowedError") this.#emit("blocked", {});
        refused?.();
      });
    }

    #stop(id) {
      for (const [name, player] of this.#players) {
        if (id === undefined || name === id) { player.pause(); this.#players.delete(name); }
      }
    }

    #silence() {
      this.#stop();
      this.#stopTone();
      this.#peers = [];
      this.#peer?.pause();
      this.#peer = null;
    }

    #applyVolume() {
      this.#emit("volume", {});
      for (const player of [...this.#players.values(), this.#tone, this.#peer]) {
        if (player) { player.volume = this.#volume; player.muted = this.#muted; }
      }
    }
  }

  window.Line = Line;
})();
