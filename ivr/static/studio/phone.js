// The phone beside the editor: each deed goes to the engine with the draft as it stands; the call's state is kept here.

import { ask, sayAloud } from "./asking.js";

const PAUSE = 800; // milliseconds after the last key: as a telephone between digits

export function makePhone({ words, flow, draft, light, kept, say: tell }) {
  const $ = (id) => document.getElementById(id);
  const talk = $("talk");
  let call = null; // {session, world, acts, answers, promised, recorded, waits}
  let keys = "";
  let timer = 0;
  let busy = false;

  function world() {
    return {
      language: $("world-language").value || null,
      at: $("world-at").value || null,
      hours: $("world-hours").value,
      shop_down: $("world-shop").checked,
      nobody: $("world-nobody").checked,
    };
  }

  function bubble(kind, text, language) {
    const item = document.createElement("li");
    item.className = kind;
    item.append(text);
    if (language) {
      const play = document.createElement("button");
      play.type = "button";
      play.className = "play";
      play.textContent = "▶";
      play.setAttribute("aria-label", `${words.hear_it}: ${text}`);
      play.addEventListener("click", async () => tell(await sayAloud(text, language)));
      item.append(" ", play);
    }
    talk.append(item);
    talk.scrollTop = talk.scrollHeight;
  }

  function enable() {
    const waits = call?.waits?.for;
    const listens = waits === "caller" && !busy;
    for (const part of document.querySelectorAll("#say, #say-form button, #silence, [data-key]")) part.disabled = !listens;
    $("hang-up").disabled = !call || waits === "over" || busy;
    $("call").textContent = call ? words.again : words.call;
    $("keep-form").hidden = !call || !call.acts.some((act) => !("hear" in act));
    const choices = $("choices");
    choices.replaceChildren();
    const offer = (text, deed) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button small";
      button.textContent = text;
      button.disabled = busy;
      button.addEventListener("click", () => does(deed, text));
      choices.append(button);
    };
    if (waits === "recording") {
      offer(words.record, { record: 8 });
      offer(words.record_nothing, { record: 0 });
    } else if (waits === "human") {
      offer(words.human_back, { transfer: "connected" });
      offer(words.human_nobody, { transfer: "nobody" });
    }
  }

  function took(turn) {
    if (turn.away || turn.refused) {
      tell(turn.away ? turn : { warn: words.mend_first });
      return false;
    }
    call.session = turn.session;
    call.waits = turn.waits;
    call.acts.push(...turn.acts);
    Object.assign(call.answers, turn.answers);
    call.promised = call.promised || turn.promised;
    for (const one of turn.shop) bubble("event", `${words.shop_said}: ${one}`);
    for (const one of turn.troubles) bubble("event bad-text", `${words.trouble}: ${one}`);
    for (const one of turn.heard) if (one.text.trim()) bubble("said", one.text, one.language);
    const waits = turn.waits;
    if (waits.for === "recording") bubble("event", words.recording);
    if (waits.for === "human") bubble("event", `${words.human}: ${waits.queue}${waits.summary ? ` · ${waits.summary}` : ""}`);
    if (waits.for === "over") bubble("event", words.over);
    const at = turn.steps.at(-1) || call.at;
    call.at = at;
    $("now-at").hidden = !at;
    $("now-at").textContent = at ? `${words.step_now}: ${at}` : "";
    light(waits.for === "over" ? null : at);
    const list = $("variables");
    list.replaceChildren();
    for (const [name, value] of Object.entries(turn.variables)) {
      const dt = document.createElement("dt");
      dt.textContent = name;
      const dd = document.createElement("dd");
      dd.textContent = typeof value === "string" ? value : JSON.stringify(value);
      list.append(dt, dd);
    }
    return true;
  }

  async function does(deed, shown) {
    clearTimeout(timer);
    keys = "";
    if (!call || busy) return;
    busy = true;
    if (shown) bubble("heard", shown);
    enable();
    const turn = await ask(`/studio/flows/${flow}/try`, { ...draft(), world: world(), session: call.session, deed });
    busy = false;
    if (!turn.away && !turn.refused) {
      call.acts.push(deed);
      call.recorded = call.recorded || deed.record > 0;
    }
    took(turn);
    enable();
    if (call.waits?.for === "caller" && deed.say) $("say").focus();
  }

  async function begin() {
    clearTimeout(timer);
    keys = "";
    talk.replaceChildren();
    call = { session: null, world: world(), acts: [], answers: {}, promised: false, recorded: false, waits: null, at: "" };
    busy = true;
    enable();
    const turn = await ask(`/studio/flows/${flow}/try`, { ...draft(), world: call.world });
    busy = false;
    if (!took(turn)) call = null;
    enable();
  }

  function press(key) {
    keys += key;
    clearTimeout(timer);
    timer = setTimeout(() => does({ press: keys }, keys), PAUSE);
  }

  $("call").addEventListener("click", begin);
  $("hang-up").addEventListener("click", () => does({ hangup: true }, ""));
  $("silence").addEventListener("click", () => does({ silence: true }, `(${words.silence})`));
  for (const button of document.querySelectorAll("[data-key]")) button.addEventListener("click", () => press(button.dataset.key));
  $("say-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = $("say").value.trim();
    if (!text) return;
    $("say").value = "";
    does({ say: text }, text);
  });
  $("keep-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const tried = {
      name: $("keep-name").value, world: call.world, acts: call.acts, answers: call.answers, waits: call.waits,
      promised: call.promised, recorded: call.recorded,
    };
    const done = await ask(`/studio/flows/${flow}/keep`, { ...draft(), tried });
    if (done.away) tell(done);
    else if (done.refused) tell({ warn: done.refused.problems?.map((one) => `${one.message}. ${one.mend}`).join(" ") || words.mend_first });
    else {
      kept(done.text);
      tell(done.failure ? { warn: `${words.kept_fails} ${done.failure}` } : { good: words.kept });
    }
  });

  return {
    /** The flow's languages, for the caller to choose from. */
    languages(codes) {
      const select = $("world-language");
      if ([...select.options].map((one) => one.value).join() === codes.join()) return;
      const chosen = select.value;
      select.replaceChildren(...codes.map((code) => new Option(code, code)));
      if (codes.includes(chosen)) select.value = chosen;
    },
  };
}
