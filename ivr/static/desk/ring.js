// Ringing: a sound made here, the page's title, and the browser's notification when the page is hidden.

const REPEAT = 3000;

export class Ring {
  constructor(soundSwitch, notifySwitch, words) {
    this.words = words;
    this.title = document.title;
    this.sound = localStorage.getItem("desk-ring") !== "off";
    soundSwitch.setAttribute("aria-pressed", String(this.sound));
    soundSwitch.addEventListener("click", () => {
      this.sound = !this.sound;
      localStorage.setItem("desk-ring", this.sound ? "on" : "off");
      soundSwitch.setAttribute("aria-pressed", String(this.sound));
    });
    if ("Notification" in window && Notification.permission === "default") {
      notifySwitch.hidden = false;
      notifySwitch.addEventListener("click", async () => {
        await Notification.requestPermission();
        notifySwitch.hidden = true;
      });
    }
    // A browser lets a page sound only after the person has touched it.
    document.addEventListener("pointerdown", () => this.context()?.resume(), { once: true });
    document.addEventListener("keydown", () => this.context()?.resume(), { once: true });
  }

  context() {
    if (!this.audio && "AudioContext" in window) this.audio = new AudioContext();
    return this.audio;
  }

  // Once, and without ringing: somebody wants this person back at their desk.
  tell(text) {
    if (this.sound) this.chime();
    if (document.hidden && "Notification" in window && Notification.permission === "granted") new Notification(text);
  }

  start(who) {
    this.stop();
    let shown = false;
    const once = () => {
      shown = !shown;
      document.title = shown ? `☎ ${this.words.incoming_call}` : this.title;
      if (this.sound) this.chime();
    };
    once();
    this.timer = setInterval(once, REPEAT / 2);
    if (document.hidden && "Notification" in window && Notification.permission === "granted") {
      this.note = new Notification(this.words.incoming_call, { body: who, tag: "hotline-offer", requireInteraction: true });
      this.note.onclick = () => {
        window.focus();
        this.note?.close();
      };
    }
  }

  stop() {
    clearInterval(this.timer);
    document.title = this.title;
    this.note?.close();
    this.note = undefined;
  }

  // Two soft notes, a fifth apart.
  chime() {
    const audio = this.context();
    if (!audio || audio.state !== "running") return;
    [659.25, 987.77].forEach((frequency, index) => {
      const at = audio.currentTime + index * 0.18;
      const tone = audio.createOscillator();
      const level = audio.createGain();
      tone.type = "sine";
      tone.frequency.value = frequency;
      level.gain.setValueAtTime(0.0001, at);
      level.gain.exponentialRampToValueAtTime(0.22, at + 0.02);
      level.gain.exponentialRampToValueAtTime(0.0001, at + 0.5);
      tone.connect(level).connect(audio.destination);
      tone.start(at);
      tone.stop(at + 0.55);
    });
  }
}
