// The telephone page: shows what a Line hears, and gives it keys, words, and the microphone's sound.
import { Talk } from "./sound/talk.js";

const page = document.getElementById("phone");
const texts = JSON.parse(page.dataset.texts);
const callers = JSON.parse(page.dataset.callers);
const hears = JSON.parse(page.dataset.hears);
const part = (id) => document.getElementById(id);
const carrier = page.dataset.carrier || `${location.protocol}//${location.hostname}:${page.dataset.carrierPort}`;

const line = new Line(carrier, { audio: true });
const talk = new Talk(line);
let since = 0;
let ear = null;
let music = false;
let entry = "";
let bubble = null;

// -- who is calling ------------------------------------------------------------------------------------------

function chosen() {
  const value = part("caller").value;
  if (value === "withheld") return { from: "withheld", language: part("language").value };
  if (value === "custom") return { from: part("number").value.replace(/[\s()-]/g, ""), language: part("language").value };
  const caller = callers[Number(value)];
  return { from: caller.number, language: caller.language, caller };
}

function fact(list, name, value) {
  if (value === null || value === undefined || value === "") return;
  const term = document.createElement("dt");
  const data = document.createElement("dd");
  term.textContent = name;
  data.textContent = value;
  data.className = "number";
  list.append(term, data);
}

function sum(value) {
  const number = Number(value);
  const digits = Number.isInteger(number) ? 0 : 2;
  return new Intl.NumberFormat(document.documentElement.lang, { minimumFractionDigits: digits }).format(number);
}

function showCaller() {
  const { from, language, caller } = chosen();
  part("number-field").hidden = part("caller").value !== "custom";
  part("language-field").hidden = Boolean(caller);
  part("language-badge").textContent = language.toUpperCase();
  const list = part("knows");
  list.replaceChildren();
  part("knows-nothing").hidden = Boolean(caller);
  if (caller) {
    fact(list, texts.number, from);
    for (const order of caller.orders ?? []) fact(list, texts.order, `${order.number} · ${texts[`order_${order.state}`] ?? order.state} · ${sum(order.sum)}`);
    fact(list, texts.last4, caller.phone_last4 ?? from.slice(-4));
    fact(list, texts.card, caller.card);
    fact(list, texts.pin, caller.pin);
    fact(list, texts.points, caller.points);
  }
  const by = hears[language] === undefined ? texts.heard_not : hears[language] ? texts.heard_small : texts.heard_large;
  part("heard-by").textContent = `${language.toUpperCase()}: ${by}.`;
  part("say").lang = language;
  part("transcript").lang = language;
  part("number").setAttribute("aria-invalid", String(!part("number").checkValidity()));
  // Registered, so that a promised callback rings here.
  if (/^\+[1-9]\d{6,14}$/.test(from)) line.register({ number: from }, { language });
}

// -- what is heard -------------------------------------------------------------------------------------------

function add(kind, text, by) {
  part("empty").hidden = true;
  const item = document.createElement("li");
  item.className = kind;
  if (by) {
    const who = document.createElement("span");
    who.className = "by";
    who.textContent = by;
    item.append(who);
  }
  const words = document.createElement("span");
  words.textContent = text;
  item.append(words);
  part("transcript").append(item);
  bubble = null;
  const body = part("transcript").parentElement;
  body.scrollTop = body.scrollHeight;
  return words;
}

function pressed(key) {
  if (line.state !== "in-call") return;
  const shown = ear?.secret ? "•" : key;
  entry = (entry + shown).slice(-16);
  part("entry").textContent = entry;
  if (bubble?.isConnected) {
    bubble.textContent += shown;
  } else {
    const words = add("did", shown, texts.you);
    words.className = "pressed-keys";
    bubble = words;
  }
  line.press(key);
}

function flash(key) {
  const button = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  button?.classList.add("pressed");
  setTimeout(() => button?.classList.remove("pressed"), 150);
}

