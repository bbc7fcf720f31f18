// The phone as people see it, the same on every page: a badge in the bar, the window behind it (devices, level, what is
// wrong and how to mend it), and the controls beside a call. Templates: softphone/settings.html, softphone/call.html.

const STATES = {
  off: ["", "phone_off"],
  offline: ["bad", "phone_away"],
  ready: ["", "phone_ready"],
  connecting: ["info", "phone_connecting"],
  "in-call": ["ok", "phone_in_call"],
};

export class PhoneWidget {
  constructor(phone, words) {
    Object.assign(this, { phone, words });
    this.badge = document.getElementById("phone-state");
    this.dialog = document.getElementById("phone-settings");
    phone.addEventListener("state", () => this.draw());
    phone.addEventListener("warning", () => this.drawWarnings());
    phone.addEventListener("level", (event) => this.drawLevel(event.detail));
    phone.addEventListener("devices", () => this.drawDevices());
    document.addEventListener("click", (event) => this.clicked(event));
    if (this.dialog) {
      this.badge.addEventListener("click", () => this.open());
      this.dialog.addEventListener("close", () => this.closed());
      this.dialog.addEventListener("change", (event) => this.chosen(event.target));
    } else {
      this.badge.disabled = true;
    }
    this.draw();
  }

  word(key) {
    return this.words[key] ?? key;
  }

  // What is wrong, in words; empty when nothing is.
  get troubleText() {
    return this.phone.trouble ? this.word(`phone_trouble_${this.phone.trouble}`) : "";
  }

  draw() {
    const { state, trouble } = this.phone;
    const [kind, word] = state === "error" ? ["bad", `phone_short_${trouble}`] : STATES[state];
    this.badge.hidden = state === "off";
    this.badge.className = `badge ${kind}`;
    this.badge.dataset.state = state;
    this.badge.textContent = this.word(word);
    if (this.dialog) {
      if (state === "connecting") this.dialog.close(); // the call matters more
      this.dialog.querySelector("[data-part=state]").textContent = this.word(word);
      const trouble = this.dialog.querySelector("[data-part=trouble]");
      trouble.textContent = this.troubleText;
      trouble.hidden = !this.troubleText;
    }
    this.drawControls();
  }

  // Beside a call. The page redraws its panels, so they are looked for each time.
  drawControls() {
    for (const button of document.querySelectorAll("[data-phone-act=mute]")) {
      button.textContent = this.word(this.phone.muted ? "phone_unmute" : "phone_mute");
      button.setAttribute("aria-pressed", String(this.phone.muted));
    }
    for (const button of document.querySelectorAll("[data-phone-act=silence]")) {
      button.textContent = this.word(this.phone.silent ? "phone_sound_on" : "phone_sound_off");
      button.setAttribute("aria-pressed", String(this.phone.silent));
    }
    for (const meters of document.querySelectorAll("[data-part=meters]")) meters.hidden = !this.phone.inCall;
    this.drawWarnings();
  }

  drawWarnings() {
    const texts = [...this.phone.warnings].map((name) => this.word(`phone_warning_${name}`));
    for (const place of document.querySelectorAll("[data-part=warnings]")) {
      place.hidden = !texts.length;
      if (place.textContent !== texts.join(" ")) place.textContent = texts.join(" ");
    }
  }

  drawLevel(levels) {
    for (const meter of document.querySelectorAll("meter[data-level]")) {
      if (levels[meter.dataset.level] !== undefined) meter.value = levels[meter.dataset.level];
    }
  }

  drawDevices() {
    if (!this.dialog) return;
    const { inputs, outputs } = this.phone.devices();
    for (const [which, found] of [["input", inputs], ["output", outputs]]) {
      const select = this.dialog.querySelector(`select[name=${which}]`);
      select.replaceChildren(...found.map(({ id, name, chosen }, index) => {
        const label = name || `${this.word(`phone_${which}`)} ${index + 1}`;
        return new Option(label, id, chosen, chosen);
      }));
      select.disabled = !found.length;
    }
  }

  // -- the window --------------------------------------------------------------------------------------------------

  open() {
    if (!this.dialog || this.dialog.open) return;
    this.dialog.showModal();
    this.draw();
    this.drawDevices();
    if (this.phone.microphone?.trouble === "" && !this.phone.busy) this.try();
  }

  // Asks for the microphone and shows its level; words say what went wrong.
  async try() {
    this.closed();
    try {
      await this.phone.prepare();
    } catch {
      // The state tells; a microphone that works is shown even while the carrier is away.
    }
    this.drawDevices();
    if (this.phone.trouble || this.phone.busy || !this.dialog.open) return;
    const end = await this.phone.watchLevel((input) => this.drawLevel({ input }));
    if (this.dialog.open) this.endWatch = end;
    else end();
  }

  closed() {
    this.endWatch?.();
    this.endWatch = undefined;
    this.drawLevel({ input: 0, output: 0 });
  }

  async chosen(select) {
    if (!select.matches("select")) return;
    await this.phone.choose(select.name, select.value);
    if (!this.phone.busy) this.try();
  }

  clicked(event) {
    const act = event.target.closest("[data-phone-act]")?.dataset.phoneAct;
    if (act === "mute") this.phone.muted = !this.phone.muted;
    else if (act === "silence") this.phone.silent = !this.phone.silent;
    else if (act === "try") this.try();
    else if (act === "test-sound") this.phone.playTestSound();
    else if (act === "close") this.dialog.close();
    if (act) this.drawControls();
  }
}
