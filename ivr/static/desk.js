// The agent's desk: keeps the panels fresh by push, rings, counts, saves, and takes keys.
// Panels are drawn by the server; this file only asks for them again and adds what a server can't do.

import { Stream } from "./desk/stream.js";
import { Ring } from "./desk/ring.js";
import { DeskPhone } from "./desk/phone.js";
import { fetchToken, openPhone } from "./softphone/phone.js";
import { PhoneWidget } from "./softphone/widget.js";
import { Items } from "./desk/items.js";
import { Drafts } from "./desk/drafts.js";
import { Lists } from "./desk/lists.js";
import { watchKeys } from "./desk/keys.js";
import { watchTimes } from "./desk/times.js";

const desk = document.getElementById("desk");
const words = JSON.parse(desk.dataset.texts);
const csrf = document.querySelector('meta[name="csrf-token"]').content;
const call = () => document.getElementById("call");

// ---- asking the server ----

document.body.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRF-Token"] = csrf;
  if (event.detail.elt.id === "panel-call") event.detail.parameters.have = call().dataset.shows;
});

function reload(...names) {
  for (const name of names) {
    const panel = document.getElementById(`panel-${name}`);
    if (panel) htmx.trigger(panel, "reload");
  }
}

// Two answers for the call's panel may cross (an act's own and the push about it): what is shown already is not drawn
// again, so that it never disturbs what the agent is typing.
//
// What else an answer asks for is read here too: this event goes to the panel's place, which is always on the page. The
// others go to the button that was pressed, and a push may have redrawn that away.
document.body.addEventListener("htmx:beforeSwap", (event) => {
  const events = JSON.parse(event.detail.xhr.getResponseHeader("X-Desk-Events") || "{}");
  if (events["panels-changed"]) reload(...events["panels-changed"].panels);
  if (events.accepted) phone?.dial(events.accepted.offer, events.accepted.language);
  const shows = event.detail.xhr.getResponseHeader("X-Panel-Shows");
  if (event.detail.target.id === "panel-call" && shows && shows === call().dataset.shows) event.detail.shouldSwap = false;
  // Who is choosing the reason of a break is not disturbed; their choice draws the panel anew.
  const choosing = document.querySelector("#break-reasons:not([hidden])") && event.detail.requestConfig.verb === "get";
  if (event.detail.target.id === "panel-status" && choosing) event.detail.shouldSwap = false;
});

const items = new Items(document.getElementById("panel-item"));
const drafts = new Drafts(desk.dataset.person);
new Lists();

function toast(text) {
  const line = document.createElement("p");
  line.textContent = text;
  document.getElementById("toast").append(line);
  setTimeout(() => line.remove(), 6000);
}

// What an agent wrote is never lost to a bad moment: the text stays, says so, and is sent again.
function failed(event) {
  const from = event.detail.elt;
  if (from.matches("[id^=notes-]")) {
    const saved = document.getElementById(from.id.replace("notes-", "saved-"));
    if (!saved) return; // wrap-up took the notes along and is done
    saved.textContent = words.not_saved;
    setTimeout(() => document.contains(from) && htmx.trigger(from, "again"), 3000);
  } else if (from.closest("[data-lazy]") && event.detail.requestConfig?.verb === "get") {
    const retry = document.createElement("button");
    retry.className = "button small";
    retry.textContent = words.retry;
    const place = from.closest("[data-lazy]");
    retry.addEventListener("click", () => htmx.trigger(place, "fetch-part"));
    place.replaceChildren(retry);
  } else if (event.detail.requestConfig?.verb !== "get") {
    toast(words.something_failed);
  }
}
document.body.addEventListener("htmx:responseError", failed);
document.body.addEventListener("htmx:sendError", failed);
document.body.addEventListener("htmx:timeout", failed);

document.body.addEventListener("htmx:afterRequest", (event) => {
  const from = event.detail.elt;
  if (!event.detail.successful) return;
  if (from.matches("[data-done-hides]")) (from.closest(".left") || from.parentElement).remove();
  if (from.id.startsWith("notes-")) notesSaved(from, event.detail);
});

// ---- notes: the same on every page of this agent ----

// The answer to what was sent; more may have been typed since, and then the draft stays.
function notesSaved(field, { xhr, requestConfig }) {
  field.dataset.version = xhr.getResponseHeader("X-Notes-Version") || field.dataset.version;
  if (field.value === requestConfig.parameters.notes) drafts.forget(field.id);
}

// Saved on another page of theirs. What is being written here is not overwritten: it is saved in its turn.
async function notesChanged({ ticket, version }) {
  const field = document.getElementById(`notes-${ticket}`);
  if (!field || drafts.has(field.id) || version <= Number(field.dataset.version)) return;
  const answer = await fetch(`/desk/tickets/${ticket}/notes`);
  if (!answer.ok || drafts.has(field.id)) return;
  const kept = await answer.json();
  field.value = kept.notes;
  field.dataset.version = kept.version;
}

// ---- ringing follows what the panel shows, so that it can't get out of step ----

