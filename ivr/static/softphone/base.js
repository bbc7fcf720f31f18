// What both telephones share: the state and who is told of it.

export const TROUBLES = [
  "not_supported", // this browser has no telephone calls, or the page is not on https
  "microphone_denied", // the person or the browser's settings refuse it
  "microphone_missing", // there is none, or another program holds it
  "carrier_away", // not registered: the network or the carrier
  "call_failed", // it did not come about
];

export class PhoneError extends Error {
  constructor(code, detail = "") {
    super(detail ? `${code}: ${detail}` : code);
    this.code = code;
  }
}

export class Phone extends EventTarget {
  constructor() {
    super();
    this.state = "off";
    this.trouble = "";
    this.warnings = new Set();
  }

  get inCall() {
    return this.state === "in-call";
  }

  get busy() {
    return this.state === "in-call" || this.state === "connecting";
  }

  become(state, trouble = "") {
    if (this.state === state && this.trouble === trouble) return;
    this.state = state;
    this.trouble = trouble;
    this.tell("state", { state, trouble });
  }

  warn(name, on) {
    if (this.warnings.has(name) === on) return;
    if (on) this.warnings.add(name);
    else this.warnings.delete(name);
    this.tell("warning", { name, on });
  }

  tell(type, detail = {}) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  // Resolves once `condition()` holds after a change of state; rejects after `milliseconds`.
  until(condition, milliseconds, code) {
    return new Promise((resolve, reject) => {
      const over = (settle, value) => {
        clearTimeout(timer);
        this.removeEventListener("state", look);
        settle(value);
      };
      const look = () => condition() && over(resolve);
      const timer = setTimeout(() => over(reject, new PhoneError(code)), milliseconds);
      this.addEventListener("state", look);
      look();
    });
  }
}
