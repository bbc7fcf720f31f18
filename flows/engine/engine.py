"""``start`` and ``advance``: one input in, a new session and the events to act on out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flows.engine.events import Entered, Event, HangUp
from flows.engine.inputs import Digits, HungUp, Input, LookupDone, NoInput, RecordingDone, Speech, TransferEnded
from flows.engine.limits import RESCUES_PER_CALL, SILENCES_IN_A_ROW, STEPS_PER_INPUT, VISITS_PER_STEP
from flows.engine.listening import command_for
from flows.engine.run import Run
from flows.engine.session import CallFacts, HoursSetting, Session
from flows.engine.steps import KINDS
from flows.language.flow import Flow
from flows.language.texts import TextError


@dataclass(frozen=True, slots=True)
class Step:
    """What came of one input. ``events`` end with one that waits, or with ``HangUp``."""

    session: Session
    events: tuple[Event, ...]


def start(
    flow: Flow,
    facts: CallFacts,
    now: datetime,
    hours: HoursSetting = "flow",
    *,
    calendar: Mapping[str, Any] | None = None,
    shut: tuple[str, ...] = (),
    voicemail: bool = False,
) -> Step:
    """A call begins. ``now`` is aware; ``hours`` other than ``flow`` overrides every queue's working hours;
    ``calendar`` are hours in the place of the flow's, ``shut`` queues that are closed; ``voicemail``: it goes where the
    flow takes messages, if it does."""
    language = facts.language if facts.language in flow.languages else flow.languages[0]
    start_step = (flow.voicemail if voicemail else None) or flow.document.start
    session = Session(
        facts,
        flow.name,
        flow.revision,
        language or "",
        start_step,
        hours=hours,
        calendar=calendar or {},
        shut=shut,
    )
    run = Run(flow, session, now)
    _go(run, start_step)
    return Step(run.freeze(), tuple(run.events))


def advance(flow: Flow, session: Session, input: Input, now: datetime) -> Step:
    """A call goes on. ``flow`` is of the session's revision; ``now`` is aware.

    An input that is not what is awaited changes nothing: the awaited event comes again, with the same id. After the
    end every input gives ``HangUp`` again.
    """
    if session.ended:
        return Step(session, (HangUp("done"),))
    run = Run(flow, session, now)
    if isinstance(input, HungUp):
        run.hang_up("caller")
        return Step(run.freeze(), tuple(run.events))
    step = flow.steps.get(session.step)
    if step is None:
        run.trouble("step unknown", step=session.step)
        _go(run, _rescue(run, "failed"))
        return Step(run.freeze(), tuple(run.events))
    kind = KINDS[step.kind]
    if _fits(session.pending, input):
        if _silent(run, input):
            run.trouble("limit silence")
            _farewell(run, "silence")
            return Step(run.freeze(), tuple(run.events))
        _go(run, _guarded(run, lambda: kind.advance(run, step, input)))
        return Step(run.freeze(), tuple(run.events))
    target = command_for(run, input) if (session.pending or "").startswith("r") else None
    if target is not None:
        run.reason = "asked"
        _go(run, target)
        return Step(run.freeze(), tuple(run.events))
    kind.wait(run, step)
    return Step(session, tuple(run.events))


def _fits(pending: str | None, given: Input) -> bool:
    """Whether this is what is awaited. Ids begin with the letter of their kind."""
    if pending == "listen":
        return isinstance(given, Digits | Speech | NoInput)
    if isinstance(given, LookupDone):
        return given.id == pending
    if isinstance(given, RecordingDone | NoInput):
        return (pending or "").startswith("r")  # silence: nothing was recorded
    return isinstance(given, TransferEnded) and (pending or "").startswith("h")


def _silent(run: Run, given: Input) -> bool:
    """Whether nobody has been there for so long that the call ends."""
    if isinstance(given, NoInput) or (isinstance(given, RecordingDone) and given.seconds <= 0):
        run.silences += 1
    elif not isinstance(given, LookupDone | TransferEnded):
        run.silences = 0
    return run.silences > SILENCES_IN_A_ROW


def _farewell(run: Run, reason: str) -> None:
    try:
        run.say(run.flow.document.defaults.sorry)
    except TextError as error:
        run.trouble("text failed", error=str(error))
    run.hang_up(reason)


def _go(run: Run, target: str | None) -> None:
    """Enters step after step until one waits or the call ends."""
    entered = 0
    while target is not None and not run.ended:
        entered += 1
        run.visits[target] = visits = run.visits.get(target, 0) + 1
        if entered > STEPS_PER_INPUT or visits > VISITS_PER_STEP:
            what = "limit steps" if entered > STEPS_PER_INPUT else "limit visits"
            run.trouble(what, step=target)
            entered = 0
            target = _rescue(run, "limit")
            continue
        target = _enter(run, target)


def _enter(run: Run, target: str) -> str | None:
    run.step = target
    run.mode = ""
    run.candidate = None
    run.pending = None
    run.events.append(Entered(target))
    if target == run.flow.human and not run.wanted:
        run.wanted = run.flow.transfer_queue

    def work() -> str | None:
        step = run.flow.steps[target]
        return KINDS[step.kind].enter(run, step)

    return _guarded(run, work)


def _guarded(run: Run, work: Callable[[], str | None]) -> str | None:
    try:
        return work()
    except TextError as error:
        run.trouble("text failed", error=str(error))
    except Exception as error:  # noqa: BLE001 - whatever breaks here, the caller reaches a human and not a dead line
        run.trouble("fault", error=type(error).__name__)
    return _rescue(run, "failed")


def _rescue(run: Run, reason: str) -> str | None:
    """The step that leads a call in trouble to a human; None when even that failed too often, and the call ended."""
    run.rescues += 1
    run.visits = {}
    run.carried = ""
    run.reason = reason
    if run.rescues > RESCUES_PER_CALL:
        _farewell(run, "limit")
        return None
    # The operator's step may itself lie on the broken path: the second time, straight to a transfer.
    return run.flow.human if run.rescues == 1 else run.flow.transfer