const ring = new Ring(document.getElementById("ring-switch"), document.getElementById("notify-switch"), words);
let ringingOffer = "";

function showCall() {
  const panel = call();
  const offer = panel.dataset.offer;
  if (offer && offer !== ringingOffer) {
    const who = panel.querySelector(".caller").textContent.trim();
    document.getElementById("announce").textContent = `${words.offer_announced} ${who}`;
    ring.start(who);
  }
  if (!offer && ringingOffer) {
    document.getElementById("announce").textContent = "";
    ring.stop();
  }
  ringingOffer = offer;
  for (const chat of panel.querySelectorAll(".chat")) chat.scrollTop = chat.scrollHeight;
  for (const part of panel.querySelectorAll("[data-lazy]:not([data-asked])")) {
    part.dataset.asked = "yes"; // kept through redraws of the panel, so that the shop is asked once a call
    htmx.trigger(part, "fetch-part");
    // The journal of a call reaches the records a moment after the call reaches us.
    if (part.id.startsWith("story-")) setTimeout(() => document.contains(part) && htmx.trigger(part, "fetch-part"), 2000);
  }
  drafts.restore(panel);
  phone?.show(panel);
}

function showItem() {
  items.mark();
  drafts.restore(items.place);
  for (const part of items.place.querySelectorAll("[data-lazy]:not([data-asked])")) {
    part.dataset.asked = "yes";
    htmx.trigger(part, "fetch-part");
  }
}

document.body.addEventListener("htmx:afterSettle", (event) => {
  const target = event.detail.target;
  if (target?.id === "panel-call") showCall();
  if (target?.id === "panel-status") followPhone();
  if (target?.id === "panel-item") showItem();
  if (target?.id.startsWith("questions-")) drafts.restore(call());
  if (target?.id.startsWith("panel-")) items.mark();
  const chat = target?.id.startsWith("story-") && target.querySelector(".chat");
  if (chat) chat.scrollTop = chat.scrollHeight; // the last words are why they are here
});

// ---- the phone in the page ----

const made = openPhone({ ...JSON.parse(desk.dataset.phone), carrier: desk.dataset.carrier, token: () => fetchToken(csrf) });
const phone = made && new DeskPhone({ phone: made, widget: new PhoneWidget(made, words), words, toast });
const followPhone = () => phone?.follow(document.querySelector("[data-phone-kind]").dataset.phoneKind);
followPhone();
window.addEventListener("beforeunload", (event) => {
  if (phone?.inCall) {
    event.preventDefault();
    event.returnValue = words.leave_in_call;
  }
});

// ---- push ----

const PANELS_OF = {
  line: ["waiting"],
  agents: ["status"],
  callbacks: ["callbacks"],
  messages: ["messages"],
  tasks: ["tasks"],
  task: ["tasks"],
  notes: [],
  offer: ["call", "status", "waiting"],
  withdrawn: ["call", "status", "waiting"],
  state: ["call", "status", "controls"],
  controls: ["controls"],
  supervision: ["controls"],
};
const ALL = ["status", "call", "waiting", "tasks", "callbacks", "messages"];

new Stream(desk.dataset.live, {
  event(name, data) {
    if (name === "withdrawn" && String(data.offer) === ringingOffer) toast(words.offer_withdrawn);
    if (name === "task") toast(data.what === "given" ? words.task_given : words.task_overdue_told);
    if (name === "notes") notesChanged(data);
    if (name === "called_back") {
      toast(words.called_back.replace("{name}", data.by));
      ring.tell(words.called_back.replace("{name}", data.by));
      return;
    }
    if (["tasks", "messages", "callbacks"].includes(name)) items.refresh(name);
    reload(...(data.panels || PANELS_OF[name] || ALL));
  },
  resync() {
    reload(...ALL);
    items.refresh("tasks");
    items.refresh("messages");
    items.refresh("callbacks");
  },
  lost() {
    const line = document.getElementById("link-state");
    line.textContent = words.stream_lost;
    line.hidden = false;
  },
  back() {
    document.getElementById("link-state").hidden = true;
    toast(words.stream_back);
  },
});

// ---- small things ----

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (!opener) return;
  const opened = document.getElementById(opener.dataset.opens);
  opened.hidden = !opened.hidden;
  opener.setAttribute("aria-expanded", String(!opened.hidden));
  if (!opened.hidden) opened.querySelector("input:not([type=hidden]), select, button").focus();
});

// Another language of the page opens what is open now.
document.querySelector("form.language")?.addEventListener("submit", (event) => {
  event.target.elements.back.value = location.pathname + location.hash;
});

// A browser may freeze a page that has been in the background for minutes, and a frozen page answers no ping. One that
// holds a lock is left alone.
navigator.locks?.request(`desk-${Math.random()}`, () => new Promise(() => {}));

watchKeys({ leaveItem: () => items.shown && items.close() });
watchTimes(document.documentElement.lang);
// A page opened in the middle of a call or an offer; htmx takes the page over at DOMContentLoaded, just before this.
function opened() {
  showCall();
  items.restore();
}
if (document.readyState === "complete") opened();
else document.addEventListener("DOMContentLoaded", opened);
