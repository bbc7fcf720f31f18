// The studio's editor page: text, scenarios and graph of one flow, what is wrong with it, and a phone that runs it.

import { ask, sayAloud } from "./asking.js";
import { completions } from "./complete.js";
import { makeEditor } from "./editor.js";
import { makeGraph } from "./graph.js";
import { makePhone } from "./phone.js";

const $ = (id) => document.getElementById(id);
const page = $("studio");
const flow = page.dataset.flow;
const given = JSON.parse($("draft").textContent);
const words = given.words;
const QUIET = 350; // milliseconds without a key before the text is checked

let schema = null;
let steps = [];
let picture = null;
let outdated = false; // the graph is not of the picture yet
let checking = null;
let timer = 0;

fetch("/flow.schema.json").then(async (answer) => {
  if (answer.ok) schema = await answer.json();
}).catch(() => {}); // without it the editor completes nothing

let saved = given; // what the records hold, as far as this page knows

const text = makeEditor($("text"), given.text, words.text, () => later(), completions(() => schema, () => steps));
const scenarios = makeEditor($("scenarios"), given.scenarios, words.scenarios, () => tellVersion(), null);
const graph = makeGraph($("canvas"), words, (line) => {
  show("text");
  text.go(line);
});
const draft = () => ({ text: text.text, scenarios: scenarios.text });
const phone = makePhone({
  words, flow, draft, say: tell, light: (step) => graph.light(step),
  kept(written) {
    scenarios.text = written;
  },
});

const changed = () => text.text !== saved.text || scenarios.text !== saved.scenarios;

function tellVersion() {
  const version = saved.version ? [`${words.draft} ${saved.version}`, saved.author].filter(Boolean).join(", ") : words.no_draft;
  $("version").textContent = changed() ? `${version} · ${words.unsaved}` : version;
  $("save").disabled = !changed();
}

async function save(over) {
  const mine = draft();
  const done = await ask(`/studio/flows/${flow}/save`, { ...mine, version: over ?? saved.version });
  if (done.conflict) return conflict(done.conflict);
  if (done.away || done.refused) return tell(done.away ? done : { warn: words[`refused_${done.refused.why}`] || done.refused.why });
  saved = done;
  tellVersion();
  tell({ good: `${words.saved} ${done.version}.` });
  return run();
}

/** Somebody else saved meanwhile: their text, ours, and the choice; until then nothing of either is touched. */
function conflict({ theirs, lines }) {
  const dialog = $("conflict");
  $("conflict-who").textContent = [theirs.author, `${words.draft} ${theirs.version}`].filter(Boolean).join(", ");
  $("conflict-lines").replaceChildren(...lines.map((line) => {
    const span = document.createElement("span");
    span.className = { "+": "plus", "-": "minus", "@": "at" }[line[0]] || "";
    span.textContent = `${line}\n`;
    return span;
  }));
  $("take-theirs").onclick = async () => {
    await navigator.clipboard?.writeText(text.text).catch(() => {});
    saved = theirs;
    text.text = theirs.text;
    scenarios.text = theirs.scenarios;
    tellVersion();
    dialog.close();
  };
  $("keep-mine").onclick = () => {
    dialog.close();
    save(theirs.version);
  };
  $("go-on").onclick = () => dialog.close();
  dialog.showModal();
}

/** Tell what came of something: `{good}`, `{warn}`, `{refused}`, `{away}`; nothing of these takes the notice away. */
function tell(what) {
  const notice = $("notice");
  const refused = what.refused && ({ no_words: words.no_words, text: words.text_wrong, silent: words.silent }[what.refused.why] || words[`refused_${what.refused.why}`]);
  const said = what.good || what.warn || (what.away && words.out) || (what.refused && (refused || words.mend_first));
  notice.hidden = !said;
  notice.className = `notice ${what.good ? "ok" : "warn"}`;
  notice.textContent = said ? `${said} ${what.refused?.detail || ""}`.trim() : "";
}

function show(view) {
  page.dataset.view = view;
  $("period").addEventListener("change", async () => {
  const days = $("period").value;
  let found = null;
  if (days) {
    const answer = await fetch(`/studio/flows/${flow}/traffic?days=${days}`).catch(() => null);
    if (!answer?.ok) return tell({ away: true });
    found = await answer.json();
  }
  graph.count(found);
  $("figures").textContent = found ? `${found.calls} ${words.traffic_calls}; ${Math.round(found.alone_share)} % ${words.traffic_alone}` : "";
  return null;
});
for (const button of document.querySelectorAll("button[data-view]")) button.setAttribute("aria-pressed", String(button.dataset.view === view));
  if (view === "graph" && outdated) drawGraph(true);
  if (view === "text") text.view.requestMeasure();
  if (view === "scenarios") scenarios.view.requestMeasure();
}

let fitted = false;
async function drawGraph() {
  if (!picture || page.dataset.view !== "graph") return;
  outdated = false;
  await graph.draw(picture);
  if (!fitted) graph.fit();
  fitted = true;
}

function later() {
  tellVersion();
  clearTimeout(timer);
  timer = setTimeout(check, QUIET);
}

