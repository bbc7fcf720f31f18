// A telephone in the page, whichever carrier is behind it: the desk and the supervisor's page use this and nothing else.
//
//   const phone = openPhone({ kind: "voice", token, hosts, edges });   // or kind: "line", carrier
//   phone.start();                        registers, and again whenever the network was away
//   await phone.prepare();                asks for the microphone; call it on a click, before calls can come
//   await phone.connect({ offer: 12 });   resolves when both sides can talk
//   phone.muted = true; phone.digits("12#"); phone.hangup();
//
// States: "off" (not started), "offline" (not registered with the carrier: starting, or the network is away), "ready",
// "connecting", "in-call", "error" (a person must do something first: `trouble` names it).
// Events: "state"; "level" {input, output}, 0 to 1, in a call; "warning" {name, on}; "devices"; "heard" {kind, text} of
// a phone whose talk is typed (`spoken` is false).
// `prepare` and `connect` reject with a PhoneError; `code` is one of TROUBLES.

import { LinePhone } from "./line-phone.js";
import { VoicePhone } from "./voice-phone.js";

export { PhoneError, TROUBLES } from "./base.js";

// options.token: a function that fetches a fresh token, () => Promise<string>.
export function openPhone(options) {
  if (options.kind === "line") return new LinePhone(options);
  if (options.kind === "voice") return new VoicePhone(options);
  return null;
}

// The token of the signed-in person.
export async function fetchToken(csrf) {
  const answer = await fetch("/desk/phone-token", { method: "POST", headers: { "X-CSRF-Token": csrf } });
  if (!answer.ok) throw new Error(`no token (${answer.status})`);
  return (await answer.json()).token;
}
