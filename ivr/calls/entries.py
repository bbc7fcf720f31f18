"""Journal entries from inputs and events. What was secret is masked here, before it is written anywhere."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from flows.engine.events import Entered, Event, HandOff, HangUp, Say, Trouble, Understood
from flows.engine.inputs import Digits, Input, LookupDone, NoInput, RecordingDone, Speech, TransferEnded
from ivr.calls.model import Facts, JournalEntry

MASK = "••••"


def started(facts: Facts, language: str, flow: str, revision: str, now: datetime) -> JournalEntry:
    """The call's facts; the records make its row of them."""
    data = {
        "number": facts.caller,
        "called": facts.called,
        "language": language,
        "flow": flow,
        "revision": revision,
    }
    return JournalEntry("started", now.isoformat(), data)


def of_input(value: Input, secret: bool, now: datetime) -> JournalEntry | None:
    """What the caller did; None for what is told elsewhere."""
    at = now.isoformat()
    match value:
        case Digits(digits):
            return JournalEntry("pressed", at, {"digits": MASK if secret else digits})
        case Speech(alternatives):
            best = alternatives[0]
            return JournalEntry("heard", at, {"text": MASK if secret else best.text, "confidence": best.confidence})
        case NoInput():
            return JournalEntry("heard", at, {"text": ""})
        case RecordingDone(recording, seconds):
            return JournalEntry("status", at, {"recording": recording, "seconds": seconds})
        case TransferEnded(outcome):
            return JournalEntry("handoff", at, {"outcome": outcome})
        case _:
            return None


def of_events(events: Iterable[Event], now: datetime) -> list[JournalEntry]:
    """What was said and decided."""
    at = now.isoformat()
    made: list[JournalEntry] = []
    for event in events:
        match event:
            case Say(text, language):
                made.append(JournalEntry("said", at, {"text": text, "language": language}))
            case Entered(step):
                made.append(JournalEntry("entered", at, {"step": step}))
            case Understood(step, as_, by):
                made.append(JournalEntry("understood", at, {"step": step, "as": as_, "by": by}))
            case Trouble(step, what, detail):
                made.append(JournalEntry("trouble", at, {"step": step, "what": what, "detail": dict(detail)}))
            case HandOff():
                data = {"queue": event.queue, "reason": event.reason, "summary": event.summary}
                made.append(JournalEntry("handoff", at, data))
            case HangUp(reason):
                made.append(ended(reason, now))
            case _:
                pass
    return made


def lookup(action: str, done: LookupDone, now: datetime) -> JournalEntry:
    """That it was asked and how it went: never its arguments, nor the answer."""
    return JournalEntry("lookup", now.isoformat(), {"action": action, "outcome": done.outcome})


def ended(reason: str, now: datetime) -> JournalEntry:
    return JournalEntry("ended", now.isoformat(), {"reason": reason})


def trouble(what: str, now: datetime, step: str = "") -> JournalEntry:
    return JournalEntry("trouble", now.isoformat(), {"step": step, "what": what, "detail": {}})
