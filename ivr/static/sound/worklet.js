// A telephone line's sound in the browser's audio thread: 8 kHz mu-law in frames of 20 ms, from the microphone and to the
// loudspeaker, whatever rate the machine runs at.

const LINE_RATE = 8000;
const FRAME = 160;
const CUTOFF = 3400;
const CROSSINGS = 8; // zero crossings of the filter on each side
const PHASES = 64;
const LEAST_WAITING = 3; // frames held back against jitter before the first is heard
const MOST_WAITING = 50; // a second: past it the oldest are let go

// Windowed sinc: for each fraction of a sample the weights of its neighbours. `rate` is of the samples that are read.
function filters(rate, cutoff) {
  const side = Math.ceil((CROSSINGS * rate) / (2 * cutoff));
  const made = [];
  for (let phase = 0; phase < PHASES; phase += 1) {
    const taps = new Float32Array(2 * side);
    let sum = 0;
    for (let i = 0; i < taps.length; i += 1) {
      const x = i - side + 1 - phase / PHASES;
      const angle = (2 * Math.PI * cutoff * x) / rate;
      const window = 0.5 + 0.5 * Math.cos((Math.PI * x) / side);
      taps[i] = (Math.abs(x) < 1e-6 ? 1 : Math.sin(angle) / angle) * Math.max(0, window);
      sum += taps[i];
    }
    for (let i = 0; i < taps.length; i += 1) taps[i] /= sum;
    made.push(taps);
  }
  return { side, made };
}

// Samples at one rate, read at another, piece by piece.
class Resampler {
  constructor(from, to) {
    this.step = from / to;
    const { side, made } = filters(from, Math.min(CUTOFF, from / 2, to / 2));
    this.side = side;
    this.made = made;
    this.held = new Float32Array(0);
    this.at = side; // where the next sample to make is, in what is held
  }

  feed(samples, out) {
    const held = new Float32Array(this.held.length + samples.length);
    held.set(this.held);
    held.set(samples, this.held.length);
    let at = this.at;
    while (at + this.side < held.length) {
      const whole = Math.floor(at);
      const taps = this.made[Math.floor((at - whole) * PHASES)];
      const first = whole - this.side + 1;
      let sum = 0;
      for (let i = 0; i < taps.length; i += 1) sum += taps[i] * held[first + i];
      out(sum);
      at += this.step;
    }
    const drop = Math.max(0, Math.floor(at) - this.side);
    this.held = held.slice(drop);
    this.at = at - drop;
  }
}

// G.711 mu-law.
function encode(sample) {
  let value = Math.max(-32635, Math.min(32635, Math.round(sample * 32767)));
  const sign = value < 0 ? 0x80 : 0;
  value = Math.abs(value) + 132;
  let exponent = 7;
  for (let mask = 0x4000; exponent > 0 && !(value & mask); mask >>= 1) exponent -= 1;
  return ~(sign | (exponent << 4) | ((value >> (exponent + 3)) & 0x0f)) & 0xff;
}

const DECODED = Float32Array.from({ length: 256 }, (_, byte) => {
  const bits = ~byte & 0xff;
  const value = ((((bits & 0x0f) << 3) + 132) << ((bits >> 4) & 7)) - 132;
  return (bits & 0x80 ? -value : value) / 32768;
});

class LineSound extends AudioWorkletProcessor {
  constructor() {
    super();
    this.down = new Resampler(sampleRate, LINE_RATE);
    this.up = new Resampler(LINE_RATE, sampleRate);
    this.frame = new Uint8Array(FRAME);
    this.filled = 0;
    this.waiting = [];
    this.ready = [];
    this.started = false;
    this.port.onmessage = ({ data }) => {
      if (data === "stop") {
        this.waiting = [];
        this.ready = [];
        this.started = false;
      } else {
        this.waiting.push(new Uint8Array(data));
        if (this.waiting.length > MOST_WAITING) this.waiting.shift();
      }
    };
  }

  process(inputs, outputs) {
    this.listen(inputs[0]?.[0]);
    this.speak(outputs[0][0]);
    return true;
  }

  listen(input) {
    if (!input) return;
    this.down.feed(input, (sample) => {
      this.frame[this.filled] = encode(sample);
      this.filled += 1;
      if (this.filled === FRAME) {
        this.port.postMessage(this.frame.slice().buffer);
        this.filled = 0;
      }
    });
  }

  speak(output) {
    if (!this.started && this.waiting.length < LEAST_WAITING) return;
    this.started = true;
    while (this.ready.length < output.length && this.waiting.length) {
      this.up.feed(Float32Array.from(this.waiting.shift(), (byte) => DECODED[byte]), (sample) => this.ready.push(sample));
    }
    output.set(this.ready.splice(0, output.length));
    if (!this.ready.length && !this.waiting.length) this.started = false;
  }
}

registerProcessor("line-sound", LineSound);
