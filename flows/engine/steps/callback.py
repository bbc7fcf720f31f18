"""``callback``: a promise to phone back, spoken of only once it is kept in the records."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from flows.engine.events import Change
from flows.engine.inputs import Input, LookupDone
from flows.engine.run import Run
from flows.engine.zones import zone_of
from flows.language.steps import CallbackStep

PROMISE, MOVE = "callbacks.promise", "callbacks.move"
KEEP_PLACE = "keep_place"

_E164 = re.compile(r"\+[1-9]\d{6,14}")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


def enter(run: Run, step: CallbackStep) -> str | None:
    run.carried = ""
    run.set("callback_free", None)
    number = run.fill(step.number)
    if not _E164.fullmatch(number):
        return step.refused
    moment = None if step.when == KEEP_PLACE else _moment(run, run.fill(step.when), number)
    if moment is None and step.when != KEEP_PLACE:
        return step.outside or step.refused
    if moment is not None and step.queue is not None and not run.is_open(step.queue, moment):
        return step.outside or step.refused
    run.set("callback_at", moment.isoformat(timespec="minutes") if moment else None)
    run.next_id("c")
    wait(run, step)
    return None


def advance(run: Run, step: CallbackStep, given: Input) -> str | None:
    outcome = given.outcome if isinstance(given, LookupDone) else "failed"
    if outcome == "found":
        run.wanted = ""
        return step.promised
    if outcome in ("missing", "refused"):
        return _refused(run, step, given.value if isinstance(given, LookupDone) else None)
    run.trouble(f"{_action(step)} failed")
    run.reason = "failed"
    return step.failed


def wait(run: Run, step: CallbackStep) -> None:
    at = run.variables.get("callback_at")
    arguments = {
        "number": run.fill(step.number),
        "kind": "at_time" if at else KEEP_PLACE,
        "at": at or "",
        "language": run.language,
    }
    if step.queue is not None:
        arguments |= {"queue": step.queue, "summary": run.loosely(step.summary)}
    run.events.append(
        Change(
            id=run.pending or "",
            action=_action(step),
            arguments=arguments,
            filler=run.words(run.flow.document.filler),
            language=run.language,
        )
    )


def _action(step: CallbackStep) -> str:
    return MOVE if step.moves else PROMISE


def _refused(run: Run, step: CallbackStep, value: Any) -> str:
    """Why the records gave no promise: another time may do, or none will."""
    about = value if isinstance(value, dict) else {}
    match about.get("reason"):
        case "slot" if step.full is not None:
            zone = zone_of(run.fill(step.number)) or run.local_now().tzinfo
            free = [datetime.fromisoformat(each).astimezone(zone) for each in about.get("free") or ()]
            if len(free) > 1:
                first, second = (each.isoformat(timespec="minutes") for each in free[:2])
                run.set("callback_free", {"first": first, "second": second})
            return step.full
        case "slot" | "hours" | "past" | "far":
            return step.outside or step.refused
    return step.refused


def _moment(run: Run, text: str, number: str) -> datetime | None:
    """An aware moment that is not past: as given, or a bare ``HH:MM`` as the next such time where the number is."""
    clock = _CLOCK.fullmatch(text)
    zone = zone_of(number)
    if clock:
        local = run.now.astimezone(zone) if zone else run.local_now()
        moment = local.replace(hour=int(clock[1]), minute=int(clock[2]), second=0, microsecond=0)
        return moment if moment > local else moment + timedelta(days=1)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone or run.local_now().tzinfo)
    return moment if moment >= run.now - timedelta(minutes=1) else None