async function check() {
  checking?.abort();
  checking = new AbortController();
  $("checked").textContent = words.checking;
  $("checked").dataset.done = "false";
  let found;
  try {
    found = await ask(`/studio/flows/${flow}/check`, { text: text.text, language: document.documentElement.lang }, checking.signal);
  } catch {
    return; // a newer text is being checked
  }
  if (found.away || found.refused) {
    $("checked").textContent = words.check_failed;
    $("checked").className = "badge warn";
    return;
  }
  text.underline(found.problems);
  listProblems(found.problems);
  $("stale").hidden = Boolean(found.picture);
  if (found.picture) {
    picture = found.picture;
    steps = picture.nodes;
    outdated = true;
    listSteps();
    phone.languages(found.languages);
    drawGraph();
  }
}

function listProblems(problems) {
  const errors = problems.filter((one) => one.severity === "error").length;
  const badge = $("checked");
  badge.className = `badge ${errors ? "bad" : problems.length ? "warn" : "ok"}`;
  badge.textContent = problems.length ? `${words.errors}: ${errors} · ${words.warnings}: ${problems.length - errors}` : words.no_problems;
  badge.dataset.done = "true";
  $("problems-count").textContent = problems.length;
  $("problems").replaceChildren(...problems.map((one) => {
    const item = document.createElement("li");
    item.className = one.severity;
    const where = document.createElement("button");
    where.type = "button";
    where.className = `link ${one.severity === "error" ? "bad-text" : "warn-text"}`;
    where.textContent = `${words.line} ${one.line}`;
    where.addEventListener("click", () => {
      show("text");
      text.go(one.line);
    });
    const field = document.createElement("code");
    field.textContent = one.field;
    const mend = document.createElement("span");
    mend.className = "muted";
    mend.textContent = ` ${one.mend}`;
    item.append(where, " ", field, ` ${one.message}.`, mend);
    return item;
  }));
}

function listSteps() {
  const wanted = $("find-step").value.trim().toLowerCase();
  const shown = steps.filter((step) => `${step.name} ${step.words}`.toLowerCase().includes(wanted));
  $("steps-count").textContent = shown.length;
  $("steps").replaceChildren(...shown.map((step) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.className = `step kind-${step.kind}${step.unreached ? " unreached" : ""}${step.dead_end ? " dead_end" : ""}`;
    const name = document.createElement("span");
    name.className = "mono";
    name.textContent = step.name;
    const kind = document.createElement("span");
    kind.className = "muted small";
    kind.textContent = step.kind;
    button.append(name, kind);
    button.title = [step.words, step.unreached && words.unreached, step.dead_end && words.dead_end].filter(Boolean).join("\n");
    button.addEventListener("click", () => {
      show("text");
      text.go(step.line);
    });
    item.append(button);
    return item;
  }));
}

async function hear() {
  const found = await ask(`/studio/flows/${flow}/words`, { text: text.text, line: text.line });
  if (found.away || found.refused) {
    tell(found);
    return;
  }
  const values = Object.entries(found.values).map(([name, value]) => `${name} = ${value}`).join(", ");
  tell({ good: `“${found.text}”${values ? ` · ${words.heard_with} ${values}` : ""}` });
  const spoken = await sayAloud(found.text, found.language);
  if (spoken.away || spoken.refused) tell(spoken);
}

async function run() {
  const found = await ask(`/studio/flows/${flow}/test`, draft());
  if (found.away || found.refused) {
    tell(found);
    return;
  }
  const failed = found.results.filter((one) => one.failure);
  const told = document.createElement("p");
  told.className = `notice ${failed.length || found.problems.length ? "bad" : "ok"}`;
  told.textContent = `${found.results.length - failed.length} ${words.of} ${found.results.length} ${words.passed}.`
    + (found.unreached.length ? ` ${words.not_reached}: ${found.unreached.join(", ")}.` : "");
  const list = document.createElement("ol");
  list.className = "rows";
  const at = (line, label, why, transcript) => {
    const item = document.createElement("li");
    const where = document.createElement("button");
    where.type = "button";
    where.className = "link bad-text";
    where.textContent = `${words.line} ${line}`;
    where.addEventListener("click", () => {
      show("scenarios");
      scenarios.go(line);
    });
    item.append(where, ` ${label}: ${why}`);
    if (transcript?.length) {
      const heard = document.createElement("pre");
      heard.className = "mono small scroll";
      heard.textContent = transcript.join("\n");
      item.append(heard);
    }
    list.append(item);
  };
  for (const one of found.problems) at(one.line, one.field, `${one.message}. ${one.mend}`);
  for (const one of failed) at(one.line, one.name, one.failure, one.transcript);
  $("results").replaceChildren(told, list);
  scenarios.underline(failed.map((one) => ({ line: one.line, field: one.name, message: one.failure, mend: "", severity: "error" })));
  $("results").scrollIntoView({ block: "nearest" });
}

for (const button of document.querySelectorAll("button[data-view]")) button.addEventListener("click", () => show(button.dataset.view));
for (const button of document.querySelectorAll("[data-zoom]")) {
  button.addEventListener("click", () => (button.dataset.zoom === "fit" ? graph.fit() : graph.zoom(Number(button.dataset.zoom))));
}
$("find-step").addEventListener("input", listSteps);
$("search").addEventListener("click", () => (page.dataset.view === "scenarios" ? scenarios : (show("text"), text)).search());
$("hear").addEventListener("click", hear);
$("run").addEventListener("click", run);
window.addEventListener("beforeunload", (event) => {
  if (changed()) event.preventDefault();
});
$("save").addEventListener("click", () => save());
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "s") {
    event.preventDefault();
    if (changed()) save();
  }
});
tellVersion();
check();
