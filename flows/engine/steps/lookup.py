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
from flows.language.steps import LookupStep

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
    if outcome == "refused":
        run.refusals += 1
        if _may_ask_again(run, step):
            return _ask_again(run, step)
    # The arguments as they were: `into` may be the very variable that they come from.
    arguments = _given(run, step)
    _forget(run, step, arguments, proven=outcome == "found")
    if step.into is not None:
        run.set(step.into, value if outcome == "found" else None)
    match outcome:
        case "found":
            return step.worked
        case "missing" if step.missing is not None:
            return step.missing
        case "refused" if step.refused is not None and run.refusals < REFUSALS_PER_CALL:
            if run.flow.document.proofs is not None:
                run.say(run.flow.document.proofs.refused)
            return step.refused
        case "refused" | "limited":
            return _limited(run, step)
    run.trouble(f"{step.action} {outcome}")
    run.reason = "failed"
    return step.failed


def _forget(run: Run, step: LookupStep, arguments: dict[str, str], *, proven: bool) -> None:
    """Secrets go once the action ran. A proven order stays proven until another number or the call's end, so that
    confirming it does not ask for the same digits again; a card's PIN never stays."""
    for name in list(run.asked):
        if any(name in text for text in step.with_.values()):
            del run.asked[name]
    proof = run.flow.catalogue[step.action].proof
    if proof == "none":
        return
    number = arguments.get("number") or run.proof.get("number")
    last4 = arguments.get("phone_last4") or run.proof.get("phone_last4")
    keep = proven and proof == "order" and number and last4
    run.proof = {"number": number or "", "phone_last4": last4 or ""} if keep else {}


def _may_ask_again(run: Run, step: LookupStep) -> bool:
    return bool(
        step.refused is None
        and run.refusals < REFUSALS_PER_CALL
        and run.flow.document.proofs is not None
        and _needed(run, step)
    )


def _ask_again(run: Run, step: LookupStep) -> str | None:
    """Every proof that the engine had asked for: which of them was wrong is nobody's business."""
    proofs = run.flow.document.proofs
    assert proofs is not None
    run.say(proofs.refused)
    for name in _needed(run, step):
        run.proof.pop(name, None)
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
