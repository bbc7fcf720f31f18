// The supervisor's page: panels are drawn by the server and replaced when they have changed. The live process says when
// something happened, once a second at most; a look every ten seconds makes up for a word that was lost.

import { watchTimes } from "./desk/times.js";
import { Joined } from "./floor/joined.js";
import { drawPlots } from "./floor/plot.js";

const LOOK = 10000;
const floor = document.getElementById("floor");
const csrf = document.querySelector('meta[name="csrf-token"]').content;
const panels = () => [...document.querySelectorAll("[data-panel]")];

// ---- what is shown ----

let asking = false;
let wanted = null; // asked for while another answer was on its way

async function look(since) {
  if (asking) {
    wanted = Math.max(wanted ?? 0, since);
    return;
  }
  asking = true;
  try {
    const have = Object.fromEntries(panels().map((panel) => [panel.dataset.panel, panel.dataset.key]));
    const query = new URLSearchParams({ since: String(since), have: JSON.stringify(have) });
    const answer = await fetch(`/supervisor/now?${query}`, { headers: { "HX-Request": "true" } });
    if (answer.status === 401) return location.reload(); // signed out: the page leads to the sign-in
    if (answer.ok) show(await answer.json());
    state(answer.ok);
  } catch {
    state(false); // the line says so; the next look tries again
  } finally {
    asking = false;
    const next = wanted;
    wanted = null;
    if (next !== null) look(next);
  }
}

function show({ at, panels: changed }) {
  floor.dataset.at = String(at);
  for (const [name, { key, html }] of Object.entries(changed)) {
    const panel = document.getElementById(`panel-${name}`);
    const held = panel.contains(document.activeElement) ? document.activeElement.id : "";
    const scrolled = panel.querySelector(".rows")?.scrollTop ?? 0;
    panel.innerHTML = html;
    panel.dataset.key = key;
    htmx.process(panel);
    const rows = panel.querySelector(".rows");
    if (rows) rows.scrollTop = scrolled;
    if (held) document.getElementById(held)?.focus({ preventScroll: true });
  }
  document.body.dispatchEvent(new CustomEvent("htmx:afterSettle", { detail: {} })); // times are written anew
  drawPlots();
}

function state(well) {
  document.getElementById("link-state").hidden = well;
}

// ---- word that something happened ----

function listen() {
  const source = new EventSource(`${floor.dataset.live}/supervisor/events`, { withCredentials: true });
  const happened = (message) => look(JSON.parse(message.data).at);
  source.addEventListener("hello", happened);
  source.addEventListener("floor", happened);
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 5000);
  });
}

// ---- acts ----

document.body.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRF-Token"] = csrf;
});
document.body.addEventListener("htmx:afterRequest", (event) => {
  if (!event.detail.successful) say(floor.dataset.failed);
  look(Number(floor.dataset.at) + 0.001);
});
// Read here, on the notice's place: the button that was pressed may have been redrawn away by then.
const joined = new Joined(csrf);
document.body.addEventListener("htmx:beforeSwap", (event) => {
  const { join } = JSON.parse(event.detail.xhr.getResponseHeader("X-Floor-Events") || "{}");
  if (join) joined.join(join, document.getElementById(`${join.mode}-${join.ticket}`)?.dataset.who ?? "");
});
document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "floor-notice") fade();
});

const notices = document.getElementById("floor-notice");
let fading;
function fade() {
  clearTimeout(fading);
  fading = setTimeout(() => notices.replaceChildren(), 6000);
}
function say(text) {
  const line = document.createElement("p");
  line.textContent = text;
  notices.replaceChildren(line);
  fade();
}

const dialog = document.getElementById("move-dialog");
let moving = "";
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-move]");
  if (!opener) return;
  moving = opener.dataset.move;
  document.getElementById("move-who").textContent = opener.dataset.who;
  for (const option of dialog.querySelectorAll("option")) option.disabled = option.value === opener.dataset.queue;
  const select = document.getElementById("move-queue");
  select.value = [...select.options].find((option) => !option.disabled)?.value ?? "";
  dialog.returnValue = "";
  dialog.showModal();
});
dialog.addEventListener("close", () => {
  const queue = document.getElementById("move-queue").value;
  if (dialog.returnValue === "move" && queue) {
    htmx.ajax("POST", moving, { target: "#floor-notice", values: { queue } });
  }
});

watchTimes(document.documentElement.lang);
drawPlots();
listen();
setInterval(() => document.hidden || look(Number(floor.dataset.at) + 0.001), LOOK);
document.addEventListener("visibilitychange", () => document.hidden || look(Number(floor.dataset.at) + 0.001));
