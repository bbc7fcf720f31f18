// A Line's microphone and loudspeaker (see line.js): what it hears goes to the worklet, what is said comes from there.
//
//   const talk = new Talk(line);
//   await talk.open();      on a click, before the call: asks for the microphone; rejects when there is none
//   talk.close();           after it: the microphone is let go

export class Talk {
  #line; #context = null; #stream = null; #node = null; #gain = null;

  constructor(line) {
    this.#line = line;
    line.addEventListener("sound", ({ detail }) => this.#node?.port.postMessage(detail.bytes, [detail.bytes]));
    line.addEventListener("stop_sound", () => this.#node?.port.postMessage("stop"));
    line.addEventListener("volume", () => this.#level());
  }

  static get supported() {
    return Boolean(navigator.mediaDevices?.getUserMedia && window.AudioWorkletNode);
  }

  get isOpen() { return Boolean(this.#node); }

  async open(constraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true }) {
    if (this.#node) return;
    const stream = await navigator.mediaDevices.getUserMedia({ audio: constraints });
    const context = new AudioContext();
    try {
      await context.resume();
      await context.audioWorklet.addModule(new URL("worklet.js", import.meta.url));
      const node = new AudioWorkletNode(context, "line-sound", { outputChannelCount: [1], channelCount: 1, channelCountMode: "explicit" });
      node.port.onmessage = ({ data }) => { if (this.#node === node && !this.silent) this.#line.sendSound(data); };
      context.createMediaStreamSource(stream).connect(node);
      this.#gain = context.createGain();
      node.connect(this.#gain).connect(context.destination);
      this.#stream = stream;
      this.#context = context;
      this.#node = node;
      this.silent = false;
      this.#level();
    } catch (error) {
      for (const track of stream.getTracks()) track.stop();
      context.close();
      throw error;
    }
  }

  close() {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#context?.close();
    this.#stream = this.#context = this.#node = this.#gain = null;
  }

  #level() {
    if (this.#gain) this.#gain.gain.value = this.#line.muted ? 0 : this.#line.volume;
  }
}