function clock() {
  if (!since) return;
  const seconds = Math.floor((Date.now() - since) / 1000);
  part("time").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
setInterval(clock, 500);

function show() {
  const state = line.connected ? line.state : "connecting";
  page.dataset.state = state;
  let text = texts[`state_${state.replace("-", "_")}`];
  if (state === "in-call") {
    if (ear?.secret) text = texts.state_secret;
    else if (ear?.record) text = texts.state_record;
    else if (ear?.talk) text = texts.state_talk;
    else if (ear?.sound) text = texts.state_sound;
    else if (ear) text = texts.state_listening;
    else if (music) text = texts.state_music;
  }
  if (part("state").textContent !== text) part("state").textContent = text;
  const talking = state === "in-call";
  part("call").hidden = !["idle", "connecting"].includes(state);
  part("call").disabled = state === "connecting";
  part("hangup").hidden = !(talking || state === "ringing");
  part("answer").hidden = part("decline").hidden = state !== "incoming";
  part("caller").disabled = part("number").disabled = part("language").disabled = state !== "idle" && state !== "connecting";
  part("mic").disabled = !Talk.supported || part("caller").disabled;
  // What is typed does not reach a stream of sound.
  part("say").disabled = part("say-button").disabled = !talking || Boolean(ear?.sound);
}

function fresh() {
  part("transcript").replaceChildren();
  entry = "";
  part("entry").textContent = "";
  part("time").textContent = "";
  ear = null;
  music = false;
  bubble = null;
}

const on = (type, action) => line.addEventListener(type, ({ detail }) => { action(detail); show(); });
on("connected", () => {});
on("disconnected", () => {});
on("state", () => {});
on("ringing", () => {});
on("incoming", ({ from }) => { fresh(); add("event", `${texts.incoming}: ${from === page.dataset.number ? part("own-number").textContent : from}`); part("answer").hidden = false; part("answer").focus(); });
on("answered", () => { since = Date.now(); clock(); });
on("play", ({ kind, text, language }) => {
  if (kind === "say") { music = false; add("heard", text, texts.hotline).lang = language; entry = ""; part("entry").textContent = ""; }
  else if (kind === "peer") { music = false; add("peer", text, texts.agent).lang = language; }
  else if (kind === "music") { if (!music) add("event", `♫ ${texts.music}`); music = true; }
  else if (kind === "file") add("event", texts.recording_plays);
});
on("listening", (frame) => {
  ear = frame.dtmf || frame.speech ? frame : null;
  if (ear?.talk) music = false;
  if (ear?.secret) part("say").setAttribute("autocomplete", "off");
  part("say").type = ear?.secret ? "password" : "text";
  if (!ear) bubble = null; // the first key ends the prompt, and more keys of the same entry follow
});
on("trouble", ({ text }) => add("event bad", text));
on("blocked", () => add("event", texts.blocked));
on("ended", ({ reason }) => {
  since = 0;
  ear = null;
  talk.close();
  music = false;
  part("say").type = "text";
  add("event", `${texts.ended}: ${texts[`reason_${reason}`] ?? reason}`);
});

// -- hands ---------------------------------------------------------------------------------------------------

// Whether the call that begins now has the microphone. Without it one types, and is told why.
async function microphone() {
  line.mic = false;
  if (!part("mic").checked) return;
  try {
    await talk.open();
    line.mic = true;
  } catch (error) {
    add("event", texts.mic_none.replace("{why}", error.message || error.name));
  }
}

part("call").addEventListener("click", async () => {
  const { from, language } = chosen();
  if (part("caller").value === "custom" && !part("number").reportValidity()) return;
  fresh();
  part("call").disabled = true;
  await microphone();
  line.dial({
    to: page.dataset.number, from, language,
    chaos: part("chaos").checked ? ["doubled", "late", "reordered"] : [], seed: Date.now() % 100000,
  });
});
part("hangup").addEventListener("click", () => line.hangup());
part("answer").addEventListener("click", async () => { await microphone(); line.answer(); });
part("decline").addEventListener("click", () => line.reject());
part("mute").addEventListener("click", () => {
  line.muted = !line.muted;
  part("mute").setAttribute("aria-pressed", String(line.muted));
});
part("volume").addEventListener("input", (event) => { line.volume = event.target.value / 100; });
for (const button of document.querySelectorAll("[data-key]")) {
  button.addEventListener("click", () => pressed(button.dataset.key));
}
part("say-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = part("say").value.trim();
  if (!text || line.state !== "in-call") return;
  add("did", ear?.secret ? "•••" : text, texts.you);
  line.say(text);
  part("say").value = "";
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && line.state !== "idle") { line.hangup(); return; }
  if (event.target.closest("input, select, textarea")) return;
  if (/^[0-9*#]$/.test(event.key) && line.state === "in-call") {
    event.preventDefault();
    flash(event.key);
    pressed(event.key);
  }
});
for (const id of ["caller", "number", "language"]) part(id).addEventListener("change", showCaller);

line.volume = part("volume").value / 100;
showCaller();
show();
