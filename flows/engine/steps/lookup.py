"""``lookup``: ask the shop, or change something there, after the proof that the action needs."""

from __future__ import annotations

from typing import Any

from flows.engine.events import Change, Lookup
from flows.engine.inputs import Input, LookupDone
from flows.engine.limits import REFUSALS_PER_CALL
from flows.engine.listening import Listener, again, begin, take
from flows.engine.proofs import proof_question
from flows.engine.question import Question, Taken
from flows.engine.run import Run
from flows.language.actions import PROOF_ARGUMENTS
from flows.language.model import LookupStep

_PROOF = "proof:"


def enter(run: Run, step: LookupStep) -> str | None:
    if "number" not in step.with_:
        run.proof.pop("number", None)  # the engine asks anew: this may be about another order
    return _go_on(run, step)


def _go_on(run: Run, step: LookupStep) -> str | None:
    """Asks for the next missing proof, or runs the action."""
    for name in _needed(run, step):
        if name not in run.proof:
            run.mode = _PROOF + name
            return begin(run, step, LISTENER)
    run.mode = ""
    run.carried = ""
    run.next_id("c" if run.flow.catalogue[step.action].changes else "l")
    wait(run, step)
    return None


def _needed(run: Run, step: LookupStep) -> list[str]:
    """The proof arguments that the engine has to ask for. Forgets a proof that was of another order."""
    given = _given(run, step)
    if "number" in given and run.proof.get("number") != given["number"]:
        run.proof = {"number": given["number"]}
    return [name for name in PROOF_ARGUMENTS[run.flow.catalogue[step.action].proof] if name not in step.with_]


def _given(run: Run, step: LookupStep) -> dict[str, str]:
    return {name: run.fill(text, secrets=True) for name, text in step.with_.items()}


def wait(run: Run, step: LookupStep) -> None:
    if run.mode:
        again(run, step, LISTENER)
        return
    action = run.flow.catalogue[step.action]
    needed = PROOF_ARGUMENTS[action.proof]
    arguments = {**{name: run.proof[name] for name in needed if name in run.proof}, **_given(run, step)}
    kind = Change if action.changes else Lookup
    filler = run.words(step.filler or run.flow.document.filler)
    run.events.append(kind(run.pending or "", step.action, arguments, filler, run.language))


def advance(run: Run, step: LookupStep, given: Input) -> str | None:
    if run.mode:
        return take(run, step, LISTENER, given)
    outcome = given.outcome if isinstance(given, LookupDone) else "failed"
    value = given.value if isinstance(given, LookupDone) else None
    if step.into is not None:
        run.set(step.into, value if outcome == "found" else None)
    _forget(run, step, proven=outcome == "found")
    match outcome:
        case "found":
            return step.worked
        case "missing" if step.missing is not None:
            return step.missing
        case "refused":
            return _refused(run, step)
        case "limited":
            return _limited(run, step)
    run.trouble(f"{step.action} {outcome}")
    run.reason = "failed"
    return step.failed


def _forget(run: Run, step: LookupStep, *, proven: bool) -> None:
    """Secrets go once the action ran. A proven order stays proven until another number or the call's end, so that
    confirming it does not ask for the same digits again; a card's PIN never stays."""
    for name in list(run.asked):
        if any(name in text for text in step.with_.values()):
            del run.asked[name]
    if not (proven and run.flow.catalogue[step.action].proof == "order"):
        if run.flow.catalogue[step.action].proof != "none":
            run.proof = {}
        return
    number = _given(run, step).get("number") or run.proof.get("number")
    last4 = run.proof.get("phone_last4")
    run.proof = {"number": number, "phone_last4": last4} if number and last4 else {}


def _refused(run: Run, step: LookupStep) -> str | None:
    run.refusals += 1
    proofs = run.flow.document.proofs
    if proofs is None or run.refusals >= REFUSALS_PER_CALL:
        return _limited(run, step)
    run.say(proofs.refused)
    if step.refused is not None:
        return step.refused
    if not _needed(run, step):
        return _limited(run, step)
    return _go_on(run, step)


def _limited(run: Run, step: LookupStep) -> str:
    run.trouble(f"{step.action} limited")
    run.reason = "limit"
    proofs = run.flow.document.proofs
    return step.limited or (proofs.limited if proofs else run.flow.human)


def _question(run: Run, step: LookupStep) -> Question:
    return proof_question(run, run.mode.removeprefix(_PROOF))


def _accept(run: Run, step: LookupStep, value: Any) -> str | None:
    run.proof[run.mode.removeprefix(_PROOF)] = str(value)
    return _go_on(run, step)


def _never(run: Run, step: LookupStep, taken: Taken) -> bool:
    return False


LISTENER = Listener(_question, _accept, _question, _never)
